package io.selvage.protocol.config;

/** What becomes of the newest complete checkpoint of a job that is canceled, or has failed for good. */
public enum CheckpointOnCancel {
    /** It is deleted with the job's other files. */
    DELETE,
    /** It stays, also after the session's end, until somebody deletes or claims it. */
    RETAIN
}
