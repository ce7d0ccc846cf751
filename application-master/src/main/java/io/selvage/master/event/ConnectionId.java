package io.selvage.master.event;

/** One stream between an executor and this master; never used twice in the master's life. */
public record ConnectionId(long value) {
    @Override
    public String toString() {
        return "connection " + value;
    }
}
