package io.selvage.master.job;

import com.google.protobuf.ByteString;
import io.selvage.master.checkpoint.PendingCheckpoint;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.JournaledJob;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Owned by its job: the completed checkpoints that it can be restored from, and what they are made of. */
final class RestorePoints {
    /** Metadata up to this size travel with deployments, in bytes. */
    static final int LARGEST_METADATA_SENT = 1 << 20;

    private final int retained;
    private @Nullable CheckpointCompleted newest;
    /** Oldest first. */
    private List<CheckpointCompleted> older;
    /** The newest one's metadata as it was written; empty if it is not at hand, or large. */
    private ByteString metadata = ByteString.EMPTY;
    /** Up to the newest one, by each subtask since its start; null: an earlier master has taken it. */
    private @Nullable Map<SubtaskId, Long> recordsRead;

    /** @param retained how many are kept, the newest included */
    RestorePoints(JournaledJob journaled, int retained) {
        this.retained = retained;
        this.newest = journaled.hasCheckpoint() ? journaled.getCheckpoint() : null;
        this.older = journaled.getRetainedList();
        trim();
    }

    /** A checkpoint is complete. */
    void add(CheckpointCompleted completed, PendingCheckpoint collected, ByteString written) {
        if (newest != null) {
            List<CheckpointCompleted> longer = new ArrayList<>(older);
            longer.add(newest);
            older = longer;
            trim();
        }
        newest = completed;
        metadata = written.size() <= LARGEST_METADATA_SENT ? written : ByteString.EMPTY;
        recordsRead = collected.recordsRead();
    }

    Optional<CheckpointCompleted> newest() {
        return Optional.ofNullable(newest);
    }

    /** The newest one's number; 0 if there is none. */
    long id() {
        return newest == null ? 0 : newest.getCheckpoint();
    }

    /** Where the newest one's metadata lie; empty if there is none. */
    String metadataPath() {
        return newest == null ? "" : newest.getMetadataPath();
    }

    ByteString metadata() {
        return metadata;
    }

    /** The newest one was taken of that incarnation. */
    boolean isOf(long incarnation) {
        return newest != null && newest.getIncarnation() == incarnation;
    }

    boolean isTerminal() {
        return newest != null && newest.getTerminal();
    }

    /**
     * Of what a subtask has read, what a restart reads again; 0 if that is not known.
     *
     * @param since the incarnation that has started it
     */
    long replayed(SubtaskId subtask, Incarnation since, long read) {
        if (newest == null || newest.getIncarnation() < since.value()) {
            return read;
        }
        return recordsRead == null ? 0 : Math.max(0, read - recordsRead.getOrDefault(subtask, 0L));
    }

    /** The checkpoints whose files are needed: those that can be restored, and what these build on. */
    Set<CheckpointId> kept() {
        Set<CheckpointId> kept = new TreeSet<>();
        older.forEach(checkpoint -> keep(checkpoint, kept));
        newest().ifPresent(checkpoint -> keep(checkpoint, kept));
        return kept;
    }

    private static void keep(CheckpointCompleted checkpoint, Set<CheckpointId> kept) {
        kept.add(new CheckpointId(checkpoint.getCheckpoint()));
        checkpoint.getReferencesList().forEach(reference -> kept.add(new CheckpointId(reference)));
    }

    private void trim() {
        older = List.copyOf(older.subList(Math.max(0, older.size() - (retained - 1)), older.size()));
    }
}
