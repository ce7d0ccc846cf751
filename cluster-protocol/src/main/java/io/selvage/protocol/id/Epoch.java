package io.selvage.protocol.id;

/** The number of the application attempt whose master speaks; what a lower one says is refused. */
public record Epoch(long value) implements Comparable<Epoch> {
    public Epoch {
        if (value < 1) {
            throw new IllegalArgumentException("An epoch is 1 or more, not " + value + ".");
        }
    }

    public Epoch next() {
        return new Epoch(Math.incrementExact(value));
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
