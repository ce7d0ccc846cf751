package io.selvage.protocol.config;

/** What a checkpoint of a job promises after a failure. */
public enum CheckpointMode {
    /** Each record has taken effect once: inputs wait for each other at a barrier. */
    EXACTLY_ONCE,
    /** Each record has taken effect, some of them twice: no input waits for another. */
    AT_LEAST_ONCE
}
