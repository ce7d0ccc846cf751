package io.selvage.minicluster.throughput.program;

/** About 100 bytes. */
public record Big(long key, long value, long timestampMillis, String text) implements Element<Big> {
    @Override
    public Big raised() {
        return new Big(key, value + 1, timestampMillis, text);
    }
}
