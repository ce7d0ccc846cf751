package io.selvage.checkpoint.snapshot;

import com.google.protobuf.InvalidProtocolBufferException;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.checkpoint.store.StoreOutput;
import io.selvage.checkpoint.store.StoredFile;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Epoch;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Safe for use by many threads; every call blocks on the file system. The metadata and directories of checkpoints. */
public final class CheckpointStore {
    private static final int MAGIC = 0x5356434D; // "SVCM"
    private static final int VERSION = 1;
    /** Of the metadata's content. */
    public static final int METADATA_FORMAT = 1;

    private static final String APPLICATION_PREFIX = "application_";
    private static final int HEADER_BYTES = 3 * Integer.BYTES;

    private final DurableStore store;

    /** @param store rooted at the state root */
    public CheckpointStore(DurableStore store) {
        this.store = store;
    }

    /**
     * Writes a checkpoint's metadata, whole or not at all. It counts once the journal says so.
     *
     * @return the file, fully qualified
     */
    public String writeMetadata(CheckpointLayout layout, CheckpointMetadata metadata) throws IOException {
        String path = layout.metadataFile(
                new CheckpointId(metadata.getCheckpoint()),
                new Incarnation(metadata.getIncarnation()),
                new Epoch(metadata.getEpoch()));
        return put(path, metadata);
    }

    /**
     * Writes a savepoint's metadata, whole or not at all: with that it is one.
     *
     * @return the file, fully qualified
     */
    public String writeSavepoint(SavepointLayout layout, CheckpointMetadata metadata) throws IOException {
        return put(layout.metadataFile(), metadata);
    }

    private String put(String path, CheckpointMetadata metadata) throws IOException {
        PutOutcome put = store.putIfAbsent(path, frame(metadata.toByteArray()));
        switch (put.kind()) {
            case WON:
                return store.qualify(path);
            case LOST:
                throw new IOException("The checkpoint metadata " + store.qualify(path)
                        + " exists already with other content: two masters of one epoch have written it.");
            case NOT_WRITTEN:
            case UNDECIDED:
                IOException cause = Objects.requireNonNull(put.cause());
                throw new IOException(
                        "The checkpoint metadata " + store.qualify(path) + " could not be written: "
                                + cause.getMessage(),
                        cause);
        }
        throw new IllegalStateException("unknown outcome " + put.kind());
    }

    /**
     * The file that holds the metadata of what lies at a path: of a savepoint, or of a checkpoint, whether the path is
     * that of its directory or of the file itself.
     *
     * @return fully qualified; empty if there is a directory, but no metadata in it
     * @throws SegmentDamagedException if nothing lies there
     */
    public Optional<String> findMetadata(String path) throws IOException {
        StoredFile there = store.status(path)
                .orElseThrow(() -> new SegmentDamagedException("There is no savepoint at " + store.qualify(path)
                        + ": the directory does not exist. See what there is with: hdfs dfs -ls"));
        if (!there.directory()) {
            return Optional.of(there.path());
        }
        return newestMetadata(store.list(there.path())).map(StoredFile::path);
    }

    /** Of what lies in a checkpoint's or savepoint's directory: the metadata, if there are any. */
    public static Optional<StoredFile> newestMetadata(List<StoredFile> files) {
        return files.stream()
                .filter(file -> !file.directory() && file.name().startsWith(SavepointLayout.METADATA))
                .max(Comparator.comparing(StoredFile::name, CheckpointLayout.BY_AGE_OF_METADATA));
    }

    /**
     * The same where there have to be metadata.
     *
     * @throws SegmentDamagedException if there are none, with a sentence for the user
     */
    public String metadataFile(String path) throws IOException {
        return findMetadata(path)
                .orElseThrow(() -> new SegmentDamagedException(store.qualify(path)
                        + " holds no metadata: it is no savepoint or checkpoint, or one that was never completed."));
    }

