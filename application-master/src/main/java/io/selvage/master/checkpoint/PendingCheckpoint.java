package io.selvage.master.checkpoint;

import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.master.event.CheckpointKey;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Owned by its {@link CheckpointCoordinator}: a checkpoint between its trigger and its record in the journal, or a
 * savepoint until it is stored.
 */
public final class PendingCheckpoint {
    /** What the checkpoint waits for. */
    enum Stage {
        /** Executors store their parts. */
        COLLECTING,
        /** The metadata is on its way to HDFS. */
        WRITING_METADATA,
        /** The record is on its way into the journal: whether it counts is the journal's to say. */
        JOURNALING
    }

    private static final Comparator<SubtaskSnapshot> BY_SUBTASK =
            Comparator.comparingInt(SubtaskSnapshot::getVertex).thenComparingInt(SubtaskSnapshot::getSubtask);

    private final CheckpointKey key;
    private final boolean terminal;
    private final @Nullable Savepoint savepoint; // null: a checkpoint.
    private final long startedNanos;
    private final long triggerTimeMillis;
    private final Set<ExecutorId> awaited;
    private final Map<ExecutorId, List<SubtaskSnapshot>> parts = new TreeMap<>();
    private Stage stage = Stage.COLLECTING;
    /** When the last executor had stored its part; of no meaning before. */
    private long collectedNanos;
    /** When the metadata were written; of no meaning before. */
    private long writtenNanos;

    PendingCheckpoint(
            CheckpointKey key,
            boolean terminal,
            @Nullable Savepoint savepoint,
            long startedNanos,
            long triggerTimeMillis,
            Set<ExecutorId> participants) {
        this.key = key;
        this.terminal = terminal;
        this.savepoint = savepoint;
        this.startedNanos = startedNanos;
        this.triggerTimeMillis = triggerTimeMillis;
        this.awaited = new TreeSet<>(participants);
    }

    /** Counts an executor's part once; false if it is not, or no longer, awaited. */
    boolean tryCount(ExecutorId executor, List<SubtaskSnapshot> stored, long nowNanos) {
        if (stage != Stage.COLLECTING || !awaited.remove(executor)) {
            return false;
        }
        parts.put(executor, List.copyOf(stored));
        if (awaited.isEmpty()) {
            stage = Stage.WRITING_METADATA;
            collectedNanos = nowNanos;
        }
        return true;
    }

    void startJournaling(long nowNanos) {
        if (stage != Stage.WRITING_METADATA) {
            throw new IllegalStateException(key + " can't be journaled: it is " + stage + ".");
        }
        stage = Stage.JOURNALING;
        writtenNanos = nowNanos;
    }

    Stage stage() {
        return stage;
    }

    /** Of the time that has passed, what writing the metadata took, or has taken so far. */
    long publishNanos(long nowNanos) {
        return switch (stage) {
            case COLLECTING -> 0;
            case WRITING_METADATA -> nowNanos - collectedNanos;
            case JOURNALING -> writtenNanos - collectedNanos;
        };
    }

    /** Of the time that has passed, what writing the record has taken so far. */
    long journalNanos(long nowNanos) {
        return stage == Stage.JOURNALING ? nowNanos - writtenNanos : 0;
    }

    /** What each executor has stored that has said so. */
    public Map<ExecutorId, List<SubtaskSnapshot>> parts() {
        return Collections.unmodifiableMap(parts);
    }

    /** Executors that have not said yet that they have stored their parts. */
    public Set<ExecutorId> awaited() {
        return Collections.unmodifiableSet(awaited);
    }

    long startedNanos() {
        return startedNanos;
    }

    public CheckpointKey key() {
        return key;
    }

    /** Taken after all input had ended. */
    public boolean terminal() {
        return terminal;
    }

    /** It is to be this one, and no checkpoint that the job could be restored from. */
    public Optional<Savepoint> savepoint() {
        return Optional.ofNullable(savepoint);
    }

    /** Once it is complete, the job has finished: taken after all input, or with the savepoint that stops the job. */
    public boolean isLast() {
        return terminal || (savepoint != null && savepoint.stops());
    }

    public long triggerTimeMillis() {
        return triggerTimeMillis;
    }

    /** In the order of vertices and subtasks. */
    public List<SubtaskSnapshot> snapshots() {
        return stored().sorted(BY_SUBTASK).toList();
    }

    /** Other checkpoints in whose directories files of this one lie. */
    public Set<CheckpointId> references() {
        return CheckpointStore.segmentsInFiles(snapshots())
                .map(Segment::getCheckpoint)
                // Of an executor that never builds on earlier checkpoints: 0.
                .filter(of -> of > 0 && of != key.checkpoint().value())
                .map(CheckpointId::new)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** By sources, up to the cut, since each has been started. */
    public Map<SubtaskId, Long> recordsRead() {
        Map<SubtaskId, Long> recordsRead = new TreeMap<>();
        stored().forEach(part ->
                recordsRead.merge(SubtaskId.of(part.getVertex(), part.getSubtask()), part.getRecordsRead(), Long::sum));
        return recordsRead;
    }

    public long bytes() {
        return stored().mapToLong(SubtaskSnapshot::getBytes).sum();
    }

    private Stream<SubtaskSnapshot> stored() {
        return parts.values().stream().flatMap(List::stream);
    }
}
