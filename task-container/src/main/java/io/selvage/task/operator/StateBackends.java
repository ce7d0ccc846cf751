package io.selvage.task.operator;

import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.protocol.config.StateBackendKind;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Safe for use by many threads: the state backends of this process, of which the one on the disk is made when first
 * used.
 */
public final class StateBackends {
    private final KeyedBackends heap;
    private final Supplier<RocksEnvironment> opening;
    private @Nullable RocksEnvironment disk; // Guarded by this: any thread may be the first to need it.

    /** @param opening may take long */
    public StateBackends(KeyedBackends heap, Supplier<RocksEnvironment> opening) {
        this.heap = heap;
        this.opening = opening;
    }

    public KeyedBackends of(StateBackendKind kind) {
        return switch (kind) {
            case HEAP -> heap;
            case ROCKSDB -> KeyedBackends.onDisk(disk());
        };
    }

    /** What states on the disk share. */
    public synchronized RocksEnvironment disk() {
        RocksEnvironment known = disk;
        if (known == null) {
            known = opening.get();
            disk = known;
        }
        return known;
    }
}
