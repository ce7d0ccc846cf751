package io.selvage.connector.file;

/**
 * A piece of a file: the lines whose first byte lies from {@code start} (inclusive) to {@code end} (exclusive).
 *
 * @param path fully qualified
 * @param start in bytes, from the beginning of the file
 * @param fileLength and {@code modificationMillis}: of the file as it was planned, so that a changed file is noticed
 */
public record FileSplit(String path, long start, long end, long fileLength, long modificationMillis) {
    public FileSplit {
        if (start < 0 || end <= start || end > fileLength) {
            throw new IllegalArgumentException(
                    "[" + start + ", " + end + ") is no part of the " + fileLength + " bytes of " + path);
        }
    }
}
