package io.selvage.task.operator;

import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.OperatorStateKind;
import java.util.List;

/** What the restored checkpoint holds of one operator; read lazily, by the subtask's thread. */
public interface RestoredState {
    /** A job's first start, or an operator that the checkpoint does not know. */
    RestoredState NONE = new RestoredState() {
        @Override
        public int parallelism() {
            return 0;
        }

        @Override
        public List<byte[]> operatorState(int subtask) {
            return List.of();
        }

        @Override
        public KeyedOrigin keyed() {
            return KeyedOrigin.NOTHING;
        }
    };

    /** Of the operator when the checkpoint was taken; 0 if nothing is restored. */
    int parallelism();

    /** What that subtask had put into its operator state: none or one. */
    List<byte[]> operatorState(int subtask);

    /** The same without what holds nothing, which may be of another kind of step: there the start was let pass. */
    default List<byte[]> heldState(int subtask) {
        return operatorState(subtask).stream()
                .filter(state -> !OperatorStateKind.isOfNothing(state))
                .toList();
    }

    /** Keyed state of this subtask's key groups; asked for once. */
    KeyedOrigin keyed();
}
