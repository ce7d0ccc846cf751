package io.selvage.checkpoint.content;

import io.selvage.api.type.CorruptDataException;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.backend.LocalDamageException;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.backend.RocksReplica;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoredFile;
import io.selvage.protocol.wire.ChannelsSnapshot;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one thread; each call blocks on the file system. Reads all of a checkpoint or savepoint as a restore would,
 * but for what only the user's classes can read, and names what is missing or damaged. A fault of the file system
 * itself is none of the checkpoint's, and thrown.
 */
public final class CheckpointVerifier {
    private static final int SKIPPED_AT_ONCE = 1 << 16;

    private final DurableStore store;
    private final CheckpointStore checkpoints;
    private final SegmentReader segments;
    private final Supplier<RocksEnvironment> disk;
    private @Nullable RocksEnvironment opened; // null: not needed yet.

    /**
     * @param store that takes fully qualified paths
     * @param disk asked once at most, and only if there is state of RocksDB: it needs room for one subtask's
     */
    public CheckpointVerifier(DurableStore store, Supplier<RocksEnvironment> disk) {
        this.store = store;
        this.checkpoints = new CheckpointStore(store);
        this.segments = new SegmentReader(store);
        this.disk = disk;
    }

    /** @param path the directory of a checkpoint or savepoint, or the metadata in it */
    public Verification verify(String path, ReadProgress progress) throws IOException {
        try {
            return new Run(checkpoints.readMetadata(checkpoints.metadataFile(path)), progress).verify();
        } catch (SegmentDamagedException unreadable) {
            return new Verification(null, 0, 0, 0, 0, List.of(String.valueOf(unreadable.getMessage())));
        }
    }

    private RocksEnvironment disk() {
        RocksEnvironment known = opened;
        if (known == null) {
            known = disk.get();
            opened = known;
        }
        return known;
    }

    /** Owned by the verifier: one verification. */
    private final class Run {
        private final CheckpointMetadata metadata;
        private final ReadProgress progress;
        private final long total;
        private final Set<String> badFiles = new HashSet<>();
        private final Set<Segment> read = new HashSet<>();
        private final List<String> problems = new ArrayList<>();
        private long bytes;
        private long keys;

        Run(CheckpointMetadata metadata, ReadProgress progress) {
            this.metadata = metadata;
            this.progress = progress;
            this.total = CheckpointStore.segmentsOf(metadata.getSubtasksList())
                    .mapToLong(Segment::getLength)
                    .sum();
        }

        Verification verify() throws IOException {
            int files = lookForFiles();
            for (SubtaskSnapshot subtask : metadata.getSubtasksList()) {
                if (subtask.getChannels().hasState()) {
                    checkSums(List.of(subtask.getChannels().getState()));
                }
                for (OperatorSnapshot operator : subtask.getOperatorsList()) {
                    if (operator.hasOperatorState()) {
                        checkSums(List.of(operator.getOperatorState()));
                    }
                    if (operator.getKeyedStateCount() > 0) {
                        checkKeyed(operator);
                    }
                }
            }
            requireAllSubtasks();
            return new Verification(metadata, files, read.size(), bytes, keys, problems);
        }

        // ---- files --------------------------------------------------------------------------------------------------

        private int lookForFiles() throws IOException {
            Map<String, Long> needed = CheckpointStore.neededFiles(metadata);
            for (Map.Entry<String, Long> file : needed.entrySet()) {
                Optional<StoredFile> there = store.status(file.getKey());
                if (there.isEmpty()) {
                    bad(
                            file.getKey(),
                            "The file " + file.getKey() + " is missing: it holds " + contents(file.getKey()));
                } else if (there.get().length() < file.getValue()) {
                    bad(
                            file.getKey(),
                            "The file " + file.getKey() + " is too short: it has "
                                    + there.get().length() + " of " + file.getValue() + " bytes, and holds "
                                    + contents(file.getKey()));
                }
            }
            return needed.size();
        }

        private void bad(String file, String sentence) {
            badFiles.add(file);
            problems.add(sentence);
        }

        private String contents(String file) {
            Map<String, BitSet> of = new TreeMap<>();
            for (SubtaskSnapshot subtask : metadata.getSubtasksList()) {
                ChannelsSnapshot channels = subtask.getChannels();
                if (channels.hasState() && channels.getState().getFile().equals(file)) {
                    of.computeIfAbsent(
                                    "(elements under way to) "
                                            + channels.getEdges(0).getToOperatorUid(),
                                    to -> new BitSet())
                            .set(subtask.getSubtask());
                }
                for (OperatorSnapshot operator : subtask.getOperatorsList()) {
                    boolean isOfIt = operator.getOperatorState().getFile().equals(file)
                            || operator.getKeyedStateList().stream()
                                    .anyMatch(segment -> segment.getFile().equals(file));
                    if (isOfIt) {
                        of.computeIfAbsent(operator.getOperatorUid(), uid -> new BitSet())
                                .set(operator.getSubtask());
                    }
                }
            }
            List<String> parts = new ArrayList<>();
            of.forEach((uid, indexes) -> parts.add(uid + " " + indexes));
            return "state of the operators (and subtasks) " + String.join(", ", parts) + ".";
        }

