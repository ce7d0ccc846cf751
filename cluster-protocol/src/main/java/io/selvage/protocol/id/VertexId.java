package io.selvage.protocol.id;

/** A vertex of a job graph, 1 or more. */
public record VertexId(int value) implements Comparable<VertexId> {
    public VertexId {
        if (value < 1) {
            throw new IllegalArgumentException("A vertex has a number of 1 or more, not " + value + ".");
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
