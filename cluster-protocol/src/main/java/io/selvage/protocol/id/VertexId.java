package io.selvage.protocol.id;

/** A vertex of a job graph. */
public record VertexId(int value) implements Comparable<VertexId> {
    public VertexId {
        if (value < 0) {
            throw new IllegalArgumentException("A vertex has a number of 0 or more, not " + value + ".");
        }
    }

    @Override
    public int compareTo(VertexId other) {
        return Integer.compare(value, other.value);
    }

    @Override
    public String toString() {
        return "v" + value;
    }
}
