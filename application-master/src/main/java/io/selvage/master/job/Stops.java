package io.selvage.master.job;

import io.selvage.protocol.id.ExecutorId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Owned by a job: executors that run, or may run, incarnations of it that are over. What is due is told only once the
 * journal holds the reason for it; when that is, the job says.
 */
final class Stops {
    static final long NEVER = Long.MAX_VALUE;

    /** An executor that has been told to stop the job's incarnations up to this one. */
    private record Told(long incarnation, long deadlineNanos) {}

    private final Map<ExecutorId, Long> due = new TreeMap<>();
    private final Map<ExecutorId, Told> told = new TreeMap<>();

    /** An executor is to stop the job's incarnations up to this one. */
    void plan(ExecutorId executor, long incarnation) {
        due.merge(executor, incarnation, Math::max);
    }

    /** Sends a stop; false if the executor is gone, and everything on it with it. */
    @FunctionalInterface
    interface Sender {
        boolean trySend(ExecutorId executor, long incarnation);
    }

    /** Tells all that is due; each has until the deadline to do so. */
    void tell(Sender sender, long deadlineNanos) {
        due.forEach((executor, incarnation) -> {
            if (sender.trySend(executor, incarnation)) {
                told.put(executor, new Told(incarnation, deadlineNanos));
            }
        });
        due.clear();
    }

    /** It is gone, or will end lower incarnations by itself. */
    void forget(ExecutorId executor) {
        due.remove(executor);
        told.remove(executor);
    }

    void onStopped(ExecutorId executor, long incarnation) {
        Told wanted = told.get(executor);
        if (wanted != null && incarnation >= wanted.incarnation()) {
            told.remove(executor);
        }
    }

    /** Those that have yet to stop something. */
    Set<ExecutorId> executors() {
        Set<ExecutorId> executors = new TreeSet<>(due.keySet());
        executors.addAll(told.keySet());
        return executors;
    }

    boolean isEmpty() {
        return due.isEmpty() && told.isEmpty();
    }

    /** Executors that should have stopped long ago. */
    List<ExecutorId> stuck(long nowNanos) {
        return told.entrySet().stream()
                .filter(each -> nowNanos >= each.getValue().deadlineNanos())
                .map(Map.Entry::getKey)
                .toList();
    }

    long nextDeadlineNanos() {
        return told.values().stream().mapToLong(Told::deadlineNanos).min().orElse(NEVER);
    }
}
