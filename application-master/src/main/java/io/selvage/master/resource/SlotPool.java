package io.selvage.master.resource;

import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.JobId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the {@link Fleet}: which job holds which slots. A job gets all the slots that it asks for or none, so that
 * two jobs never wait for each other.
 */
final class SlotPool {
    /** For each job, the executor of each of its slots. */
    private final Map<JobId, List<ExecutorId>> held = new LinkedHashMap<>();

    /**
     * Reserves slots: those on the executors of before where they are free, the others on the executors with most free
     * slots, so that a job is spread.
     *
     * @param capacity slots of each executor that can be used
     * @param before the job's last placement, slot by slot; may be shorter or empty
     * @param readiness for executors that hold the job's state ready, as of which checkpoint: the highest come first
     */
    Optional<List<ExecutorId>> tryReserve(
            JobId job,
            int count,
            Map<ExecutorId, Integer> capacity,
            List<ExecutorId> before,
            Map<ExecutorId, Long> readiness) {
        if (held.containsKey(job)) {
            throw new IllegalStateException(job + " holds slots already: " + held.get(job) + ".");
        }
        Map<ExecutorId, Integer> free = free(capacity);
        if (free.values().stream().mapToInt(Integer::intValue).sum() < count) {
            return Optional.empty();
        }
        List<@Nullable ExecutorId> chosen = new ArrayList<>(Collections.nCopies(count, null));
        for (int slot = 0; slot < Math.min(count, before.size()); slot++) {
            ExecutorId wanted = before.get(slot);
            if (free.getOrDefault(wanted, 0) > 0) {
                chosen.set(slot, take(free, wanted));
            }
        }
        List<ExecutorId> placement = new ArrayList<>(count);
        for (ExecutorId known : chosen) {
            placement.add(known == null ? take(free, best(free, readiness)) : known);
        }
        held.put(job, List.copyOf(placement));
        return Optional.of(held.get(job));
    }

    /** Notes slots that a job has already, one for each time that an executor is named, instead of those before. */
    void hold(JobId job, List<ExecutorId> taken) {
        held.put(job, List.copyOf(taken));
    }

    void release(JobId job) {
        held.remove(job);
    }

    /** How many slots of an executor are held. */
    int busy(ExecutorId executor) {
        return held.values().stream()
                .mapToInt(placement -> Collections.frequency(placement, executor))
                .sum();
    }

    int freeCount(Map<ExecutorId, Integer> capacity) {
        return free(capacity).values().stream().mapToInt(Integer::intValue).sum();
    }

    private Map<ExecutorId, Integer> free(Map<ExecutorId, Integer> capacity) {
        Map<ExecutorId, Integer> free = new TreeMap<>();
        capacity.forEach((executor, slots) -> free.put(executor, Math.max(0, slots - busy(executor))));
        return free;
    }

    private static ExecutorId take(Map<ExecutorId, Integer> free, ExecutorId executor) {
        free.merge(executor, -1, Integer::sum);
        return executor;
    }

    private static ExecutorId best(Map<ExecutorId, Integer> free, Map<ExecutorId, Long> readiness) {
        return Collections.max(
                        free.entrySet().stream()
                                .filter(each -> each.getValue() > 0)
                                .toList(),
                        Comparator.<Map.Entry<ExecutorId, Integer>>comparingLong(
                                        each -> readiness.getOrDefault(each.getKey(), -1L))
                                .thenComparing(Map.Entry.comparingByValue())
                                .thenComparing(Map.Entry.<ExecutorId, Integer>comparingByKey()
                                        .reversed()))
                .getKey();
    }
}
