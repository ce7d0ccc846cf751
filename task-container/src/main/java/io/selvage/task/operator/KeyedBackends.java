package io.selvage.task.operator;

import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.HeapKeyedStateBackend;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import java.util.List;

/** Makes the state backends of keyed operators. */
public interface KeyedBackends {
    /** State in the heap. */
    KeyedBackends HEAP = new KeyedBackends() {
        @Override
        public <K> KeyedStateBackend<K> create(OperatorContext context, Serde<K> keySerde, List<byte[]> restored) {
            return new HeapKeyedStateBackend<>(
                    context.operatorName(),
                    keySerde,
                    context.maxParallelism(),
                    KeyGroups.rangeOf(context.subtask(), context.parallelism(), context.maxParallelism()),
                    restored);
        }
    };

    /** @param restored what subtasks of the restored checkpoint had whose key groups overlap this one's */
    <K> KeyedStateBackend<K> create(OperatorContext context, Serde<K> keySerde, List<byte[]> restored);
}
