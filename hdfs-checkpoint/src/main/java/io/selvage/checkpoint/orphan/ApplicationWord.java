package io.selvage.checkpoint.orphan;

/** What the ResourceManager says of an application. */
public enum ApplicationWord {
    /** It runs, or waits to: it has a master, or will have one again. */
    LIVING,
    /** It was stopped or killed, and nobody needs what it has left. */
    ENDED,
    /** It has failed: the checkpoints of its jobs are all that these have. */
    FAILED,
    /** It does not know it: not yet, not any more, or it is another cluster's. */
    UNKNOWN
}
