package io.selvage.task.executor;

import com.google.protobuf.ByteString;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.ChannelEdge;
import io.selvage.protocol.wire.ChannelsSnapshot;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.StateBackend;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.task.operator.OperatorCut;
import io.selvage.task.subtask.ChannelState;
import io.selvage.task.subtask.SubtaskCut;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Packs what all of an executor's subtasks put into one checkpoint into one file, or, if it is little and may be, into
 * the acknowledgement; run once, by a thread of the upload pool.
 *
 * @param triggeredNanos when the master's word came
 * @param parallelism by vertex
 * @param edges by their number
 * @param bases what the cuts' segments are added to; what is not in it stands alone
 * @param mostInMetadata so many bytes in all need no file
 */
record SnapshotUpload(
        DeploymentId deployment,
        CheckpointId checkpoint,
        String jobDirectory,
        ExecutorId executor,
        List<SubtaskCut> cuts,
        long triggeredNanos,
        Map<Integer, Integer> parallelism,
        Map<Integer, ChannelEdge> edges,
        Map<StateOwner, List<Segment>> bases,
        int mostInMetadata) {
    /** Operator state up to this size goes into the acknowledgement itself. */
    static final int MOST_INLINE_BYTES = 16 * 1024;

    SnapshotUpload {
        cuts = List.copyOf(cuts);
        parallelism = Map.copyOf(parallelism);
        edges = Map.copyOf(edges);
        bases = Map.copyOf(bases);
    }

    List<SubtaskSnapshot> run(DurableStore store) throws IOException {
        long startNanos = System.nanoTime();
        String path = path();
        List<SubtaskSnapshot.Builder> snapshots = new ArrayList<>();
        try (SnapshotFileWriter writer = new SnapshotFileWriter(store, path, standsAlone() ? mostInMetadata : 0)) {
            for (SubtaskCut cut : cuts) {
                snapshots.add(append(cut, writer));
            }
            writer.finish();
            snapshots.forEach(snapshot -> settle(snapshot, writer));
        }
        long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - startNanos);
        return snapshots.stream()
                .map(snapshot -> snapshot.setAsynchronousMicros(micros).build())
                .toList();
    }

    /**
     * Each acknowledgement, and each metadata file, repeats what a chain has in place. So only what begins one may be
     * there: for state that is so small it always does.
     */
    private boolean standsAlone() {
        return bases.values().stream().allMatch(List::isEmpty);
    }

    private void settle(SubtaskSnapshot.Builder snapshot, SnapshotFileWriter writer) {
        for (OperatorSnapshot.Builder operator : snapshot.getOperatorsBuilderList()) {
            operator.getKeyedStateBuilderList().stream()
                    .filter(segment -> segment.getCheckpoint() == checkpoint.value())
                    .forEach(segment -> settle(segment, writer));
            if (operator.hasOperatorState()) {
                settle(operator.getOperatorStateBuilder(), writer);
            }
        }
    }

    /** Names files as the metadata will. */
    private void settle(Segment.Builder segment, SnapshotFileWriter writer) {
        Segment settled =
                writer.settled(SegmentHandle.fromWire(segment.build())).toWire();
        segment.mergeFrom(settled).setFile(settled.getFile()).setOffset(settled.getOffset());
        if (isSavepoint()) {
            segment.setFile(SavepointLayout.fileName(segment.getFile()));
        }
    }

    private boolean isSavepoint() {
        return cuts.get(0).barrier().kind().isSavepoint();
    }

    private String path() {
        return isSavepoint()
                ? new SavepointLayout(cuts.get(0).barrier().directory())
                        .dataFile(checkpoint, executor, deployment.incarnation())
                : new CheckpointLayout(jobDirectory).dataFile(checkpoint, executor, deployment.incarnation());
    }

    private SubtaskSnapshot.Builder append(SubtaskCut cut, SnapshotFileWriter writer) throws IOException {
        int vertex = cut.subtask().vertex().value();
        SubtaskSnapshot.Builder snapshot = SubtaskSnapshot.newBuilder()
                .setVertex(vertex)
                .setSubtask(cut.subtask().index())
                .setFirstBarrierMicros(
                        TimeUnit.NANOSECONDS.toMicros(Math.max(0, cut.firstBarrierNanos() - triggeredNanos)))
                .setAlignmentMicros(cut.alignmentMicros())
                .setSynchronousMicros(cut.synchronousMicros())
                .setGatheringMicros(cut.gatheringMicros());
        long bytes = 0;
        for (OperatorCut operator : cut.operators()) {
            OperatorSnapshot.Builder part = OperatorSnapshot.newBuilder()
                    .setOperatorUid(operator.operatorUid())
                    .setSubtask(cut.subtask().index())
                    .setParallelism(parallelism.getOrDefault(vertex, 0));
            if (operator.keyed() != null) {
                part.addAllKeyedState(
                        bases.getOrDefault(new StateOwner(cut.subtask(), operator.operatorUid()), List.of()));
                SegmentHandle keyed = writer.append(operator.keyed()::writeTo);
                part.addKeyedState(segment(keyed));
                part.setBackend(operator.keyed().isOfFiles() ? StateBackend.ROCKSDB : StateBackend.HEAP);
                bytes += keyed.length();
            }
            putOperatorState(operator.operatorState(), part, writer);
            bytes += operator.operatorState() == null ? 0 : operator.operatorState().length;
            snapshot.addOperators(part);
        }
        bytes += putChannels(cut.inFlight(), parallelism.getOrDefault(vertex, 0), snapshot, writer);
        return snapshot.setBytes(bytes).setRecordsRead(cut.recordsRead());
    }

    /** Answers how many bytes there were. */
    private int putChannels(
            List<ChannelState> states, int ofVertex, SubtaskSnapshot.Builder snapshot, SnapshotFileWriter writer)
            throws IOException {
        if (states.stream().allMatch(ChannelState::isEmpty)) {
            return 0;
        }
        ChannelsSnapshot.Builder channels = ChannelsSnapshot.newBuilder().setParallelism(ofVertex);
        states.stream().map(ChannelState::edge).distinct().map(edges::get).forEach(channels::addEdges);
        byte[] bytes = ChannelState.encode(states);
        if (bytes.length <= MOST_INLINE_BYTES) {
            channels.setSmallState(ByteString.copyFrom(bytes));
        } else {
            channels.setState(segment(writer.append(bytes)));
        }
        snapshot.setChannels(channels);
        return bytes.length;
    }

    private Segment segment(SegmentHandle handle) {
        return handle.toWire().toBuilder().setCheckpoint(checkpoint.value()).build();
    }

    /** What is small travels in the acknowledgement, and is then in the metadata: no file is opened for it. */
    private void putOperatorState(byte @Nullable [] state, OperatorSnapshot.Builder part, SnapshotFileWriter writer)
            throws IOException {
        if (state == null) {
            return;
        }
        if (state.length > 0 && state.length <= MOST_INLINE_BYTES) {
            part.setSmallOperatorState(ByteString.copyFrom(state));
        } else {
            part.setOperatorState(segment(writer.append(state)));
        }
    }
}