    /** The files of a checkpoint or savepoint, and how long each has to be, in bytes; fully qualified. */
    public static Map<String, Long> neededFiles(CheckpointMetadata metadata) {
        Map<String, Long> needed = new TreeMap<>();
        segmentsInFiles(metadata.getSubtasksList())
                .forEach(segment ->
                        needed.merge(segment.getFile(), segment.getOffset() + segment.getLength(), Math::max));
        return needed;
    }

    /** Those of them that are gone or shorter. */
    public List<String> missingFiles(CheckpointMetadata metadata) throws IOException {
        List<String> missing = new ArrayList<>();
        for (Map.Entry<String, Long> file : neededFiles(metadata).entrySet()) {
            long length = store.status(file.getKey()).map(StoredFile::length).orElse(-1L);
            if (length < file.getValue()) {
                missing.add(file.getKey());
            }
        }
        return missing;
    }

    /** All that these have put into files. */
    public static Stream<Segment> segmentsInFiles(List<SubtaskSnapshot> subtasks) {
        return segmentsOf(subtasks).filter(segment -> !segment.getFile().isEmpty());
    }

    /** All that these consist of, in files and in place, but for small operator state. */
    public static Stream<Segment> segmentsOf(List<SubtaskSnapshot> subtasks) {
        return subtasks.stream()
                .flatMap(subtask -> Stream.concat(
                        subtask.getOperatorsList().stream().flatMap(CheckpointStore::segmentsOf),
                        subtask.getChannels().hasState()
                                ? Stream.of(subtask.getChannels().getState())
                                : Stream.empty()));
    }

    private static Stream<Segment> segmentsOf(OperatorSnapshot operator) {
        return Stream.concat(
                operator.getKeyedStateList().stream(),
                operator.hasOperatorState() ? Stream.of(operator.getOperatorState()) : Stream.empty());
    }

    /** Deletes what there is of a savepoint that was given up. */
    public boolean delete(SavepointLayout savepoint) throws IOException {
        return store.delete(savepoint.directory());
    }

    /**
     * Names of files are fully qualified, also those that a savepoint's metadata name by what lies beside them.
     *
     * @throws SegmentDamagedException if the file is gone or damaged, with a sentence for the user
     */
    public CheckpointMetadata readMetadata(String path) throws IOException {
        String file = store.qualify(path);
        byte[] bytes = store.read(path)
                .orElseThrow(() -> new SegmentDamagedException("The checkpoint metadata " + file
                        + " is missing, so the job can't be restored. Restore the file from an HDFS snapshot or backup,"
                        + " or start the job anew."));
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (bytes.length < HEADER_BYTES || in.getInt() != MAGIC) {
            throw new SegmentDamagedException("The file " + file + " of " + bytes.length
                    + " bytes is no checkpoint metadata; see whether the path is right.");
        }
        int version = in.getInt();
        if (version != VERSION) {
            throw new SegmentDamagedException("The checkpoint metadata " + file + " has format " + version
                    + ", and this version of Selvage reads format " + VERSION
                    + " only. Use the version that wrote it.");
        }
        int expected = in.getInt();
        int actual = checksum(bytes);
        if (expected != actual) {
            throw new SegmentDamagedException(String.format(
                    "The checkpoint metadata %s is damaged: its checksum is 0x%08x and should be 0x%08x. Restore the"
                            + " file from an HDFS snapshot or backup, or start the job from an older checkpoint.",
                    file, actual, expected));
        }
        try {
            CheckpointMetadata metadata =
                    CheckpointMetadata.parser().parseFrom(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES);
            if (metadata.getFormat() > METADATA_FORMAT) {
                throw new SegmentDamagedException("The checkpoint metadata " + file + " are of format "
                        + metadata.getFormat() + ", and this version of Selvage reads formats up to " + METADATA_FORMAT
                        + ". Use the version that wrote it, or a newer one.");
            }
            return SavepointLayout.resolve(metadata, file.substring(0, file.lastIndexOf('/')));
        } catch (InvalidProtocolBufferException e) {
            throw new SegmentDamagedException(
                    "The checkpoint metadata " + file + " pass their checksum and can't be parsed: " + e.getMessage()
                            + " Were they written by a newer version of Selvage?",
                    e);
        }
    }

