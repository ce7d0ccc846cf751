package io.selvage.protocol.failure;

import io.selvage.protocol.wire.Failure;
import org.jspecify.annotations.Nullable;

/** Failures as people read them; pure. */
public final class FailureWords {
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

    /**
     * What an exception says, or else the first of its causes that says something: one line, ended as a sentence, and
     * the sentences of {@link #withLimit}.
     */
    public static String sentence(Throwable failure) {
        return withLimit(sentence(firstLine(failure)), failure);
    }

    /**
     * The words for a failure, and if they don't tell it already, the limit of open files that has led to it and how
     * that is raised.
     */
    public static String withLimit(String words, Throwable failure) {
        return Causes.of(failure).stream()
                .flatMap(cause -> OpenFileLimit.in(String.valueOf(cause.getMessage())).stream())
                .findFirst()
                .filter(limit -> !words.contains(limit.remedy()))
                .map(limit -> sentence(words) + " That is because " + limit.clause() + ". " + limit.remedy())
                .orElse(words);
    }

    /** With a full stop. */
    public static String sentence(String words) {
        return words.endsWith(".") ? words : words + ".";
    }

    /** The same as {@link #sentence(Throwable)}, as it is said. */
    public static String firstLine(Throwable failure) {
        for (Throwable cause : Causes.of(failure)) {
            @Nullable String message = cause.getMessage();
            if (message != null && !message.isBlank()) {
                return firstLine(message);
            }
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
