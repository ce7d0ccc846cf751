package io.selvage.task.executor;

import io.selvage.checkpoint.backend.KeyedCut;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Owned by the executor's loop: the segments that make up the keyed states of one deployment's subtasks here, for each
 * checkpoint that a later one may be based on, complete or not.
 *
 * <p>A subtask may cut before it has heard of the newest completion, which another executor has heard of; so the one
 * before it is kept as well, what was stored since, and what the newest one was added to itself.
 */
final class SegmentChains {
    /** Of those that have been stored since the last completion, the newest are kept. */
    private static final int MOST_NOT_COMPLETE = 8;

    private final TreeMap<Long, Stored> chains = new TreeMap<>();
    private long confirmed; // 0: none.

    /**
     * @param states what each consists of
     * @param addedTo checkpoints to which cuts of this one were added
     */
    private record Stored(Map<StateOwner, List<Segment>> states, Set<Long> addedTo) {}

    /**
     * @param restored without subtasks: the job starts from the beginning
     * @param parallelism by vertex; what had another one is of other key groups, and nothing can be based on it
     */
    SegmentChains(CheckpointMetadata restored, Map<Integer, Integer> parallelism) {
        List<SubtaskSnapshot> usable = new ArrayList<>();
        for (SubtaskSnapshot snapshot : restored.getSubtasksList()) {
            int now = parallelism.getOrDefault(snapshot.getVertex(), 0);
            if (snapshot.getOperatorsList().stream().allMatch(operator -> operator.getParallelism() == now)) {
                usable.add(snapshot);
            }
        }
        if (!usable.isEmpty()) {
            confirmed = restored.getCheckpoint();
            stored(new CheckpointId(confirmed), usable, Set.of());
        }
    }

    /** Of these subtasks, which go on from the deployment before, what they may yet add to is known as well. */
    void carryOver(SegmentChains before, Set<SubtaskId> subtasks) {
        before.chains.forEach((checkpoint, stored) -> stored.states().forEach((owner, segments) -> {
            if (subtasks.contains(owner.subtask())) {
                chains.computeIfAbsent(checkpoint, any -> new Stored(new HashMap<>(), Set.of()))
                        .states()
                        .putIfAbsent(owner, segments);
            }
        }));
    }

    /**
     * A checkpoint of this deployment has been stored; it may or may not be completed.
     *
     * @param addedTo the bases of its cuts
     */
    void stored(CheckpointId checkpoint, List<SubtaskSnapshot> subtasks, Set<Long> addedTo) {
        Map<StateOwner, List<Segment>> ofCheckpoint = new HashMap<>();
        for (SubtaskSnapshot snapshot : subtasks) {
            SubtaskId subtask = SubtaskId.of(snapshot.getVertex(), snapshot.getSubtask());
            for (OperatorSnapshot operator : snapshot.getOperatorsList()) {
                if (operator.getKeyedStateCount() > 0) {
                    ofCheckpoint.put(new StateOwner(subtask, operator.getOperatorUid()), operator.getKeyedStateList());
                }
            }
        }
        chains.put(checkpoint.value(), new Stored(ofCheckpoint, addedTo));
        var notComplete = chains.tailMap(confirmed, false);
        if (notComplete.size() > MOST_NOT_COMPLETE) {
            notComplete.pollFirstEntry();
        }
    }

    boolean has(CheckpointId checkpoint) {
        return chains.containsKey(checkpoint.value());
    }

    /**
     * Completed: it may be a base, and so may the completed one before it, and what it was added to. That can be older:
     * whoever had not heard of the one before when it cut, and does not hear of this one before it cuts again, adds to
     * the same once more. No other older one is a base.
     */
    void confirm(CheckpointId checkpoint) {
        if (checkpoint.value() > confirmed) {
            Stored complete = chains.get(checkpoint.value());
            chains.headMap(confirmed).keySet().retainAll(complete == null ? Set.of() : complete.addedTo());
            confirmed = checkpoint.value();
        }
    }

    /** The segments that the cut's own is added to; empty if the cut is based on what is not known here. */
    Optional<List<Segment>> base(StateOwner owner, KeyedCut cut) {
        if (cut.base() == 0) {
            return Optional.of(List.of());
        }
        return Optional.ofNullable(chains.get(cut.base()))
                .map(stored -> stored.states().get(owner))
                .map(segments -> segments.stream()
                        .filter(segment -> segment.getCheckpoint() >= cut.oldestNeeded())
                        .toList());
    }
}
