package io.selvage.checkpoint.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.backend.RocksReplica;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.checkpoint.content.CheckpointVerifier;
import io.selvage.checkpoint.content.KeyedStateLoader;
import io.selvage.checkpoint.content.ReadProgress;
import io.selvage.checkpoint.content.Verification;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Savepoints of each format that there has been, which every later version must restore, for ever: users' savepoints
 * are years old when they are needed. No entry is ever changed or deleted, and {@link Samples} neither. When the format
 * changes, one test here fails, and says how to add the entry of the new one.
 */
final class CorpusTest {
    private static final Path CORPUS = Path.of("src", "test", "resources", "corpus");
    private static final String WRITE = "selvage.corpus.write";

    @TempDir
    private Path directory;

    private RocksEnvironment disk;

    private enum Backend {
        HEAP,
        ROCKSDB
    }

    @BeforeEach
    void open() {
        disk = new RocksEnvironment(directory.resolve("state"), 1 << 20, 1 << 16);
    }

    static Stream<Path> entries() throws IOException {
        try (Stream<Path> all = Files.list(CORPUS)) {
            return all.sorted().toList().stream();
        }
    }

    private static DurableStore store(Path root) throws IOException {
        return DurableStore.existing(
                new org.apache.hadoop.fs.Path(root.toAbsolutePath().toUri()), new Configuration());
    }

    @ParameterizedTest
    @MethodSource("entries")
    void everyEntryIsWhole(Path entry) throws Exception {
        Verification verified = new CheckpointVerifier(store(CORPUS), () -> disk)
                .verify(entry.getFileName().toString(), ReadProgress.SILENT);
        assertThat(verified.problems()).isEmpty();
        assertThat(verified.keys()).isEqualTo(samplesOf(entry).keys());
    }

    @ParameterizedTest
    @MethodSource("entries")
    void everyEntryIsRestoredAtAnyParallelismIntoEitherBackend(Path entry) throws Exception {
        CheckpointStore checkpoints = new CheckpointStore(store(CORPUS));
        CheckpointMetadata metadata = checkpoints.readMetadata(
                checkpoints.metadataFile(entry.getFileName().toString()));
        assertThat(metadata.getMaxParallelism()).isEqualTo(SampleState.GROUPS);
        assertThat(metadata.getSavepoint()).isTrue();
        for (String uid : samplesOf(entry).uids()) {
            List<OperatorSnapshot> snapshots = metadata.getSubtasksList().stream()
                    .flatMap(subtask -> subtask.getOperatorsList().stream())
                    .filter(operator -> operator.getOperatorUid().equals(uid))
                    .toList();
            for (int parallelism : new int[] {1, 2, 3, SampleState.GROUPS}) {
                for (int subtask = 0; subtask < parallelism; subtask++) {
                    restoreBothWays(
                            samplesOf(entry),
                            uid,
                            KeyGroups.rangeOf(subtask, parallelism, SampleState.GROUPS),
                            snapshots);
                }
            }
        }
    }

    private void restoreBothWays(Samples samples, String uid, KeyGroupRange range, List<OperatorSnapshot> snapshots)
            throws Exception {
        RocksReplica onDisk = new RocksReplica(uid, range, disk);
        load(onDisk, range, snapshots);
        restored(samples.of(uid, range, onDisk, disk));
        if (KeyedStateLoader.isOfFiles(snapshots)) {
            RocksReplica moved = new RocksReplica(uid, range, disk);
            load(moved, range, snapshots);
            restored(samples.of(uid, range, moved.toHeap(), null));
        } else {
            KeyedReplica inHeap = new KeyedReplica(uid, range);
            load(inHeap, range, snapshots);
            restored(samples.of(uid, range, inHeap, null));
        }
    }

    private static void load(StateReplica replica, KeyGroupRange range, List<OperatorSnapshot> snapshots)
            throws IOException {
        new KeyedStateLoader(new SegmentReader(store(CORPUS))::open)
                .load(replica, range, SampleState.GROUPS, snapshots, length -> {});
        replica.standAlone();
    }

