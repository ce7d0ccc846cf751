package io.selvage.task.operator;

import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.HeapKeyedStateBackend;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.KeyedStateBackend;

/** Makes the state backends of keyed operators. */
public interface KeyedBackends {
    /** State in the heap. */
    KeyedBackends HEAP = heap(HeapKeyedStateBackend.LEAST_CHAINED_BYTES);

    /** @param leastChainedBytes a smaller state is written whole at every checkpoint */
    static KeyedBackends heap(long leastChainedBytes) {
        return new KeyedBackends() {
            @Override
            public <K> KeyedStateBackend<K> create(OperatorContext context, Serde<K> keySerde, KeyedOrigin origin) {
                return new HeapKeyedStateBackend<>(
                        context.operatorName(),
                        keySerde,
                        context.maxParallelism(),
                        KeyGroups.rangeOf(context.subtask(), context.parallelism(), context.maxParallelism()),
                        origin,
                        leastChainedBytes);
            }
        };
    }

    /** @param origin what it starts from, of this subtask's key groups */
    <K> KeyedStateBackend<K> create(OperatorContext context, Serde<K> keySerde, KeyedOrigin origin);
}
