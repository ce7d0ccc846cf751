package io.selvage.task.exchange;

/** Event times of records, in milliseconds since the epoch. */
public final class Timestamps {
    /** The record has no event time yet. */
    public static final long NONE = Long.MIN_VALUE;

    private Timestamps() {}
}
