package io.selvage.task.operator;

import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.backend.RocksReplica;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import io.selvage.checkpoint.backend.StateReplica;

/** Makes the state backends of keyed operators, and what they start from. */
public interface KeyedBackends {
    /** State in the heap. */
    KeyedBackends HEAP = heap(RowKeyedStateBackend.LEAST_CHAINED_BYTES);

    /** @param leastChainedBytes a smaller state is written whole at every checkpoint */
    static KeyedBackends heap(long leastChainedBytes) {
        return new KeyedBackends() {
            @Override
            public <K> KeyedStateBackend<K> create(OperatorContext context, Serde<K> keySerde, KeyedOrigin origin) {
                return new RowKeyedStateBackend<>(
                        context.operatorName(),
                        keySerde,
                        context.maxParallelism(),
                        rangeOf(context),
                        origin,
                        leastChainedBytes);
            }

            @Override
            public StateReplica replica(String operator, KeyGroupRange range) {
                return new KeyedReplica(operator, range);
            }

            @Override
            public double memoryPerStoredByte() {
                return 1.5; // By what finds rows.
            }
        };
    }

    /** State on the disk, with the rows in use in the heap. */
    static KeyedBackends onDisk(RocksEnvironment environment) {
        return new KeyedBackends() {
            @Override
            public <K> KeyedStateBackend<K> create(OperatorContext context, Serde<K> keySerde, KeyedOrigin origin) {
                return RowKeyedStateBackend.onDisk(
                        context.operatorName(),
                        keySerde,
                        context.maxParallelism(),
                        rangeOf(context),
                        origin,
                        environment);
            }

            @Override
            public StateReplica replica(String operator, KeyGroupRange range) {
                return new RocksReplica(operator, range, environment);
            }

            @Override
            public double memoryPerStoredByte() {
                return 0;
            }
        };
    }

    /** The same, for tests: values that are changed after they were given to a state in the heap are found. */
    static KeyedBackends checked(KeyedBackends backends) {
        return new KeyedBackends() {
            @Override
            public <K> KeyedStateBackend<K> create(OperatorContext context, Serde<K> keySerde, KeyedOrigin origin) {
                KeyedStateBackend<K> created = backends.create(context, keySerde, origin);
                if (created instanceof RowKeyedStateBackend<K> rows) {
                    rows.checkImmutability();
                }
                return created;
            }

            @Override
            public StateReplica replica(String operator, KeyGroupRange range) {
                return backends.replica(operator, range);
            }

            @Override
            public double memoryPerStoredByte() {
                return backends.memoryPerStoredByte();
            }
        };
    }

    private static KeyGroupRange rangeOf(OperatorContext context) {
        return KeyGroups.rangeOf(context.subtask(), context.parallelism(), context.maxParallelism());
    }

    /** @param origin what it starts from, of this subtask's key groups */
    <K> KeyedStateBackend<K> create(OperatorContext context, Serde<K> keySerde, KeyedOrigin origin);

    /** An empty one, to be brought to what a backend can start from. */
    StateReplica replica(String operator, KeyGroupRange range);

    /** What a replica takes of the heap for what takes one byte in a checkpoint, about. */
    double memoryPerStoredByte();
}
