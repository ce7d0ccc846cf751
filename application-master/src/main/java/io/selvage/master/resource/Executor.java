package io.selvage.master.resource;

import io.selvage.master.event.ConnectionId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.Following;
import io.selvage.protocol.wire.Register;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Owned by the {@link Fleet}: one container with, sooner or later, an executor in it. */
public final class Executor {
    private static final long NEVER = Long.MAX_VALUE;

    private final ExecutorId id;
    private final String node;
    private long memoryMib;
    private long reserveMib;
    private ExecutorState state;
    private long deadlineNanos;
    private long idleSinceNanos;
    private long suspectSinceNanos = NEVER;
    private boolean isStandby;
    private long refusedConnections;
    private @Nullable String goodbye;
    private @Nullable ConnectionId connection;
    private @Nullable Register register;
    /** What it holds ready, by job. */
    private final Map<JobId, Following> following = new TreeMap<>();

    /** @param memoryMib of its container; 0: not known */
    Executor(ExecutorId id, String node, long memoryMib, ExecutorState state, long deadlineNanos) {
        this.id = id;
        this.node = node;
        this.memoryMib = memoryMib;
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
        following.clear();
        suspectSinceNanos = NEVER;
        idleSinceNanos = nowNanos;
    }

    /** It is kept although nothing runs on it. */
    void keepReady(boolean kept) {
        isStandby = kept;
    }

    boolean isStandby() {
        return isStandby;
    }

    /** YARN will take it away: nothing new goes there, and what runs there is moved. */
    void sayGoodbye(String reason) {
        goodbye = reason;
    }

    /** Why YARN will take it away; empty if it stays. */
    Optional<String> goodbye() {
        return Optional.ofNullable(goodbye);
    }

    /** New subtasks may be placed on it. */
    boolean isUsable() {
        return state == ExecutorState.REGISTERED && !isSuspect() && goodbye == null;
    }

    /** Another executor says that it is gone. */
    void suspect(long nowNanos) {
        if (suspectSinceNanos == NEVER) {
            suspectSinceNanos = nowNanos;
        }
    }

    /** It has shown life; what it had said before it was suspected proves nothing. */
    void showLife(long nowNanos, long graceNanos) {
        if (suspectSinceNanos != NEVER && nowNanos - suspectSinceNanos >= graceNanos) {
            suspectSinceNanos = NEVER;
        }
    }

    boolean isSuspect() {
        return suspectSinceNanos != NEVER;
    }

    void hasRefused(long connections) {
        refusedConnections = connections;
    }

    /** At its data port, since it started, as far as it has said. */
    public long refusedConnections() {
        return refusedConnections;
    }

    void follows(Following said) {
        following.put(new JobId(said.getJobId()), said);
    }

    void forgets(JobId job) {
        following.remove(job);
    }

    /** The checkpoint of a job as of which it holds state ready; -1 if it holds nothing of it. */
    long followedTo(JobId job) {
        Following said = following.get(job);
        return said == null ? -1 : said.getCheckpoint();
    }

    /** Of its container; 0: not known. */
    long memoryMib() {
        return memoryMib;
    }

    void setMemoryMib(long known) {
        memoryMib = known;
    }

    /** Of its memory, what neither heap nor buffers may take; 0 also if an earlier master has launched it. */
    long reserveMib() {
        return reserveMib;
    }

    void launchedWith(long reserve) {
        reserveMib = reserve;
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

    /** Its newest stream, open or not; empty before it has registered. */
    Optional<ConnectionId> connection() {
        return Optional.ofNullable(connection);
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

    /** Bytes of state that it holds ready for jobs. */
    public long readyBytes() {
        return following.values().stream().mapToLong(Following::getBytes).sum();
    }

    /** YARN's id of the node that it is on; empty if that is not known yet. */
    public String node() {
        return register == null || register.getNode().isEmpty() ? node : register.getNode();
    }

    public int slots() {
        return register == null ? 0 : register.getSlots();
    }

    /** For people: where it is. */
    public String host() {
        return register == null ? node : register.getHost();
    }
}
