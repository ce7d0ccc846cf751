package io.selvage.master.job;

import com.google.protobuf.ByteString;
import io.selvage.checkpoint.history.RetainedCheckpoints;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.master.checkpoint.PendingCheckpoint;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SavepointId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.JournaledJob;
import io.selvage.protocol.wire.RestoredFrom;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Owned by its job: the completed checkpoints that it can be restored from, and what they are made of. */
final class RestorePoints {
    /** Metadata up to this size travel with deployments, in bytes. */
    static final int LARGEST_METADATA_SENT = 1 << 20;

    private final int retained;
    /** What the job has started from: another job's, of which nothing is kept or deleted. Default: nothing. */
    private final RestoredFrom origin;

    private @Nullable CheckpointCompleted newest;
    private RetainedCheckpoints all;
    /** The newest one's metadata as it was written; empty if it is not at hand, or large. */
    private ByteString metadata = ByteString.EMPTY;
    /** Up to the newest one, by each subtask since its start; null: an earlier master has taken it. */
    private @Nullable Map<SubtaskId, Long> recordsRead;

    /** @param retained how many are kept, the newest included */
    RestorePoints(JournaledJob journaled, int retained) {
        this.retained = retained;
        this.origin = journaled.getSubmitted().getRestoredFrom();
        this.newest = journaled.hasCheckpoint() ? journaled.getCheckpoint() : null;
        this.all = RetainedCheckpoints.of(journaled, retained);
    }

    /**
     * A checkpoint is complete, or the savepoint with which the job is stopped.
     *
     * @param written the metadata; empty: they are to be read from their path
     */
    void add(CheckpointCompleted completed, PendingCheckpoint collected, ByteString written) {
        all = all.with(completed, retained);
        newest = completed;
        metadata = written.size() <= LARGEST_METADATA_SENT ? written : ByteString.EMPTY;
        recordsRead = collected.recordsRead();
    }

    Optional<CheckpointCompleted> newest() {
        return Optional.ofNullable(newest);
    }

    /** The number of what is restored; 0: the job starts from the beginning. */
    long id() {
        return newest == null ? origin.getCheckpoint() : newest.getCheckpoint();
    }

    /** Where the metadata of what is restored lie; empty if there is none. */
    String metadataPath() {
        return newest == null ? origin.getMetadataPath() : newest.getMetadataPath();
    }

    /** The job was stopped with the newest one, a savepoint: all that is left to do is to commit what that holds. */
    boolean isStopped() {
        return newest != null && !newest.getStoppedBy().isEmpty();
    }

    /** The directory of the savepoint with which the job was stopped; empty if it was not, or with another. */
    Optional<String> stoppedBy(SavepointId id) {
        return isStopped() && newest != null && newest.getStoppedBy().equals(id.value())
                ? stoppedIn()
                : Optional.empty();
    }

    Optional<String> stoppedIn() {
        return isStopped() ? directory() : Optional.empty();
    }

    /** The directory of the newest one; empty if there is none. */
    Optional<String> directory() {
        return newest().map(checkpoint ->
                SavepointLayout.ofMetadata(checkpoint.getMetadataPath()).directory());
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

    /** What the job has started from and claimed, once it needs that no more; empty if it has claimed nothing. */
    Optional<RestoredFrom> claimed() {
        return Optional.of(origin)
                .filter(from -> newest != null && !from.getClaimedDirectory().isEmpty());
    }

    /** What the job has started from, if that is all that it can be restored from. */
    Optional<RestoredFrom> onlyOrigin() {
        return newest == null ? Optional.of(origin) : Optional.empty();
    }

    /** A checkpoint of that job, which lies among its others; savepoints lie elsewhere, and stand alone. */
    static boolean isOf(JobId job, RestoredFrom origin) {
        return CheckpointLayout.ofMetadata(origin.getMetadataPath())
                .filter(layout -> layout.jobDirectory().endsWith("/" + job.value()))
                .isPresent();
    }

    /** Clients name the same files with different authorities, or with none. */
    static boolean isIn(String directory, RestoredFrom origin) {
        return withoutAuthority(origin.getMetadataPath()).startsWith(withoutAuthority(directory) + "/");
    }

    private static String withoutAuthority(String path) {
        int authority = path.indexOf("://");
        return authority < 0 ? path : path.substring(Math.max(0, path.indexOf('/', authority + 3)));
    }

    /** The checkpoints whose files are needed: those that can be restored, and what these build on. */
    Set<CheckpointId> kept() {
        return all.directories();
    }

    /**
     * Whether a checkpoint may build on what that one has stored: it is kept, or it was given up after the newest was
     * complete. No sweep, of whichever master, deletes what is newer than a complete one.
     */
    boolean isThere(CheckpointId stored) {
        return stored.value() > id() || kept().contains(stored);
    }
}