    private static void restored(Sample sample) throws Exception {
        sample.assertRight();
        var left = sample.backend().retain();
        if (left != null) {
            left.close();
        }
    }

    /**
     * Segments with a layout are of other formats: from 5 on of files; of rows 5 and 6, and 9 and 10. So are those that
     * have parts: 2 of sorted files, and 4 of images; of rows 4 and 8.
     */
    private static Samples samplesOf(Path entry) {
        String name = entry.getFileName().toString();
        int format = Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
        boolean hasLayout = name.startsWith("heap") ? format == 5 || format == 6 || format >= 9 : format >= 5;
        if (hasLayout) {
            return Samples.WINDOWS;
        }
        return format % 2 == 0 ? Samples.LARGE : Samples.SMALL;
    }

    @ParameterizedTest
    @CsvSource({
        "HEAP,SMALL",
        "ROCKSDB,SMALL",
        "HEAP,LARGE",
        "ROCKSDB,LARGE",
        "HEAP,WINDOWS",
        "ROCKSDB,WINDOWS",
    })
    void theFormatOfTodayHasAnEntry(Backend backend, Samples samples) throws Exception {
        Path fresh = write(backend, samples, directory.resolve("fresh"));
        assertThat(samplesOf(Path.of(nameOf(backend, fresh)))).isEqualTo(samples);
        String name = nameOf(backend, fresh);
        assertThat(CORPUS.resolve(name))
                .as(
                        "The format has changed. Write the entry %s, check it in, and leave the others as they are: mvnw -pl"
                                + " hdfs-checkpoint -am test -Dtest=CorpusTest -D%s=true",
                        name, WRITE)
                .isDirectory();
    }

    /** Not a test of anything: what writes the entries of a new format. */
    @Test
    @EnabledIfSystemProperty(named = WRITE, matches = "true")
    void writesTheEntriesThatAreMissing() throws Exception {
        for (Backend backend : Backend.values()) {
            for (Samples samples : Samples.values()) {
                addIfMissing(backend, write(backend, samples, directory.resolve("new-" + samples + "-" + backend)));
            }
        }
    }

    private static void addIfMissing(Backend backend, Path fresh) throws IOException {
        Path entry = CORPUS.resolve(nameOf(backend, fresh));
        if (Files.exists(entry)) {
            return;
        }
        Files.createDirectories(entry);
        for (Path file : files(fresh)) {
            Files.copy(file, entry.resolve(file.getFileName()));
        }
    }

    private Path write(Backend backend, Samples samples, Path root) throws Exception {
        Files.createDirectories(root);
        SampleWriter writer = new SampleWriter(store(root), backend == Backend.ROCKSDB ? disk : null, samples);
        writer.savepoint("savepoint", 7);
        writer.close();
        return root.resolve("savepoint");
    }

    /** The versions that the files begin with: of the metadata's frame, of its content, and of the segments. */
    private static String nameOf(Backend backend, Path savepoint) throws IOException {
        int frame = ByteBuffer.wrap(Files.readAllBytes(savepoint.resolve("_metadata")))
                .getInt(Integer.BYTES);
        Path data = files(savepoint).stream()
                .filter(file -> file.toString().endsWith(".data"))
                .findFirst()
                .orElseThrow();
        int segment = ByteBuffer.wrap(Files.readAllBytes(data)).getInt(Long.BYTES + Integer.BYTES);
        return backend.name().toLowerCase(java.util.Locale.ROOT) + "-" + frame + "-" + CheckpointStore.METADATA_FORMAT
                + "-" + segment;
    }

    /** Without the checksums that Hadoop keeps beside local files. */
    private static List<Path> files(Path savepoint) throws IOException {
        try (Stream<Path> all = Files.list(savepoint)) {
            return all.filter(file -> !file.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        }
    }
}
