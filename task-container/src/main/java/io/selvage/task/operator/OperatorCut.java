package io.selvage.task.operator;

import org.jspecify.annotations.Nullable;

/**
 * One operator's part of a snapshot, as bytes; immutable once made.
 *
 * @param keyedState null: none
 * @param operatorState null: none
 */
public record OperatorCut(String operatorUid, byte @Nullable [] keyedState, byte @Nullable [] operatorState) {
    public long bytes() {
        return (keyedState == null ? 0 : keyedState.length) + (operatorState == null ? 0L : operatorState.length);
    }
}
