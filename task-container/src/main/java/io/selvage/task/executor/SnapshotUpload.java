package io.selvage.task.executor;

import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.task.operator.OperatorCut;
import io.selvage.task.subtask.SubtaskCut;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Packs what all of an executor's subtasks put into one checkpoint into one file; run once, by a thread of the upload
 * pool.
 *
 * @param parallelism by vertex
 */
record SnapshotUpload(
        DeploymentId deployment,
        CheckpointId checkpoint,
        String jobDirectory,
        ExecutorId executor,
        List<SubtaskCut> cuts,
        Map<Integer, Integer> parallelism) {
    SnapshotUpload {
        cuts = List.copyOf(cuts);
        parallelism = Map.copyOf(parallelism);
    }

    List<SubtaskSnapshot> run(DurableStore store) throws IOException {
        long startNanos = System.nanoTime();
        String path = new CheckpointLayout(jobDirectory).dataFile(checkpoint, executor, deployment.incarnation());
        List<SubtaskSnapshot.Builder> snapshots = new ArrayList<>();
        try (SnapshotFileWriter writer = new SnapshotFileWriter(store, path)) {
            for (SubtaskCut cut : cuts) {
                snapshots.add(append(cut, writer));
            }
            writer.finish();
        }
        long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - startNanos);
        return snapshots.stream()
                .map(snapshot -> snapshot.setAsynchronousMicros(micros).build())
                .toList();
    }

    private SubtaskSnapshot.Builder append(SubtaskCut cut, SnapshotFileWriter writer) throws IOException {
        int vertex = cut.subtask().vertex().value();
        SubtaskSnapshot.Builder snapshot = SubtaskSnapshot.newBuilder()
                .setVertex(vertex)
                .setSubtask(cut.subtask().index())
                .setAlignmentMicros(cut.alignmentMicros())
                .setSynchronousMicros(cut.synchronousMicros());
        long bytes = 0;
        for (OperatorCut operator : cut.operators()) {
            OperatorSnapshot.Builder part = OperatorSnapshot.newBuilder()
                    .setOperatorUid(operator.operatorUid())
                    .setSubtask(cut.subtask().index())
                    .setParallelism(parallelism.getOrDefault(vertex, 0));
            if (operator.keyed() != null) {
                part.addKeyedState(writer.append(operator.keyed().bytes()).toWire());
            }
            if (operator.operatorState() != null) {
                part.setOperatorState(writer.append(operator.operatorState()).toWire());
            }
            bytes += operator.bytes();
            snapshot.addOperators(part);
        }
        return snapshot.setBytes(bytes);
    }
}
