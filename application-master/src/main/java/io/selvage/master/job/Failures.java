package io.selvage.master.job;

import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;

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

    static Failure withRemark(Failure failure, String remark) {
        String message = failure.getMessage();
        return failure.toBuilder()
                .setMessage(message.isEmpty() ? remark : message + " " + remark)
                .build();
    }
}
