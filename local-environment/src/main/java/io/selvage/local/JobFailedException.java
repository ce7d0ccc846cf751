package io.selvage.local;

import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.JobDescription;

/** A job has failed for good, or could not be run; the message says why, and names the operator and the element. */
public final class JobFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    JobFailedException(String message) {
        super(message);
    }

    JobFailedException(String message, Throwable cause) {
        super(message, cause);
    }

    static JobFailedException of(JobDescription job) {
        Failure failure = job.getFailure();
        StringBuilder message = new StringBuilder("The job \"")
                .append(job.getName())
                .append("\" has failed: ")
                .append(failure.getMessage());
        if (!failure.getPosition().isEmpty()) {
            message.append(" (at ").append(failure.getPosition()).append(')');
        }
        if (job.getRestarts() > 0) {
            message.append(" It had been restarted ").append(job.getRestarts()).append(" times.");
        }
        if (!failure.getStackTrace().isEmpty()) {
            message.append("\nThrown in the job: ").append(failure.getStackTrace());
        }
        return new JobFailedException(message.toString());
    }
}
