package io.selvage.task.operator;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.function.OpenContext;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.checkpoint.backend.StateMismatchException;
import io.selvage.protocol.program.ClassConflict;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.task.exchange.Shown;
import io.selvage.task.exchange.Timestamps;
import org.jspecify.annotations.Nullable;

/** Where an operator of one subtask finds itself. */
public record OperatorContext(
        String jobId,
        String operatorUid,
        String operatorName,
        int subtask,
        int parallelism,
        int maxParallelism,
        long incarnation,
        ClassLoader userClassLoader)
        implements OpenContext, SourceContext, SinkContext {
    /** What the user's code threw, with the operator's name; an exception that has one already stays as it is. */
    RuntimeException failed(Throwable thrown, String doing) {
        if (thrown instanceof OperatorException || thrown instanceof SubtaskCanceledException) {
            return (RuntimeException) thrown;
        }
        if (thrown instanceof VirtualMachineError fatal && !(thrown instanceof StackOverflowError)) {
            throw fatal;
        }
        if (thrown instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        if (thrown instanceof StateMismatchException || thrown instanceof InvalidProgramException) {
            // Another try would find the same checkpoint and the same program.
            return failure(FailureKind.FATAL, String.valueOf(thrown.getMessage()), thrown);
        }
        if (thrown instanceof BadInputException) {
            return failure(FailureKind.BAD_INPUT, String.valueOf(thrown.getMessage()), thrown);
        }
        String remedy = ClassConflict.remedy(thrown, Thread.currentThread().getContextClassLoader())
                .map(words -> ". " + words)
                .orElse("");
        return failure(FailureKind.USER_CODE, describe() + " failed " + doing + ": " + thrown + remedy, thrown);
    }

    /** The same on an element, which the failure names. */
    RuntimeException failedOn(Throwable thrown, Object element, long timestampMillis) {
        return located(failed(thrown, "on an element"), element, timestampMillis, null);
    }

    RuntimeException failedOn(Throwable thrown, Object element, long timestampMillis, @Nullable Object key) {
        return located(failed(thrown, "on an element"), element, timestampMillis, key);
    }

    private static RuntimeException located(
            RuntimeException failure, Object element, long timestampMillis, @Nullable Object key) {
        if (failure instanceof OperatorException operator) {
            String time = timestampMillis == Timestamps.NONE ? "" : ", timestamp " + timestampMillis;
            String ofKey = key == null ? "" : ", key " + Shown.of(key);
            operator.at("element " + Shown.of(element) + time + ofKey);
        }
        return failure;
    }

    /** A failure that is not the function's own. */
    OperatorException failure(FailureKind kind, String message, Throwable cause) {
        return new OperatorException(kind, message, operatorName, subtask, cause);
    }

    String describe() {
        return operatorName + " (" + (subtask + 1) + "/" + parallelism + ")";
    }
}
