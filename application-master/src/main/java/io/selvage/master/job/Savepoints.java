package io.selvage.master.job;

import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.master.checkpoint.Savepoint;
import io.selvage.protocol.id.SavepointId;
import io.selvage.protocol.wire.SavepointDescription;
import io.selvage.protocol.wire.SavepointState;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Owned by its job: the savepoints that clients have asked this master for, one after the other. They are not in the
 * journal: a client whose master dies asks the next one for another savepoint. Times in nanoseconds.
 */
final class Savepoints {
    static final long NEVER = Long.MAX_VALUE;
    /** That wait for their turn; more are refused. */
    static final int MOST_WAITING = 8;
    /** Of those that have come to their end, the newest are known, for clients that ask how they stand. */
    static final int MOST_SETTLED = 16;

    /** @param deadlineNanos until then it has to begin */
    private record Waiting(Savepoint savepoint, long deadlineNanos) {}

    /** In the order in which they were asked for. */
    private final Map<SavepointId, Waiting> waiting = new LinkedHashMap<>();

    private final Map<SavepointId, SavepointDescription> settled = new LinkedHashMap<>();
    /** The newest one that has begun and failed: its metadata may be on their way all the same. */
    private @Nullable Savepoint givenUp;

    private @Nullable Savepoint running;

    /** How it stands. */
    SavepointDescription describe(SavepointId id) {
        if (waiting.containsKey(id)) {
            return state(SavepointState.SAVEPOINT_WAITING);
        }
        if (running != null && running.id().equals(id)) {
            return state(SavepointState.SAVEPOINT_RUNNING);
        }
        return settled.getOrDefault(id, state(SavepointState.SAVEPOINT_UNKNOWN));
    }

    boolean isFull() {
        return waiting.size() >= MOST_WAITING;
    }

    void ask(Savepoint savepoint, long deadlineNanos) {
        waiting.put(savepoint.id(), new Waiting(savepoint, deadlineNanos));
    }

    /** The one whose turn it is; empty while one is running. */
    Optional<Savepoint> next() {
        return running != null
                ? Optional.empty()
                : waiting.values().stream().map(Waiting::savepoint).findFirst();
    }

    void start(Savepoint savepoint) {
        if (running != null || waiting.remove(savepoint.id()) == null) {
            throw new IllegalStateException(savepoint + " begins while " + running + " is running.");
        }
        running = savepoint;
    }

    /** @param directory fully qualified */
    void complete(Savepoint savepoint, String directory) {
        end(savepoint);
        settle(
                savepoint.id(),
                state(SavepointState.SAVEPOINT_COMPLETED).toBuilder()
                        .setPath(directory)
                        .build());
    }

    void fail(Savepoint savepoint, String reason) {
        end(savepoint);
        givenUp = savepoint;
        settle(savepoint.id(), failed(reason));
    }

    /** The one that was given up, and whose metadata these are. */
    Optional<Savepoint> givenUpIn(String metadataPath) {
        return Optional.ofNullable(givenUp)
                .filter(failed -> new SavepointLayout(failed.directory()).isMetadata(metadataPath));
    }

    private void end(Savepoint savepoint) {
        if (!savepoint.equals(running)) {
            throw new IllegalStateException(savepoint + " ends while " + running + " is running.");
        }
        running = null;
    }

    /** None of those that wait will begin. */
    void failWaiting(String reason) {
        waiting.keySet().forEach(id -> settle(id, failed(reason)));
        waiting.clear();
    }

    /** Those that should have begun by now fail. */
    void expire(long nowNanos, String reason) {
        waiting.values().removeIf(each -> {
            boolean isDue = nowNanos >= each.deadlineNanos();
            if (isDue) {
                settle(each.savepoint().id(), failed(reason));
            }
            return isDue;
        });
    }

    long nextDeadlineNanos() {
        return waiting.values().stream().mapToLong(Waiting::deadlineNanos).min().orElse(NEVER);
    }

    private void settle(SavepointId id, SavepointDescription description) {
        settled.put(id, description);
        if (settled.size() > MOST_SETTLED) {
            settled.remove(settled.keySet().iterator().next());
        }
    }

    private static SavepointDescription failed(String reason) {
        return state(SavepointState.SAVEPOINT_FAILED).toBuilder()
                .setReason(reason)
                .build();
    }

    private static SavepointDescription state(SavepointState state) {
        return SavepointDescription.newBuilder().setState(state).build();
    }
}
