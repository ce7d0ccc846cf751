package io.selvage.master.simulation;

import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
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
    /** By their paths; what was told to be complete must stay so. */
    private final Map<String, Directory> savepoints = new TreeMap<>();

    private final Set<String> toldComplete = new TreeSet<>();
    private int builtOnAborted;
    private boolean jobDeleted;
    private boolean isMarked;

    SimulatedStore(Simulation simulation) {
        this.simulation = simulation;
    }

    /** @param savepoint its directory; empty: it is of a checkpoint */
    void put(Segment segment, SubtaskId subtask, String savepoint) {
        if (!savepoint.isEmpty()) {
            savepoints
                    .computeIfAbsent(savepoint, any -> new Directory())
                    .segments
                    .put(segment.getFile() + "#" + subtask, segment);
        } else if (!jobDeleted) {
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
            builtOnAborted += buildsOnAborted(metadata) ? 1 : 0;
        }
        return path;
    }

    private boolean buildsOnAborted(CheckpointMetadata metadata) {
        return OperatorState.lanes(metadata)
                .flatMap(lane -> lane.getKeyedStateList().stream())
                .mapToLong(Segment::getCheckpoint)
                .anyMatch(of ->
                        of != metadata.getCheckpoint() && !simulation.journal().isComplete(of));
    }

    /** How many checkpoints have built on what an aborted one had stored. */
    int builtOnAborted() {
        return builtOnAborted;
    }

    String putSavepoint(String directory, CheckpointMetadata metadata) {
        String path = directory + "/_metadata";
        CheckpointMetadata there = savepoints
                .computeIfAbsent(directory, any -> new Directory())
                .metadata
                .putIfAbsent(path, metadata);
        Invariant.check(there == null, "the metadata %s is written twice", path);
        return path;
    }

    void deleteSavepoint(String directory) {
        savepoints.remove(directory);
        verifySavepoints();
    }

    /** A client was told so: from now on it can rely on it. */
    void toldComplete(String directory) {
        toldComplete.add(directory);
        verifySavepoints();
    }

    Set<String> completeSavepoints() {
        return toldComplete;
    }

    /** They are whole, whatever becomes of the job. */
    private void verifySavepoints() {
        for (String directory : toldComplete) {
            Directory savepoint = savepoints.get(directory);
            CheckpointMetadata metadata = savepoint == null ? null : savepoint.metadata.get(directory + "/_metadata");
            Invariant.check(metadata != null, "a savepoint that was told to be complete is gone: %s", directory);
            Invariant.check(metadata.getSavepoint(), "a savepoint does not say that it is one: %s", metadata);
            verify(
                    metadata,
                    CheckpointCompleted.newBuilder()
                            .setCheckpoint(metadata.getCheckpoint())
                            .setMetadataPath(directory + "/_metadata")
                            .build());
            Invariant.check(
                    OperatorState.lanes(metadata)
                            .flatMap(lane -> lane.getKeyedStateList().stream())
                            .allMatch(segment -> segment.getCheckpoint() == metadata.getCheckpoint()),
                    "a savepoint does not stand alone: %s",
                    metadata);
        }
    }

    private static boolean isSavepoint(String path) {
        return path.startsWith("savepoints/");
    }

    private @Nullable Directory find(long checkpoint, String metadataPath) {
        return isSavepoint(metadataPath)
                ? savepoints.get(metadataPath.substring(0, metadataPath.lastIndexOf('/')))
                : directories.get(checkpoint);
    }

    /** As CheckpointStore deletes: what is older than a completed checkpoint, but for what is kept. */
    void deleteOlder(long completed, Set<Long> kept) {
        directories.keySet().removeIf(checkpoint -> checkpoint < completed && !kept.contains(checkpoint));
        verifyRestorable();
    }

    void delete(long checkpoint) {
        directories.remove(checkpoint);
        verifyRestorable();
    }

    void deleteJob() {
        directories.clear();
        jobDeleted = true;
    }

    /** From now on the session's end leaves the checkpoints. */
    void mark() {
        isMarked = true;
    }

    /** As CheckpointStore does for a job that has ended: all goes but what is kept. */
    void retain(Set<Long> kept) {
        directories.keySet().retainAll(kept);
        verifyRestorable();
    }

    /** All but what is marked, and savepoints. */
    void deleteSession() {
        if (!isMarked && !simulation.journal().hasFailedWithCheckpoint()) {
            directories.clear();
        }
        verifyRestorable();
    }

    boolean isJobDeleted() {
        return jobDeleted;
    }

    @Nullable
    CheckpointMetadata read(long checkpoint, String path) {
        Directory directory = find(checkpoint, path);
        return directory == null ? null : directory.metadata.get(path);
    }

    /** A completed checkpoint restores: its files are there, and hold the state that belongs to its positions. */
    CheckpointMetadata verify(CheckpointCompleted completed) {
        CheckpointMetadata metadata = read(completed.getCheckpoint(), completed.getMetadataPath());
        Invariant.check(metadata != null, "the metadata of a completed checkpoint is gone: %s", completed);
        verify(metadata, completed);
        return metadata;
    }

    private void verify(CheckpointMetadata metadata, CheckpointCompleted completed) {
        Set<SubtaskId> lanes = new HashSet<>();
        OperatorState.lanes(metadata).forEach(lane -> {
            SubtaskId id = OperatorState.of(lane).subtask();
            Invariant.check(lanes.add(id), "a part is there twice: %s", metadata);
            verify(id, lane, completed);
        });
        Invariant.check(
                lanes.size() == simulation.scenario().subtasks().size(),
                "a completed checkpoint has parts missing: %s",
                metadata);
    }

    private void verify(SubtaskId subtask, OperatorSnapshot operator, CheckpointCompleted completed) {
        long position = 0;
        for (Segment segment : operator.getKeyedStateList()) {
            Directory directory = find(segment.getCheckpoint(), completed.getMetadataPath());
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

    private void verifyRestorable() {
        simulation.journal().restorePoints().forEach(this::verify);
    }

    private Directory directory(long checkpoint) {
        return directories.computeIfAbsent(checkpoint, any -> new Directory());
    }
}
