package io.selvage.protocol.id;

/** A checkpoint of a job, strictly increasing within an epoch; a name in HDFS also carries the incarnation. */
public record CheckpointId(long value) implements Comparable<CheckpointId> {
    public CheckpointId {
        if (value < 1) {
            throw new IllegalArgumentException("A checkpoint's id is 1 or more, not " + value + ".");
        }
    }

    public CheckpointId next() {
        return new CheckpointId(Math.incrementExact(value));
    }

    @Override
    public int compareTo(CheckpointId other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
