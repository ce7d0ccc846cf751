package io.selvage.protocol.failure;

import io.selvage.protocol.wire.Failure;
import org.jspecify.annotations.Nullable;

/** Failures as people read them; pure. */
public final class FailureWords {
    /** Causes may go round in a circle. */
    private static final int MOST_CAUSES = 10;

    private FailureWords() {}

    /**
     * Where a failure happened, and why: what stands behind its message, each on a new line.
     *
     * @param indent before each
     */
    public static String whereAndWhy(Failure failure, String indent) {
        StringBuilder words = new StringBuilder();
        if (!failure.getOperator().isEmpty()) {
            line(words, indent)
                    .append("in ")
                    .append(failure.getOperator())
                    .append(", subtask ")
                    .append(failure.getSubtask());
        }
        if (!failure.getPosition().isEmpty()) {
            line(words, indent).append("at ").append(failure.getPosition());
        }
        failure.getCausesList()
                .forEach(cause -> line(words, indent).append("caused by ").append(cause));
        return words.toString();
    }

    /** The failure without what was at hand, an element and its key, which is for those alone who may see records. */
    public static Failure withoutRecords(Failure failure) {
        return failure.toBuilder().clearPosition().build();
    }

    /** What an exception says, or else the first of its causes that says something: one line, ended as a sentence. */
    public static String sentence(Throwable failure) {
        return sentence(firstLine(failure));
    }

    /** With a full stop. */
    public static String sentence(String words) {
        return words.endsWith(".") ? words : words + ".";
    }

    /** The same as {@link #sentence(Throwable)}, as it is said. */
    public static String firstLine(Throwable failure) {
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MOST_CAUSES; i++) {
            @Nullable String message = cause.getMessage();
            if (message != null && !message.isBlank()) {
                return firstLine(message);
            }
            cause = cause.getCause();
        }
        return failure.getClass().getSimpleName();
    }

    /** Messages of Hadoop's servers go on with the stack of what was thrown there. */
    public static String firstLine(String message) {
        return message.strip().lines().findFirst().orElse("no reason is given").strip();
    }

    private static StringBuilder line(StringBuilder words, String indent) {
        return words.append("\n").append(indent);
    }
}
