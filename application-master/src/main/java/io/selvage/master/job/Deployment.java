package io.selvage.master.job;

import io.selvage.master.job.JobTopology.Region;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.SubtaskCounters;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.protocol.wire.SubtaskState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Owned by its job: one incarnation, where its subtasks are and how far each has come. Regions may be carried over from
 * the incarnation before; their subtasks, too, count as far as executors say so for this one.
 */
final class Deployment {
    /** Of what is wrong with a checkpoint. */
    private static final int GAPS_NAMED = 4;

    private final Incarnation incarnation;
    /** The executor of each slot. */
    private final List<ExecutorId> slots;

    private final JobTopology topology;
    /** Which incarnation has started them; all other regions start in this one. */
    private final Map<Region, Incarnation> carried;

    private final Map<SubtaskId, SubtaskState> states = new LinkedHashMap<>();
    private final Map<SubtaskId, SubtaskCounters> counters = new LinkedHashMap<>();
    private final RecordsRead recordsRead = new RecordsRead();

    Deployment(
            Incarnation incarnation, List<ExecutorId> slots, JobTopology topology, Map<Region, Incarnation> carried) {
        this.incarnation = incarnation;
        this.slots = List.copyOf(slots);
        this.topology = topology;
        this.carried = Map.copyOf(carried);
        topology.subtasks().forEach(subtask -> states.put(subtask, SubtaskState.SUBTASK_STATE_UNSPECIFIED));
    }

    Incarnation incarnation() {
        return incarnation;
    }

    List<ExecutorId> slots() {
        return slots;
    }

    JobTopology topology() {
        return topology;
    }

    Region regionOf(SubtaskId subtask) {
        return topology.regionOf(subtask.vertex());
    }

    boolean isCarried(Region region) {
        return carried.containsKey(region);
    }

    /** The incarnation that has started what runs of the region. */
    Incarnation since(Region region) {
        return carried.getOrDefault(region, incarnation);
    }

    /** The executors of the slots that run a part of the region, slot by slot. */
    List<ExecutorId> slotsOf(Region region) {
        return slots.subList(0, topology.slotsOf(region));
    }

    /** Every subtask of it goes on, as far as is known; executors have the last word on what is carried over. */
    boolean isIntact(Region region) {
        return states.entrySet().stream()
                .filter(each -> regionOf(each.getKey()).equals(region))
                .allMatch(each -> switch (each.getValue()) {
                    case SUBTASK_RUNNING, SUBTASK_DRAINED -> true;
                    case SUBTASK_STATE_UNSPECIFIED -> isCarried(region);
                    case SUBTASK_FINISHED, SUBTASK_FAILED, UNRECOGNIZED -> false;
                });
    }

    ExecutorId executorOf(SubtaskId subtask) {
        return slots.get(subtask.index());
    }

    Set<ExecutorId> executors() {
        return new TreeSet<>(slots);
    }

    /** The subtask that a message names; empty if the job has no such subtask. */
    Optional<SubtaskId> find(int vertex, int index) {
        return SubtaskId.tryOf(vertex, index).filter(states::containsKey);
    }

    Set<SubtaskId> subtasks() {
        return states.keySet();
    }

    /**
     * What keeps a checkpoint from being one of every subtask, each once and from the executor that runs it.
     *
     * @param parts what each executor has stored
     * @return sentences that name operators and subtasks; empty: nothing
     */
    Optional<String> gapsIn(Map<ExecutorId, List<SubtaskSnapshot>> parts) {
        Set<SubtaskId> missing = new TreeSet<>(states.keySet());
        List<String> gaps = new ArrayList<>();
        parts.forEach((executor, stored) -> {
            for (SubtaskSnapshot part : stored) {
                Optional<SubtaskId> subtask = find(part.getVertex(), part.getSubtask())
                        .filter(found -> executorOf(found).equals(executor));
                if (subtask.isEmpty()) {
                    gaps.add(executor + " has stored " + inWords(part.getVertex(), part.getSubtask())
                            + ", which it does not run.");
                } else if (!missing.remove(subtask.get())) {
                    gaps.add(executor + " has stored " + inWords(subtask.get()) + " twice.");
                }
            }
        });
        missing.forEach(
                subtask -> gaps.add("It lacks " + inWords(subtask) + ", which " + executorOf(subtask) + " runs."));
        return gaps.isEmpty() ? Optional.empty() : Optional.of(inShort(gaps));
    }

    /** A job may have thousands of subtasks: the first few say it. */
    private static String inShort(List<String> gaps) {
        String named = gaps.stream().limit(GAPS_NAMED).collect(Collectors.joining(" "));
        return gaps.size() <= GAPS_NAMED ? named : named + " " + (gaps.size() - GAPS_NAMED) + " more are wrong.";
    }

    private String inWords(SubtaskId subtask) {
        return inWords(subtask.vertex().value(), subtask.index());
    }

    private String inWords(int vertex, int index) {
        return "subtask " + index + " of "
                + topology.vertices().stream()
                        .filter(each -> each.id().value() == vertex)
                        .findFirst()
                        .map(each -> "\"" + each.name() + "\" (operators " + String.join(", ", each.uids()) + ")")
                        .orElse("vertex v" + vertex);
    }

    /** Moves a subtask forward; false if there is no such subtask there, or it has come further already. */
    boolean tryAdvance(ExecutorId reporter, SubtaskId subtask, SubtaskState to) {
        SubtaskState from = states.get(subtask);
        if (from == null || !executorOf(subtask).equals(reporter) || to.getNumber() <= from.getNumber()) {
            return false;
        }
        states.put(subtask, to);
        return true;
    }

    boolean allAtLeast(SubtaskState state) {
        return states.values().stream().allMatch(reached -> reached.getNumber() >= state.getNumber());
    }

    boolean anyIs(SubtaskState state) {
        return states.containsValue(state);
    }

    void count(SubtaskCounters counted, long nowNanos) {
        find(counted.getVertex(), counted.getSubtask()).ifPresent(subtask -> {
            counters.put(subtask, counted);
            recordsRead.count(subtask, counted.getRecordsRead(), nowNanos);
        });
    }

    /** By a source's subtask since its start. */
    long recordsRead(SubtaskId subtask, long nowNanos) {
        return recordsRead.at(subtask, nowNanos);
    }

    SubtaskState stateOf(SubtaskId subtask) {
        return states.getOrDefault(subtask, SubtaskState.SUBTASK_STATE_UNSPECIFIED);
    }

    @Nullable
    SubtaskCounters countersOf(SubtaskId subtask) {
        return counters.get(subtask);
    }
}
