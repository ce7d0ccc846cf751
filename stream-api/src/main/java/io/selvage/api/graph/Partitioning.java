package io.selvage.api.graph;

/** Which subtask of the receiving vertex an element goes to. */
public enum Partitioning {
    /** To the subtask of the same index. */
    FORWARD,
    /** To each in turn. */
    REBALANCE,
    /** To all. */
    BROADCAST,
    /** To the one that owns the key group of the element's key. */
    HASH
}
