package io.selvage.protocol.id;

/** One deployment of a job: 1, 2, and so on, journaled before it is used and never used again. */
public record Incarnation(long value) implements Comparable<Incarnation> {
    public Incarnation {
        if (value < 1) {
            throw new IllegalArgumentException("An incarnation is 1 or more, not " + value + ".");
        }
    }

    public Incarnation next() {
        return new Incarnation(Math.incrementExact(value));
    }

    @Override
    public int compareTo(Incarnation other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
