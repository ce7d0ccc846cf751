package io.selvage.task.operator;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.OpenContext;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.IncompatibleSchemaException;
import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.StateMismatchException;
import io.selvage.protocol.program.ClassConflict;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.task.exchange.Shown;
import io.selvage.task.exchange.Timestamps;
import java.util.function.Function;
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

    /** The key of an element that has one, or a failure that names the element. */
    Object keyOf(KeySelector<Object, Object> selector, Object element) {
        Object key;
        try {
            key = selector.key(element);
        } catch (Throwable thrown) {
            throw keyFailed(thrown, element);
        }
        if (key == null) {
            throw keyFailed(new NullPointerException("the key is null"), element);
        }
        return key;
    }

    private RuntimeException keyFailed(Throwable thrown, Object element) {
        return located(failed(thrown, "to tell an element's key"), element, Timestamps.NONE, null);
    }

    /** Of an element of an operator that works in event time. */
    void requireTimestamp(long timestampMillis) {
        if (timestampMillis == Timestamps.NONE) {
            throw failure(
                    FailureKind.USER_CODE,
                    describe() + " works in event time, but its elements have none. Call"
                            + " assignTimestamps(...) on the stream before it.",
                    new IllegalStateException("an element without a timestamp"));
        }
    }

    /**
     * Reads what a checkpoint has under that schema.
     *
     * @param misfit the beginning of the sentence if that can't be, for which another try is no use
     * @param remedy a sentence
     */
    <T> Function<BinaryReader, T> reader(Serde<T> serde, String written, String misfit, String remedy) {
        try {
            return serde.reader(written);
        } catch (IncompatibleSchemaException e) {
            throw failure(FailureKind.FATAL, misfit + e.getMessage() + ". " + remedy, e);
        }
    }

    /** A failure that is not the function's own. */
    OperatorException failure(FailureKind kind, String message, Throwable cause) {
        return new OperatorException(kind, message, operatorName, subtask, cause);
    }

    String describe() {
        return operatorName + " (" + (subtask + 1) + "/" + parallelism + ")";
    }
}