    /** The checkpoints that have a directory, completed or not, ascending. */
    public List<CheckpointId> list(CheckpointLayout layout) throws IOException {
        List<CheckpointId> ids = new ArrayList<>();
        for (StoredFile file : store.list(layout.checkpointsDirectory())) {
            Optional<CheckpointId> id = CheckpointLayout.parse(file.name());
            id.ifPresent(ids::add);
        }
        ids.sort(null);
        return ids;
    }

    /** Of the checkpoints that have a directory, the newest that was stored as a whole. */
    public Optional<CheckpointId> newestWithMetadata(CheckpointLayout layout) throws IOException {
        List<CheckpointId> ids = list(layout);
        for (int i = ids.size() - 1; i >= 0; i--) {
            if (newestMetadata(store.list(layout.checkpointDirectory(ids.get(i))))
                    .isPresent()) {
                return Optional.of(ids.get(i));
            }
        }
        return Optional.empty();
    }

    /** Deletes a checkpoint and all it holds; answers whether there was one. */
    public boolean delete(CheckpointLayout layout, CheckpointId checkpoint) throws IOException {
        return store.delete(layout.checkpointDirectory(checkpoint));
    }

    /**
     * Deletes the directories of checkpoints older than a completed one, except those to be kept: what was subsumed,
     * and what aborted checkpoints have left.
     *
     * @param needed none up to that number is deleted; 0: any may be
     * @return what was deleted
     */
    public List<CheckpointId> deleteBetween(
            CheckpointLayout layout, long needed, CheckpointId completed, Set<CheckpointId> kept) throws IOException {
        List<CheckpointId> deleted = new ArrayList<>();
        for (CheckpointId id : list(layout)) {
            if (id.value() > needed && id.compareTo(completed) < 0 && !kept.contains(id) && delete(layout, id)) {
                deleted.add(id);
            }
        }
        return deleted;
    }

    /**
     * Marks the job's checkpoints as ones that outlive job and session: see {@link #deleteApplication}. Done before the
     * first of them is complete, so that none is ever without it.
     */
    public void markRetained(CheckpointLayout layout) throws IOException {
        String marker = layout.retainedMarker();
        if (store.status(marker).isPresent()) {
            return;
        }
        try (StoreOutput out = store.create(marker)) {
            out.commit();
        } catch (IOException failed) {
            // Client and master may mark at a time, and an answer be lost: all that counts is that it is there.
            if (store.status(marker).isEmpty()) {
                throw failed;
            }
        }
    }

    /**
     * Of a job that has ended: deletes all that it has but the checkpoints to be kept, and the mark that keeps them,
     * which is made first if it is not there. Nothing of the job stays if it has none at all, as what was claimed is
     * deleted; if it has others than these, they stay, as they are all that there is.
     */
    public void retain(CheckpointLayout layout, Set<CheckpointId> kept) throws IOException {
        store.catchUp(); // What is not seen is deleted.
        List<CheckpointId> there = list(layout);
        if (there.isEmpty()) {
            deleteJob(layout);
            return;
        }
        markRetained(layout);
        if (!Collections.disjoint(there, kept)) {
            for (CheckpointId id : there) {
                if (!kept.contains(id)) {
                    delete(layout, id);
                }
            }
        }
        deleteAllButCheckpoints(layout);
    }

    private void deleteAllButCheckpoints(CheckpointLayout layout) throws IOException {
        for (StoredFile file : store.list(layout.jobDirectory())) {
            if (!file.name().equals(CheckpointLayout.CHECKPOINTS)) {
                store.delete(DurableStore.join(layout.jobDirectory(), file.name()));
            }
        }
    }

