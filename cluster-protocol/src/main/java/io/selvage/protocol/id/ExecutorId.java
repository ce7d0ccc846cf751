package io.selvage.protocol.id;

/** A task executor: the id of the YARN container that it runs in, so it is never used twice. */
public record ExecutorId(String value) implements Comparable<ExecutorId> {
    public ExecutorId {
        if (value.isBlank()) {
            throw new IllegalArgumentException("An executor's id is not blank.");
        }
    }

    @Override
    public int compareTo(ExecutorId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
