package io.selvage.task.operator;

import io.selvage.checkpoint.backend.KeyedCut;
import org.jspecify.annotations.Nullable;

/**
 * One operator's part of a snapshot; immutable once its keyed part is complete.
 *
 * @param keyed null: none
 * @param operatorState null: none
 */
public record OperatorCut(String operatorUid, @Nullable KeyedCut keyed, byte @Nullable [] operatorState) {}
