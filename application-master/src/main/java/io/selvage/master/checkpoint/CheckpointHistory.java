package io.selvage.master.checkpoint;

import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.CheckpointDescription;
import io.selvage.protocol.wire.CheckpointState;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.PartState;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskPart;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Owned by its job: how its newest checkpoints and savepoints went that this master has seen, for people. */
public final class CheckpointHistory {
    /** The newest ones; older ones are forgotten. */
    public static final int KEPT = 10;

    private final Deque<CheckpointDescription> all = new ArrayDeque<>();

    /** It is complete; {@code vertices} in topological order. */
    public void complete(PendingCheckpoint done, List<VertexFacts> vertices, long nowNanos) {
        add(describe(done, vertices, List.of(), nowNanos).setState(CheckpointState.CHECKPOINT_COMPLETED), vertices);
    }

    /**
     * It was given up.
     *
     * @param missing what is known of the subtasks of executors that have not acknowledged it
     */
    public void fail(
            PendingCheckpoint givenUp,
            String reason,
            List<VertexFacts> vertices,
            List<SubtaskPart> missing,
            long nowNanos) {
        add(
                describe(givenUp, vertices, missing, nowNanos)
                        .setState(CheckpointState.CHECKPOINT_FAILED)
                        .setReason(reason),
                vertices);
    }

    /** Oldest first. */
    public List<CheckpointDescription> list() {
        return List.copyOf(all);
    }

    private void add(CheckpointDescription.Builder description, List<VertexFacts> vertices) {
        if (all.size() == KEPT) {
            all.removeFirst();
        }
        all.addLast(description
                .setSlowest(SlowestPart.sentence(description.build(), vertices))
                .build());
    }

    private static CheckpointDescription.Builder describe(
            PendingCheckpoint of, List<VertexFacts> vertices, List<SubtaskPart> missing, long nowNanos) {
        List<SubtaskPart> parts = new ArrayList<>(missing);
        of.parts().forEach((executor, stored) -> stored.forEach(snapshot -> parts.add(part(executor, snapshot))));
        parts.sort(inOrderOf(vertices));
        return CheckpointDescription.newBuilder()
                .setCheckpoint(of.key().checkpoint().value())
                .setSavepoint(of.savepoint().isPresent())
                .setTriggerMillis(of.triggerTimeMillis())
                .setDurationMicros(micros(nowNanos - of.startedNanos()))
                .setPublishMicros(micros(of.publishNanos(nowNanos)))
                .setJournalMicros(micros(of.journalNanos(nowNanos)))
                .setBytes(of.bytes())
                .setStateBytes(
                        parts.stream().mapToLong(SubtaskPart::getStateBytes).sum())
                .addAllSubtasks(parts);
    }

    private static SubtaskPart part(ExecutorId executor, SubtaskSnapshot stored) {
        return SubtaskPart.newBuilder()
                .setVertex(stored.getVertex())
                .setSubtask(stored.getSubtask())
                .setExecutorId(executor.value())
                .setState(PartState.PART_ACKNOWLEDGED)
                .setFirstBarrierMicros(stored.getFirstBarrierMicros())
                .setAlignmentMicros(stored.getAlignmentMicros())
                .setSynchronousMicros(stored.getSynchronousMicros())
                .setGatheringMicros(stored.getGatheringMicros())
                .setUploadMicros(stored.getAsynchronousMicros())
                .setBytes(stored.getBytes())
                .setStateBytes(stateBytes(stored))
                .build();
    }

    private static long stateBytes(SubtaskSnapshot stored) {
        long inSegments = CheckpointStore.segmentsOf(List.of(stored))
                .mapToLong(Segment::getLength)
                .sum();
        long small = stored.getOperatorsList().stream()
                .map(OperatorSnapshot::getSmallOperatorState)
                .mapToLong(state -> state.size())
                .sum();
        return inSegments + small;
    }

    private static Comparator<SubtaskPart> inOrderOf(List<VertexFacts> vertices) {
        Map<Integer, Integer> places = new HashMap<>();
        vertices.forEach(vertex -> places.put(vertex.id(), places.size()));
        return Comparator.comparingInt((SubtaskPart part) -> places.getOrDefault(part.getVertex(), Integer.MAX_VALUE))
                .thenComparingInt(SubtaskPart::getVertex)
                .thenComparingInt(SubtaskPart::getSubtask);
    }

    private static long micros(long nanos) {
        return TimeUnit.NANOSECONDS.toMicros(nanos);
    }
}
