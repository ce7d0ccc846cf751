package io.selvage.minicluster.throughput.program;

/** Two longs; event time is told by the number. */
public record Small(long key, long value) implements Element<Small> {
    @Override
    public long timestampMillis() {
        return Elements.timestampMillis(value);
    }

    @Override
    public Small raised() {
        return new Small(key, value + 1);
    }
}
