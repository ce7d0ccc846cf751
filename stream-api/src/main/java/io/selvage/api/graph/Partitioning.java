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
    HASH,
    /**
     * To each in turn of a part of them, so that elements need not leave their slot: subtasks are connected whose index
     * is the same modulo the smaller of the two parallelisms.
     */
    RESCALE,
    /** To any. */
    SHUFFLE,
    /** To the one that the program's partitioner chooses. */
    CUSTOM;

    /** Whether there is a channel between two subtasks. */
    public boolean connects(int from, int fromParallelism, int to, int toParallelism) {
        return switch (this) {
            case FORWARD -> from == to;
            case RESCALE -> fromParallelism < toParallelism ? to % fromParallelism == from : from % toParallelism == to;
            case REBALANCE, BROADCAST, HASH, SHUFFLE, CUSTOM -> true;
        };
    }
}
