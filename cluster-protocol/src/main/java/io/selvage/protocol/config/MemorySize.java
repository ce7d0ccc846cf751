package io.selvage.protocol.config;

/** An amount of memory; {@code toString} gives the form that settings use. */
public record MemorySize(long bytes) implements Comparable<MemorySize> {
    private static final long KIBIBYTE = 1L << 10;
    private static final long MEBIBYTE = 1L << 20;
    private static final long GIBIBYTE = 1L << 30;

    public MemorySize {
        if (bytes < 0 || bytes % KIBIBYTE != 0) {
            throw new IllegalArgumentException("A memory size is a whole number of KiB, not " + bytes + " bytes.");
        }
    }

    public static MemorySize ofKibibytes(long count) {
        return new MemorySize(Math.multiplyExact(count, KIBIBYTE));
    }

    public static MemorySize ofMebibytes(long count) {
        return new MemorySize(Math.multiplyExact(count, MEBIBYTE));
    }

    /** Whole mebibytes, rounded up: what YARN is asked for. */
    public int mebibytes() {
        return Math.toIntExact((bytes + MEBIBYTE - 1) / MEBIBYTE);
    }

    @Override
    public int compareTo(MemorySize other) {
        return Long.compare(bytes, other.bytes);
    }

    @Override
    public String toString() {
        if (bytes > 0 && bytes % GIBIBYTE == 0) {
            return bytes / GIBIBYTE + "g";
        }
        return bytes > 0 && bytes % MEBIBYTE == 0 ? bytes / MEBIBYTE + "m" : bytes / KIBIBYTE + "k";
    }
}