    /**
     * Where what a job starts from lies, if it can be claimed: a savepoint's directory, or the directory of a job that
     * has ended and left a checkpoint. Empty if it is of a job that may still run.
     *
     * @param metadataFile fully qualified
     */
    public Optional<String> findClaimable(String metadataFile, CheckpointMetadata metadata) throws IOException {
        if (metadata.getSavepoint()) {
            return Optional.of(SavepointLayout.ofMetadata(metadataFile).directory());
        }
        Optional<CheckpointLayout> layout = CheckpointLayout.ofMetadata(metadataFile);
        if (layout.isEmpty() || store.status(layout.get().retainedMarker()).isEmpty()) {
            return Optional.empty();
        }
        String job = layout.get().jobDirectory();
        boolean hasEnded = store.list(job).stream().allMatch(file -> file.name().equals(CheckpointLayout.CHECKPOINTS));
        return hasEnded ? Optional.of(job) : Optional.empty();
    }

    /**
     * Deletes what was claimed and is no longer needed, if it is there still: a savepoint's own files; or an ended
     * job's directory, and that of its application, if it was the last there.
     *
     * @param claimed as {@code StartPointCheck} has found it
     */
    public void deleteClaimed(RestoredFrom claimed) throws IOException {
        String directory = claimed.getClaimedDirectory();
        if (directoryOf(claimed.getMetadataPath()).equals(directory)) {
            deleteSavepoint(claimed);
            return;
        }
        store.delete(directory);
        String parent = directory.substring(0, directory.lastIndexOf('/'));
        boolean isApplication = SavepointLayout.fileName(parent).startsWith(APPLICATION_PREFIX);
        if (isApplication && store.list(parent).isEmpty()) {
            store.delete(parent);
        }
    }

    /** A savepoint may have been moved to where other files lie, and another one may have come into its place. */
    private void deleteSavepoint(RestoredFrom claimed) throws IOException {
        String metadataFile = claimed.getMetadataPath();
        String directory = directoryOf(store.qualify(metadataFile));
        if (store.status(metadataFile).isPresent()) {
            CheckpointMetadata metadata = readMetadata(metadataFile);
            boolean isOfThatJob =
                    claimed.getJobId().isEmpty() || claimed.getJobId().equals(metadata.getJobId());
            if (!metadata.getSavepoint() || !isOfThatJob || metadata.getCheckpoint() != claimed.getCheckpoint()) {
                return;
            }
            for (String file : neededFiles(metadata).keySet()) {
                if (directoryOf(file).equals(directory)) {
                    store.delete(file);
                }
            }
            store.delete(metadataFile); // The last: without it nobody knows what else is to be deleted.
        }
        store.deleteIfEmpty(directory);
    }

    private static String directoryOf(String file) {
        return file.substring(0, file.lastIndexOf('/'));
    }

    /** Deletes all that a job has in the store. */
    public boolean deleteJob(CheckpointLayout layout) throws IOException {
        return store.delete(layout.jobDirectory());
    }

    /**
     * Deletes all that an application has in the store, but for the checkpoints of jobs that are marked to retain them.
     * The journal comes last: as long as it is there, a next attempt knows what was. What the journal says is to be
     * kept, {@code ApplicationFiles} marks before.
     *
     * @param applicationId its directory's name
     */
    public void deleteApplication(String applicationId) throws IOException {
        String journal = CheckpointLayout.journalDirectory(applicationId);
        boolean isAnythingLeft = false;
        for (StoredFile file : store.list(applicationId)) {
            CheckpointLayout job = new CheckpointLayout(DurableStore.join(applicationId, file.name()));
            if (file.directory() && store.status(job.retainedMarker()).isPresent()) {
                deleteAllButCheckpoints(job);
                isAnythingLeft = true;
            } else if (!job.jobDirectory().equals(journal)) {
                store.delete(job.jobDirectory());
            }
        }
        store.delete(isAnythingLeft ? journal : applicationId);
    }

    private static byte[] frame(byte[] payload) {
        ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES + payload.length);
        out.putInt(MAGIC).putInt(VERSION).putInt(0).put(payload);
        out.putInt(2 * Integer.BYTES, checksum(out.array()));
        return out.array();
    }

    private static int checksum(byte[] framed) {
        CRC32C crc = new CRC32C();
        crc.update(framed, HEADER_BYTES, framed.length - HEADER_BYTES);
        return (int) crc.getValue();
    }
}
