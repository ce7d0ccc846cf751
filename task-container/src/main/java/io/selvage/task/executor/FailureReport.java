package io.selvage.task.executor;

import com.google.common.base.Throwables;
import io.selvage.api.connector.BadInputException;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.checkpoint.backend.LocalDamageException;
import io.selvage.checkpoint.backend.StateMismatchException;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.protocol.failure.Causes;
import io.selvage.protocol.failure.FailureWords;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.task.operator.OperatorException;
import java.io.UncheckedIOException;

/** Puts what was thrown into the words of the wire. */
final class FailureReport {
    /** Of a message and of each cause: they are kept in the journal, and shown. */
    static final int MOST_CHARACTERS = 2 * 1024;

    static final int MOST_STACK_CHARACTERS = 16 * 1024;

    private FailureReport() {}

    static Failure of(Throwable thrown, String vertex, int subtask) {
        Failure.Builder failure = Failure.newBuilder()
                .setKind(kind(thrown))
                .setMessage(FailureWords.withLimit(shortened(message(thrown), MOST_CHARACTERS), thrown))
                .setOperator(vertex)
                .setSubtask(subtask)
                .setStackTrace(shortened(Throwables.getStackTraceAsString(thrown), MOST_STACK_CHARACTERS));
        if (thrown instanceof OperatorException operator) {
            failure.setOperator(operator.operator())
                    .setSubtask(operator.subtask())
                    .setPosition(operator.position());
        }
        if (thrown instanceof ExchangeFailedException exchange && exchange.lostPeer() != null) {
            failure.setExecutorId(exchange.lostPeer().value());
        }
        for (Throwable cause : Causes.of(thrown)) {
            failure.addCauses(shortened(cause.toString(), MOST_CHARACTERS).replace('\n', ' '));
        }
        return failure.build();
    }

    private static FailureKind kind(Throwable thrown) {
        if (LocalDamageException.in(thrown) != null) {
            return FailureKind.TRANSIENT; // Whoever asked for the state.
        }
        if (thrown instanceof OperatorException operator) {
            return operator.kind();
        }
        if (thrown instanceof UncheckedIOException && thrown.getCause() != null) {
            return kind(thrown.getCause());
        }
        if (thrown instanceof ExchangeFailedException exchange) {
            return exchange.lostPeer() == null ? FailureKind.TRANSIENT : FailureKind.EXECUTOR_LOST;
        }
        // Another try would find the same checkpoint and the same program.
        if (thrown instanceof SegmentDamagedException
                || thrown instanceof StateMismatchException
                || thrown instanceof InvalidProgramException
                || thrown instanceof ProgramDamagedException) {
            return FailureKind.FATAL;
        }
        if (thrown instanceof BadInputException) {
            return FailureKind.BAD_INPUT;
        }
        // Whatever else it is, the restart policy bounds how often it is tried again.
        return thrown instanceof Error ? FailureKind.FATAL : FailureKind.TRANSIENT;
    }

    private static String message(Throwable thrown) {
        String message = thrown.getMessage();
        boolean isSentence = message != null && message.length() > 0 && !(thrown instanceof NullPointerException);
        return isSentence ? String.valueOf(message) : thrown.toString();
    }

    private static String shortened(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most) + "[...]";
    }
}
