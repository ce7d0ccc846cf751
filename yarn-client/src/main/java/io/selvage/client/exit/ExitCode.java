package io.selvage.client.exit;

/** How a command has ended, for scripts; listed in docs/operations.md. */
public enum ExitCode {
    OK(0, "The command did what it was asked for."),
    INTERNAL(1, "A defect of Selvage; the message names the log file."),
    USAGE(2, "An option, an argument or a command is unknown or missing."),
    BAD_INPUT(3, "A file, a jar, a setting or a job graph is missing, unreadable or not allowed."),
    PROGRAM_FAILED(4, "The program threw, exited, or ended without a job."),
    NO_CLUSTER(5, "No Hadoop configuration was found, or HDFS or YARN do not answer."),
    REFUSED(6, "The cluster can't do it: no such queue, containers larger than it allows, no right to write."),
    JOB_FAILED(7, "The job has failed for good."),
    JOB_CANCELED(8, "The job was canceled."),
    NO_SESSION(9, "There is no such session or job, or none runs."),
    SESSION_FAILED(10, "The session did not start, did not end in time, or ended by a failure."),
    DRILL_FAILED(11, "The job was not back in time after a fault of a drill, or there was nothing to drill."),
    NOT_RESTORABLE(
            12, "What a job was to start from is no savepoint, is damaged or too new, or does not fit the program."),
    SAVEPOINT_FAILED(13, "The savepoint could not be taken; the job goes on."),
    CHECKPOINT_FAILED(14, "The checkpoint could not be taken; the job goes on, unless the message says otherwise."),
    DAMAGED(15, "A checkpoint or savepoint is missing, incomplete or damaged; each damage is named."),
    UNFIT(16, "The doctor has found a problem of this host or of the cluster; each is named, with its remedy."),
    NOT_SHOWN(17, "A process does not answer, or its log can't be had; the message says why, and what to try."),
    RESCALE_FAILED(
            18,
            "The job could not be given another parallelism; it goes on as it is, unless the message says otherwise."),
    INTERRUPTED(130, "The command was interrupted with Ctrl-C.");

    private final int code;
    private final String meaning;

    ExitCode(int code, String meaning) {
        this.code = code;
        this.meaning = meaning;
    }

    public int code() {
        return code;
    }

    public String meaning() {
        return meaning;
    }
}
