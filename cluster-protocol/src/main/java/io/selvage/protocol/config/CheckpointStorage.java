package io.selvage.protocol.config;

/** Where the state of a checkpoint is put. */
public enum CheckpointStorage {
    /** In a file of each executor. */
    HDFS,
    /** What is small goes into the acknowledgement, and with it into the metadata; what is not, into a file. */
    MEMORY
}
