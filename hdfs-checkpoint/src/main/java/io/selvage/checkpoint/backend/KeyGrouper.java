package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;

/** Owned by one thread. Computes the key groups of keys, without garbage. */
public final class KeyGrouper<K> {
    private static final int INITIAL_KEY_BYTES = 64;

    private final Serde<K> serde;
    private final int maxParallelism;
    private final BinaryWriter bytes = new BinaryWriter(INITIAL_KEY_BYTES);

    public KeyGrouper(Serde<K> serde, int maxParallelism) {
        if (!serde.isCanonical()) {
            throw new IllegalArgumentException("Keys of format " + serde.schema()
                    + " can't be used, because equal ones may have different bytes; use a key of basic types or records"
                    + " of these.");
        }
        this.serde = serde;
        this.maxParallelism = maxParallelism;
    }

    public int groupOf(K key) {
        bytes.clear();
        serde.write(key, bytes);
        return KeyGroups.groupOf(bytes.array(), 0, bytes.length(), maxParallelism);
    }

    public int maxParallelism() {
        return maxParallelism;
    }
}
