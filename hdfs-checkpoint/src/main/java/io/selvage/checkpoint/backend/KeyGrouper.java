package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;

/** Owned by one thread. Computes the key groups of keys, without garbage. */
public abstract sealed class KeyGrouper<K> {
    private static final int INITIAL_KEY_BYTES = 64;

    final int maxParallelism;

    private KeyGrouper(int maxParallelism) {
        this.maxParallelism = maxParallelism;
    }

    /** @throws IllegalArgumentException if equal keys may have different bytes */
    public static <K> KeyGrouper<K> of(Serde<K> serde, int maxParallelism) {
        if (!serde.isCanonical()) {
            throw new IllegalArgumentException("Keys of format " + serde.schema()
                    + " can't be used, because equal ones may have different bytes; use a key of basic types or records"
                    + " of these.");
        }
        return Serdes.isOfVarLongs(serde) ? new OfNumbers<>(maxParallelism) : new OfBytes<>(serde, maxParallelism);
    }

    /** The group of a key, from 0 to the maximum parallelism - 1. */
    public abstract int groupOf(K key);

    /** Owned by one thread. */
    private static final class OfBytes<K> extends KeyGrouper<K> {
        private final Serde<K> serde;
        private final BinaryWriter bytes = new BinaryWriter(INITIAL_KEY_BYTES);

        OfBytes(Serde<K> serde, int maxParallelism) {
            super(maxParallelism);
            this.serde = serde;
        }

        @Override
        public int groupOf(K key) {
            bytes.clear();
            serde.write(key, bytes);
            return KeyGroups.groupOf(bytes.array(), 0, bytes.length(), maxParallelism);
        }
    }

    /** Stateless. Numbers, whose bytes are never in memory. */
    private static final class OfNumbers<K> extends KeyGrouper<K> {
        OfNumbers(int maxParallelism) {
            super(maxParallelism);
        }

        @Override
        public int groupOf(K key) {
            return KeyGroups.groupOf(key instanceof Long number ? number : (Integer) key, maxParallelism);
        }
    }
}
