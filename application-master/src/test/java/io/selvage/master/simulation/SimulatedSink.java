package io.selvage.master.simulation;

import java.util.HashMap;
import java.util.Map;

/**
 * Owned by the simulation: what each subtask has committed of the numbers 1, 2, 3, ... that it reads, writes and
 * commits in ranges. Exactly once means that each range begins where the last one ended.
 */
final class SimulatedSink {
    private final Map<Integer, Long> committed = new HashMap<>();

    /** Commits a subtask's numbers up to one; committing what is committed already does nothing, as it must. */
    void commit(int subtask, long from, long upTo) {
        long before = committed.getOrDefault(subtask, 0L);
        if (upTo <= before) {
            return;
        }
        Invariant.check(
                from <= before, "subtask %d commits %d to %d, but %d is the last before", subtask, from, upTo, before);
        committed.put(subtask, upTo);
    }

    long committed(int subtask) {
        return committed.getOrDefault(subtask, 0L);
    }
}
