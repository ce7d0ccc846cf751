package io.selvage.checkpoint.backend;

/**
 * Stateless. Which key group a key belongs to, and which subtask a key group.
 *
 * <p>A group is murmur3 (x86, 32 bits, seed 0; Austin Appleby, MurmurHash3) of the key's canonical bytes, without its
 * sign, modulo the maximum parallelism. It is part of every checkpoint and can never change.
 */
public final class KeyGroups {
    private static final int C1 = 0xcc9e2d51;
    private static final int C2 = 0x1b873593;

    private KeyGroups() {}

    /** The group of a key, from 0 to {@code maxParallelism - 1}. */
    public static int groupOf(byte[] bytes, int offset, int length, int maxParallelism) {
        return remainder(murmur3(bytes, offset, length), maxParallelism);
    }

    /** The same of the bytes that {@link io.selvage.api.type.BinaryWriter#writeVarLong} makes of a number. */
    static int groupOf(long number, int maxParallelism) {
        long rest = (number << 1) ^ (number >> 63);
        int hash = 0;
        int block = 0;
        int length = 0;
        boolean isMore;
        do {
            isMore = (rest & ~0x7FL) != 0;
            block |= (((int) rest & 0x7F) | (isMore ? 0x80 : 0)) << (Byte.SIZE * (length & 3));
            rest >>>= 7;
            length++;
            if ((length & 3) == 0) {
                hash = mixIn(hash, block);
                block = 0;
            }
        } while (isMore);
        return remainder(avalanche(hash ^ scramble(block) ^ length), maxParallelism);
    }

    /** Without a division where that is possible, as with the default. */
    private static int remainder(int hash, int maxParallelism) {
        int positive = hash & Integer.MAX_VALUE;
        return Integer.bitCount(maxParallelism) == 1 ? positive & (maxParallelism - 1) : positive % maxParallelism;
    }

    /** The subtask that a group belongs to, from 0 to {@code parallelism - 1}. */
    public static int subtaskOf(int group, int parallelism, int maxParallelism) {
        return (int) ((long) group * parallelism / maxParallelism);
    }

    /** The groups that belong to a subtask: those for which {@link #subtaskOf} names it. */
    public static KeyGroupRange rangeOf(int subtask, int parallelism, int maxParallelism) {
        if (subtask < 0 || subtask >= parallelism || parallelism > maxParallelism) {
            throw new IllegalArgumentException("subtask " + subtask + " of " + parallelism
                    + " has no key groups where the maximum parallelism is " + maxParallelism);
        }
        return new KeyGroupRange(
                firstOf(subtask, parallelism, maxParallelism), firstOf(subtask + 1, parallelism, maxParallelism));
    }

    private static int firstOf(int subtask, int parallelism, int maxParallelism) {
        return (int) (((long) subtask * maxParallelism + parallelism - 1) / parallelism);
    }

    static int murmur3(byte[] bytes, int offset, int length) {
        int hash = 0;
        int blocksEnd = offset + (length & ~3);
        for (int i = offset; i < blocksEnd; i += Integer.BYTES) {
            int block = (bytes[i] & 0xff)
                    | (bytes[i + 1] & 0xff) << 8
                    | (bytes[i + 2] & 0xff) << 16
                    | (bytes[i + 3] & 0xff) << 24;
            hash = mixIn(hash, block);
        }
        int tail = 0;
        for (int i = length & 3; i > 0; i--) {
            tail = tail << 8 | (bytes[blocksEnd + i - 1] & 0xff);
        }
        return avalanche(hash ^ scramble(tail) ^ length);
    }

    private static int mixIn(int hash, int block) {
        return Integer.rotateLeft(hash ^ scramble(block), 13) * 5 + 0xe6546b64;
    }

    private static int scramble(int block) {
        return Integer.rotateLeft(block * C1, 15) * C2;
    }

    private static int avalanche(int hash) {
        int mixed = (hash ^ (hash >>> 16)) * 0x85ebca6b;
        mixed = (mixed ^ (mixed >>> 13)) * 0xc2b2ae35;
        return mixed ^ (mixed >>> 16);
    }
}
