package io.selvage.client.cli;

import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.failure.EndWords;
import io.selvage.protocol.failure.FailureWords;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.JobDescription;

/** How a job has ended, in words and as an exit code; pure. */
final class JobEnd {
    private JobEnd() {}

    static ExitCode exitCode(JobDescription job) {
        return switch (job.getPhase()) {
            case FINISHED -> ExitCode.OK;
            case CANCELED -> ExitCode.JOB_CANCELED;
            case FAILED -> ExitCode.JOB_FAILED;
            default -> throw new IllegalStateException("job " + job.getJobId() + " has not ended: " + job.getPhase());
        };
    }

    static String inWords(JobDescription job, boolean verbose) {
        String who = "Job " + job.getJobId() + " \"" + job.getName() + "\" ";
        String how = " after " + Words.duration(job.getEndedMillis() - job.getSubmittedMillis()) + figures(job) + ".";
        return switch (job.getPhase()) {
            case FINISHED -> who + "has finished" + how;
            case CANCELED -> who + "was canceled" + how + retained(job);
            default -> who + "has failed" + how + failure(job.getFailure(), verbose) + retained(job);
        };
    }

    /** Nothing if there is none: a master that was not there when it ran knows none. */
    private static String figures(JobDescription job) {
        boolean isAnyKnown = job.getRecordsRead() + job.getRecordsWritten() + job.getCheckpointsCompleted() > 0;
        return isAnyKnown || job.getRestarts() > 0
                ? ": " + Words.count(job.getRecordsRead()) + " records in, " + Words.count(job.getRecordsWritten())
                        + " out, " + Words.times(job.getCheckpointsCompleted(), "checkpoint") + ", "
                        + Words.times(job.getRestarts(), "restart")
                : "";
    }

    /** Where the checkpoint is that outlives the job, if there is one. */
    private static String retained(JobDescription job) {
        String path = job.getRetainedCheckpoint();
        return path.isEmpty()
                ? ""
                : EndWords.kept(path) + "\n  A job goes on from it with: scripts/selvage run --from " + path;
    }

    static String failure(Failure failure, boolean verbose) {
        StringBuilder words = new StringBuilder();
        words.append("\n  ").append(failure.getMessage().strip().replace("\n", "\n  "));
        words.append(FailureWords.whereAndWhy(failure, "  "));
        if (verbose && !failure.getStackTrace().isEmpty()) {
            words.append("\n").append(failure.getStackTrace().strip());
        }
        return words.toString();
    }
}