        // ---- segments -----------------------------------------------------------------------------------------------

        private void checkKeyed(OperatorSnapshot operator) throws IOException {
            if (operator.getKeyedStateList().stream().anyMatch(segment -> badFiles.contains(segment.getFile()))) {
                checkSums(operator.getKeyedStateList());
                return;
            }
            if (KeyedStateLoader.isOfFiles(List.of(operator))) {
                disk(); // If that fails, it is no damage.
            }
            int before = problems.size();
            long bytesBefore = bytes;
            try {
                keys += decode(operator);
                read.addAll(operator.getKeyedStateList());
            } catch (SegmentDamagedException | RuntimeException notWhole) {
                bytes = bytesBefore;
                checkSums(operator.getKeyedStateList());
                if (problems.size() == before) {
                    problems.add("The keyed state of operator " + operator.getOperatorUid() + " in subtask "
                            + operator.getSubtask() + " is as it was written, and can't be read: "
                            + notWhole.getMessage());
                }
            }
        }

        /** As a restore does; answers how many keys there are. */
        private long decode(OperatorSnapshot operator) throws IOException {
            KeyGroupRange groups = KeyedStateLoader.rangeOf(operator, metadata.getMaxParallelism());
            String uid = operator.getOperatorUid();
            StateReplica replica = KeyedStateLoader.isOfFiles(List.of(operator))
                    ? new RocksReplica(uid, groups, disk())
                    : new KeyedReplica(uid, groups);
            try {
                new KeyedStateLoader(this::open)
                        .load(replica, groups, metadata.getMaxParallelism(), List.of(operator), length -> {});
                return replica.census().keys();
            } catch (UncheckedIOException e) {
                throw corruptOrElse(Objects.requireNonNull(e.getCause()));
            } catch (IOException e) {
                throw corruptOrElse(e);
            } finally {
                replica.close();
            }
        }

        /** RocksDB takes files apart, and says what it thinks of them. */
        private IOException corruptOrElse(IOException thrown) {
            if (thrown instanceof LocalDamageException damage) {
                throw new CorruptDataException(
                        String.valueOf(Objects.requireNonNull(damage.getCause()).getMessage()));
            }
            return thrown;
        }

        /** Each for itself: whether it is what was written. */
        private void checkSums(List<Segment> chain) throws IOException {
            for (Segment segment : chain) {
                if (badFiles.contains(segment.getFile()) || !read.add(segment)) {
                    continue;
                }
                try {
                    SegmentReader.verify(open(SegmentHandle.fromWire(segment)));
                } catch (SegmentDamagedException damaged) {
                    problems.add(String.valueOf(damaged.getMessage()));
                }
            }
        }

        private InputStream open(SegmentHandle segment) throws IOException {
            return new Counted(segments.open(segment), segment.length());
        }

        /** Owned by the run. Reads what a restore leaves out as well, so that at its end all of it is verified. */
        private final class Counted extends FilterInputStream {
            private final long length;
            private long counted;

            Counted(InputStream segment, long length) {
                super(segment);
                this.length = length;
            }

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int offset, int count) throws IOException {
                int found = super.read(into, offset, count);
                counted += Math.max(0, found);
                bytes += Math.max(0, found);
                progress.onRead(Math.min(bytes, total), total);
                return found;
            }

            @Override
            public long skip(long count) throws IOException {
                int most = (int) Math.max(0, Math.min(count, SKIPPED_AT_ONCE));
                return Math.max(0, read(new byte[most], 0, most));
            }

            @Override
            public void close() throws IOException {
                bytes -= counted < length ? counted : 0; // Only its beginning was looked at.
                super.close();
            }
        }

        // ---- completeness -------------------------------------------------------------------------------------------

        private void requireAllSubtasks() throws IOException {
            try {
                problems.addAll(new SubtaskCoverage(segments).gaps(metadata));
            } catch (SegmentDamagedException unreadable) { // What would say whether one may be missing.
                String sentence = String.valueOf(unreadable.getMessage());
                if (!problems.contains(sentence)) {
                    problems.add(sentence);
                }
            }
        }
    }
}
