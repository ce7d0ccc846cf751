package io.selvage.master.simulation;

/**
 * A master, journal, executor or file system that is broken on purpose, from the outside of the production code. A
 * simulation that finds none of them is worth nothing.
 */
enum Variant {
    SOUND("Nothing is broken.", ""),
    COMMIT_BEFORE_RECORD(
            "Tasks are told to commit when a checkpoint's record is handed to the journal.",
            "told that it is complete, but not durable"),
    JOURNAL_CONFIRMS_EARLY("The journal's thread confirms a record that is still on its way.", "but not durable"),
    TWO_WINNERS("The journal lets an older master write after a newer one has won.", "writes after epoch"),
    STALE_READ(
            "A new master does not read what was written between its reading and its winning of the journal.",
            "nothing but a master has died",
            5_820),
    AMBIGUOUS_IS_RETRIED("A record that was written with an error is written again.", "number is used twice"),
    INCARNATION_USED_TWICE(
            "A new master does not see that the newest incarnation has been started.", "and no record says why"),
    PLACEMENT_FORGOTTEN(
            "A new master does not see which executors the newest incarnation was deployed to.",
            "the snapshot does not say what the records say",
            30),
    RECORD_FORGETS_CHECKPOINT(
            "The snapshot in the journal forgets the newest checkpoint of a job.",
            "does not start from the newest checkpoint",
            70),
    SNAPSHOT_LOSES_JOB("The snapshot in the journal forgets a job.", "and no record says why"),
    EPOCH_NOT_CHECKED(
            "An executor still does what an older master says after it has registered with a newer one.",
            "does what epoch"),
    COMPLETION_NOT_RESENT(
            "A new master does not repeat the last completion to those it adopts.", "this executor was not told"),
    STALE_ACKNOWLEDGEMENT_COUNTS(
            "An acknowledgement of an earlier checkpoint counts as one of the pending one.", "twice: Transaction"),
    ACKNOWLEDGED_BEFORE_STORED(
            "An executor acknowledges before its file is written.", "a file of a completed checkpoint is gone"),
    COMMIT_AT_ACKNOWLEDGEMENT(
            "A sink commits when it acknowledges, not when the checkpoint is complete.",
            "no durable checkpoint allows it"),
    PENDING_COMMITS_DROPPED("A restore does not commit what its checkpoint holds.", "lost: Transaction", 35),
    ABORT_DROPS_OUTPUT("A sink throws away what it prepared for a checkpoint that is aborted.", "lost: Transaction"),
    REPEATED_COMMIT_COUNTS("A sink commits again what it is told again.", "twice: Transaction"),
    RESTORED_FROM_OLDER("A job is restored from the checkpoint before the newest.", "twice: Transaction"),
    POSITION_AFTER_CUT(
            "A source stores the position where it stands when it uploads, not that of the cut.",
            "and its state is that of"),
    REFERENCES_NOT_KEPT(
            "Older checkpoints are deleted though a newer one builds on them.", "of a completed checkpoint is gone"),
    ABORTED_IS_DELETED(
            "What an aborted checkpoint has stored is deleted though a later one builds on it.",
            "of a completed checkpoint is gone"),
    SWEEP_DELETES_NEWEST(
            "Older checkpoints are deleted together with the newest.", "of a completed checkpoint is gone"),
    RETAINED_LOSES_REFERENCES(
            "What a checkpoint that outlives its job builds on is deleted with the job.",
            "of a completed checkpoint is gone",
            1320),
    RETAINED_IS_NOT_MARKED(
            "The session's end does not see that checkpoints outlive it.", "of a completed checkpoint is gone", 220),
    STOP_BEFORE_RECORD(
            "Tasks are told to stop when a failure's record is handed to the journal.", "and no record says why"),
    LOSS_NOT_TOLD("The master never hears that an executor is lost.", "no checkpoint completes for"),
    SURVIVORS_NOT_ADOPTED("A new master is not told what still runs.", "nothing but a master has died"),
    HIT_REGION_GOES_ON(
            "An executor lets the subtasks of a hit region go on instead of starting them anew.",
            "has a part of what ran since"),
    CARRIED_IS_REWOUND("An executor takes subtasks that are to go on back to the checkpoint.", "; it has read"),
    UNHIT_REGION_RESTARTS("A failure in one region restarts the others as well.", "nothing has gone wrong there"),
    CARRIED_IS_FORGOTTEN(
            "A new master does not see since when the regions that it adopts have run.",
            "is to go on as incarnation",
            1820),
    SAVEPOINT_COMMITS("A sink commits because a savepoint is taken.", "no durable checkpoint allows it"),
    SAVEPOINT_IS_A_BASE(
            "A checkpoint builds on what a savepoint has written.", "a file of a completed checkpoint is gone"),
    SAVEPOINT_IS_DELETED(
            "What is deleted of a savepoint that was given up is deleted of one that is complete.",
            "a savepoint that was told to be complete is gone",
            210),
    STOPPED_READS_ON(
            "A subtask reads on after the savepoint with which its job is stopped.",
            "although the job is stopped",
            450),
    STOP_HOLDS_FOR_GOOD(
            "A subtask stays held although the savepoint that was to stop its job is given up.",
            "the job does not come to its end",
            1810),
    STOPPED_STARTS_READING(
            "What starts anew after the savepoint that has stopped its job reads on from there.",
            "although the job is stopped",
            4060),
    IDLE_EXECUTORS_KEPT("What is told to idle executors gets lost.", "containers are left when the job has ended"),
    RESCALE_FORGOTTEN(
            "A new master does not see that the job has got another parallelism.",
            "has neither the graph of the one before",
            120),
    MOVED_STATE_IS_LOST(
            "What another subtask had before the job got another parallelism begins anew.", "twice: Transaction"),
    MEMORY_IS_NOT_LEARNT(
            "YARN is asked for as little memory as before after a kill for memory.",
            "the job does not come to its end",
            30),
    EXCLUSION_FORGOTTEN("A new master does not see which nodes an earlier one has excluded.", "nodes stay excluded"),
    ENDED_JOB_RUNS_AGAIN("A new master does not see that a job has ended.", "The journal says job_ended"),
    END_IS_NOT_TOLD("YARN is told that an application has ended well, whatever has become of its job.", "YARN is told"),
    FILES_DELETED_TOO_EARLY(
            "A session's files are deleted while YARN may still start another attempt.",
            "deletes the session's files, and YARN may start another one");

    private final String sentence;
    private final String broken;
    private final long firstSeed;

    Variant(String sentence, String broken) {
        this(sentence, broken, 1);
    }

    Variant(String sentence, String broken, long firstSeed) {
        this.sentence = sentence;
        this.broken = broken;
        this.firstSeed = firstSeed;
    }

    /** What is broken. */
    String sentence() {
        return sentence;
    }

    /** What the message of the invariant that it breaks says; another one that fails has not found it. */
    String broken() {
        return broken;
    }

    /** Shortly before one that finds it, as of the version in which it was last looked for; seeds before do not. */
    long firstSeed() {
        return firstSeed;
    }
}
