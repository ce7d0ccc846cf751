package io.selvage.checkpoint.snapshot;

import com.google.protobuf.InvalidProtocolBufferException;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.checkpoint.store.StoredFile;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Epoch;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.wire.CheckpointMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;

/** Safe for use by many threads; every call blocks on the file system. The metadata and directories of checkpoints. */
public final class CheckpointStore {
    private static final int MAGIC = 0x5356434D; // "SVCM"
    private static final int VERSION = 1;
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

    /** @throws SegmentDamagedException if the file is gone or damaged, with a sentence for the user */
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
            return CheckpointMetadata.parser().parseFrom(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES);
        } catch (InvalidProtocolBufferException e) {
            throw new IOException("the checkpoint metadata " + file + " passes its checksum but can't be parsed", e);
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

    /** Deletes a checkpoint and all it holds; answers whether there was one. */
    public boolean delete(CheckpointLayout layout, CheckpointId checkpoint) throws IOException {
        return store.delete(layout.checkpointDirectory(checkpoint));
    }

    /**
     * Deletes the directories of checkpoints older than a completed one, except those to be kept: what was subsumed,
     * and what aborted checkpoints have left.
     *
     * @return what was deleted
     */
    public List<CheckpointId> deleteOlder(CheckpointLayout layout, CheckpointId completed, Set<CheckpointId> kept)
            throws IOException {
        List<CheckpointId> deleted = new ArrayList<>();
        for (CheckpointId id : list(layout)) {
            if (id.compareTo(completed) < 0 && !kept.contains(id) && delete(layout, id)) {
                deleted.add(id);
            }
        }
        return deleted;
    }

    /** Deletes all that a job has in the store. */
    public boolean deleteJob(CheckpointLayout layout) throws IOException {
        return store.delete(layout.jobDirectory());
    }

    /** Deletes all that an application has in the store, its journal included. */
    public boolean deleteApplication(String applicationId) throws IOException {
        return store.delete(applicationId);
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
