package io.selvage.protocol.failure;

import io.selvage.protocol.wire.Failure;

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

    private static StringBuilder line(StringBuilder words, String indent) {
        return words.append("\n").append(indent);
    }
}
