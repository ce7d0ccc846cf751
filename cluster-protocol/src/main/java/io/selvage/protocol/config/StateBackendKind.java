package io.selvage.protocol.config;

/** Where the keyed state of a job is. */
public enum StateBackendKind {
    /** All of it in the heap. */
    HEAP,
    /** In RocksDB, on the disk; what is in use is in the heap. */
    ROCKSDB
}
