package io.selvage.master.simulation;

import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the simulation: the checkpoints in HDFS. A subtask's keyed state is "all numbers up to its position", and a
 * segment holds a range of them: offset the last number before it, length how many.
 */
final class SimulatedStore {
    /** A checkpoint's directory. */
    private static final class Directory {
        /** By file and subtask. */
        final Map<String, Segment> segments = new HashMap<>();

        final Map<String, CheckpointMetadata> metadata = new HashMap<>();
    }

    private final Simulation simulation;
    private final Map<Long, Directory> directories = new TreeMap<>();
    private boolean jobDeleted;

    SimulatedStore(Simulation simulation) {
        this.simulation = simulation;
    }

    void put(Segment segment, SubtaskId subtask) {
        if (!jobDeleted) {
            directory(segment.getCheckpoint()).segments.put(segment.getFile() + "#" + subtask, segment);
        }
    }

    String put(CheckpointMetadata metadata) {
        String path = "chk-" + metadata.getCheckpoint() + "/_metadata-" + metadata.getIncarnation() + "-"
                + metadata.getEpoch();
        if (!jobDeleted) {
            CheckpointMetadata there =
                    directory(metadata.getCheckpoint()).metadata.putIfAbsent(path, metadata);
            Invariant.check(there == null, "the metadata %s is written twice", path);
        }
        return path;
    }

    /** As CheckpointStore deletes: what is older than a completed checkpoint, but for what is kept. */
    void deleteOlder(long completed, Set<Long> kept) {
        directories.keySet().removeIf(checkpoint -> checkpoint < completed && !kept.contains(checkpoint));
        verifyNewest();
    }

    void delete(long checkpoint) {
        directories.remove(checkpoint);
        verifyNewest();
    }

    void deleteJob() {
        directories.clear();
        jobDeleted = true;
    }

    boolean isJobDeleted() {
        return jobDeleted;
    }

    @Nullable
    CheckpointMetadata read(long checkpoint, String path) {
        Directory directory = directories.get(checkpoint);
        return directory == null ? null : directory.metadata.get(path);
    }

    /** A completed checkpoint restores: its files are there, and hold the state that belongs to its positions. */
    CheckpointMetadata verify(CheckpointCompleted completed) {
        CheckpointMetadata metadata = read(completed.getCheckpoint(), completed.getMetadataPath());
        Invariant.check(metadata != null, "the metadata of a completed checkpoint is gone: %s", completed);
        Invariant.check(
                metadata.getSubtasksCount() == simulation.scenario().subtasks().size(),
                "a completed checkpoint has parts missing, or twice: %s",
                metadata);
        Set<SubtaskId> subtasks = new HashSet<>();
        for (SubtaskSnapshot part : metadata.getSubtasksList()) {
            SubtaskId subtask = SubtaskId.of(part.getVertex(), part.getSubtask());
            Invariant.check(subtasks.add(subtask), "a part is there twice: %s", metadata);
            verify(subtask, part.getOperators(0), completed);
        }
        return metadata;
    }

    private void verify(SubtaskId subtask, OperatorSnapshot operator, CheckpointCompleted completed) {
        long position = 0;
        for (Segment segment : operator.getKeyedStateList()) {
            Directory directory = directories.get(segment.getCheckpoint());
            Segment stored = directory == null ? null : directory.segments.get(segment.getFile() + "#" + subtask);
            Invariant.check(
                    segment.equals(stored), "a file of a completed checkpoint is gone: %s of %s", segment, completed);
            Invariant.check(
                    segment.getOffset() == position || segment.getOffset() == 0,
                    "a completed checkpoint has a hole before %s: %s",
                    segment,
                    operator);
            position = segment.getOffset() + segment.getLength();
        }
        long read = OperatorState.parse(operator.getSmallOperatorState()).position();
        Invariant.check(
                read == position,
                "subtask %s has read up to %d, and its state is that of %d: %s",
                subtask,
                read,
                position,
                completed);
    }

    private void verifyNewest() {
        simulation.journal().restorePoint().ifPresent(this::verify);
    }

    private Directory directory(long checkpoint) {
        return directories.computeIfAbsent(checkpoint, any -> new Directory());
    }
}
