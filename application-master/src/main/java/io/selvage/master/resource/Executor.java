package io.selvage.master.resource;

import io.selvage.master.event.ConnectionId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.Register;
import org.jspecify.annotations.Nullable;

/** Owned by the {@link Fleet}: one container with, sooner or later, an executor in it. */
public final class Executor {
    private final ExecutorId id;
    private final String node;
    private ExecutorState state;
    private long deadlineNanos;
    private long idleSinceNanos;
    private @Nullable ConnectionId connection;
    private @Nullable Register register;

    Executor(ExecutorId id, String node, ExecutorState state, long deadlineNanos) {
        this.id = id;
        this.node = node;
        this.state = state;
        this.deadlineNanos = deadlineNanos;
    }

    void become(ExecutorState next, long newDeadlineNanos) {
        if (!state.mayBecome(next)) {
            throw new IllegalStateException("Executor " + id + " is " + state + " and can't become " + next + ".");
        }
        state = next;
        deadlineNanos = newDeadlineNanos;
    }

    void connect(ConnectionId opened, Register said, long nowNanos) {
        connection = opened;
        register = said;
        idleSinceNanos = nowNanos;
    }

    void extendDeadline(long newDeadlineNanos) {
        deadlineNanos = newDeadlineNanos;
    }

    void busyUntil(long nowNanos) {
        idleSinceNanos = nowNanos;
    }

    boolean hasConnection(ConnectionId other) {
        return other.equals(connection);
    }

    ConnectionId connectionOrThrow() {
        if (connection == null) {
            throw new IllegalStateException("Executor " + id + " is " + state + " and has no stream.");
        }
        return connection;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    long idleSinceNanos() {
        return idleSinceNanos;
    }

    public ExecutorId id() {
        return id;
    }

    public ExecutorState state() {
        return state;
    }

    /** What it said when it registered. */
    public Register registerOrThrow() {
        if (register == null) {
            throw new IllegalStateException("Executor " + id + " is " + state + " and has not registered.");
        }
        return register;
    }

    public int slots() {
        return register == null ? 0 : register.getSlots();
    }

    /** For people: where it is. */
    public String host() {
        return register == null ? node : register.getHost();
    }
}
