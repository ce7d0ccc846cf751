package io.selvage.master.job;

import io.selvage.protocol.failure.FailureWords;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import java.util.Optional;

/** Failures in the words of the master. */
final class Failures {
    private Failures() {}

    static Failure of(FailureKind kind, String sentence) {
        return Failure.newBuilder().setKind(kind).setMessage(sentence).build();
    }

    /** Whether another incarnation could fare better. */
    static boolean isWorthRestart(Failure failure) {
        return switch (failure.getKind()) {
            case USER_CODE, TRANSIENT, EXECUTOR_LOST, COMMIT_REFUSED, FAILURE_KIND_UNSPECIFIED, UNRECOGNIZED -> true;
            case BAD_INPUT, FATAL -> false;
        };
    }

    static Failure lost(ExecutorId executor, String sentence) {
        return of(FailureKind.EXECUTOR_LOST, sentence).toBuilder()
                .setExecutorId(executor.value())
                .build();
    }

    /** The executor that a failure says is gone, if it says which. */
    static Optional<ExecutorId> lostExecutor(Failure failure) {
        boolean named = failure.getKind() == FailureKind.EXECUTOR_LOST
                && !failure.getExecutorId().isEmpty();
        return named ? Optional.of(new ExecutorId(failure.getExecutorId())) : Optional.empty();
    }

    /** What, where and why, one line each, for YARN, whose pages show it to others than the user. */
    static String inWords(Failure failure) {
        return failure.getMessage() + FailureWords.whereAndWhy(FailureWords.withoutRecords(failure), "  ");
    }

    static Failure withRemark(Failure failure, String remark) {
        String message = failure.getMessage();
        return failure.toBuilder()
                .setMessage(message.isEmpty() ? remark : message + " " + remark)
                .build();
    }
}
