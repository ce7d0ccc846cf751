package io.selvage.master.simulation;

/** What may go wrong in a simulation. Each seed leaves some kinds out, so that those that are left meet more often. */
enum Fault {
    EXECUTOR_DIES,
    /** It is held up for seconds, as by SIGSTOP, and goes on. */
    EXECUTOR_FREEZES,
    EXECUTOR_IS_SLOW,
    EXECUTOR_DOES_NOT_START,
    SUBTASK_FAILS,
    /** Both ends hear of it; what was on its way is lost. */
    STREAM_BREAKS,
    /** Neither end hears of it, and nothing gets through any more. */
    STREAM_GOES_SILENT,
    MASTER_DIES_AT_AN_ACTION,
    /** Right before or right after a {@link Label}. */
    MASTER_DIES_AT_A_LABEL,
    /** It is held up for seconds; meanwhile YARN may start the next attempt. */
    MASTER_FREEZES,
    /** YARN starts the next attempt while this one lives. */
    MASTER_IS_TAKEN_FOR_DEAD,
    /** YARN does not get through to an attempt that it has given up. */
    MASTER_IS_CUT_OFF,
    JOURNAL_IS_SLOW,
    /** An error, and nothing is written. */
    JOURNAL_WRITE_FAILS,
    /** An error, and yet it is written. */
    JOURNAL_WRITE_IS_AMBIGUOUS,
    METADATA_IS_NOT_WRITTEN,
    METADATA_IS_WRITTEN_BUT_REPORTED_FAILED,
    UPLOAD_FAILS,
    UPLOAD_IS_WRITTEN_BUT_REPORTED_FAILED,
    HDFS_IS_AWAY,
    CHECKPOINT_IS_DECLINED,
    ACKNOWLEDGEMENT_IS_LOST,
    ACKNOWLEDGEMENT_COMES_AFTER_THE_ABORT,
    MESSAGE_IS_LATE,
    MESSAGE_COMES_TWICE,
    RM_ANSWERS_LATE,
    RM_ANSWERS_TWICE,
    RM_GIVES_TOO_MUCH,
    /**
     * The request counts only once it is repeated, which the simulated client of YARN does when the faults are over.
     */
    RM_DOES_NOT_ANSWER,
    /** It is away for seconds, and then reports all containers again. */
    RM_RESTARTS,
    RM_FORGETS_AN_END,
    /** A new master is not told of a node's containers before that node's manager has come back, or never. */
    RM_KNOWS_A_NODE_LATE,
    /** Every container ends, and of those that are asked for then several in a row end before they are executors. */
    NO_EXECUTOR_STARTS,
    /** YARN says that it will take a container, and some seconds later it does. */
    PREEMPTION,
    /** With every container on it. */
    NODE_IS_LOST,
    CLIENT_CANCELS,
    /** No fault, but something that must not come in the way of anything else. */
    CLIENT_TAKES_A_SAVEPOINT,
    /** No fault either. */
    CLIENT_WANTS_A_CHECKPOINT,
    /** No fault either. */
    CLIENT_RESCALES_THE_JOB,
    /** With a savepoint. */
    CLIENT_STOPS_THE_JOB,
    CLIENT_STOPS_THE_SESSION
}
