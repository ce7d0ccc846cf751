package io.selvage.master.job;

import io.selvage.master.job.JobTopology.Region;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.id.VertexId;
import io.selvage.protocol.wire.CarriedVertex;
import io.selvage.protocol.wire.IncarnationStarted;
import io.selvage.protocol.wire.RunningIncarnation;
import io.selvage.protocol.wire.SubtaskReport;
import io.selvage.protocol.wire.SubtaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Owned by its job: what registering executors have said of an incarnation that an earlier master has started. Once
 * every subtask of the job is among it, it is a deployment like any other.
 */
final class Adoption {
    private final Incarnation incarnation;
    private final List<CarriedVertex> carried;
    private final Map<ExecutorId, Map<SubtaskId, SubtaskState>> found = new TreeMap<>();
    /** Those that were to run it and are not known to be gone. */
    private final Set<ExecutorId> placed;

    private long highestCheckpoint;

    /** @param started what the journal says of it */
    Adoption(IncarnationStarted started) {
        this.incarnation = new Incarnation(started.getIncarnation());
        this.carried = started.getCarriedList();
        this.placed = new TreeSet<>(
                started.getExecutorsList().stream().map(ExecutorId::new).toList());
    }

    /** What an executor says now is what counts, whatever it has said before. */
    void add(ExecutorId executor, RunningIncarnation running) {
        found.put(executor, new TreeMap<>());
        running.getSubtasksList().forEach(report -> advance(executor, report));
        highestCheckpoint = Math.max(highestCheckpoint, running.getHighestCheckpointSeen());
    }

    /** A subtask of an executor that has registered goes on meanwhile. */
    void advance(ExecutorId executor, SubtaskReport report) {
        Map<SubtaskId, SubtaskState> states = found.get(executor);
        if (states != null) {
            SubtaskId.tryOf(report.getVertex(), report.getSubtask())
                    .ifPresent(subtask -> states.merge(
                            subtask,
                            report.getState(),
                            (before, now) -> now.getNumber() > before.getNumber() ? now : before));
        }
    }

    void remove(ExecutorId executor) {
        found.remove(executor);
        placed.remove(executor);
    }

    /** Executors that have not been heard of, and may yet be. */
    Set<ExecutorId> missing(Predicate<ExecutorId> isKnown) {
        return placed.stream().filter(isKnown.negate()).collect(Collectors.toCollection(TreeSet::new));
    }

    Set<ExecutorId> executors() {
        return new TreeSet<>(found.keySet());
    }

    /** The executor of each slot that is known to be taken. */
    List<ExecutorId> slots() {
        List<ExecutorId> slots = new ArrayList<>();
        found.forEach((executor, states) ->
                states.keySet().stream().map(SubtaskId::index).distinct().forEach(index -> slots.add(executor)));
        return slots;
    }

    /** The highest checkpoint that any of them has been told to start; 0: none. */
    long highestCheckpoint() {
        return highestCheckpoint;
    }

    /** The whole incarnation; empty while a subtask is missing. */
    Optional<Deployment> tryAssemble(JobTopology topology) {
        List<ExecutorId> slots = new ArrayList<>();
        for (int index = 0; index < topology.slotsNeeded(); index++) {
            ExecutorId executor = executorOf(index);
            if (executor == null) {
                return Optional.empty();
            }
            slots.add(executor);
        }
        Deployment assembled = new Deployment(incarnation, slots, topology, carried(topology));
        for (SubtaskId subtask : assembled.subtasks()) {
            ExecutorId executor = assembled.executorOf(subtask);
            SubtaskState state = found.getOrDefault(executor, Map.of()).get(subtask);
            if (state == null) {
                return Optional.empty();
            }
            assembled.tryAdvance(executor, subtask, state);
        }
        return Optional.of(assembled);
    }

    private Map<Region, Incarnation> carried(JobTopology topology) {
        Map<Region, Incarnation> since = new TreeMap<>();
        carried.forEach(vertex ->
                since.put(topology.regionOf(new VertexId(vertex.getVertex())), new Incarnation(vertex.getSince())));
        return since;
    }

    private @Nullable ExecutorId executorOf(int index) {
        return found.entrySet().stream()
                .filter(entry -> entry.getValue().keySet().stream().anyMatch(subtask -> subtask.index() == index))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(null);
    }
}
