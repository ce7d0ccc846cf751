package io.selvage.checkpoint.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyedCut;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.backend.OperatorStateKind;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import io.selvage.checkpoint.backend.StateCensus;
import io.selvage.checkpoint.corpus.SampleState;
import io.selvage.checkpoint.corpus.SampleWriter;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.FakeDisk;
import io.selvage.checkpoint.store.FakeDisk.Fault;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.StateBackend;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CheckpointContentsTest {
    private static final CheckpointLayout LAYOUT = new CheckpointLayout("application_1_0001/" + SampleWriter.JOB);

    @TempDir
    private Path root;

    private DurableStore store;

    @BeforeEach
    void open() throws IOException {
        store = DurableStore.open(new org.apache.hadoop.fs.Path(root.toUri()), new Configuration());
    }

    private RocksEnvironment disk() {
        return new RocksEnvironment(root.resolve("state-" + System.nanoTime()), 1 << 20, 1 << 16);
    }

    private SampleWriter writer(StateBackend backend) throws Exception {
        return new SampleWriter(store, backend == StateBackend.ROCKSDB ? disk() : null);
    }

    private Verification verify(String path) throws IOException {
        return new CheckpointVerifier(store, this::disk).verify(path, ReadProgress.SILENT);
    }

    private CheckpointContents read(String path) throws IOException {
        return new CheckpointReader(store).read(path, ReadProgress.SILENT);
    }

    // ---- what is there -------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "ROCKSDB"})
    void aSavepointTellsItsOperatorsStatesAndSizes(StateBackend backend) throws Exception {
        String file = writer(backend).savepoint("savepoint-5f0c1b-00000000000a", 7);
        for (String path : List.of(file, "savepoint-5f0c1b-00000000000a")) {
            CheckpointContents contents = read(path);
            assertThat(contents.metadataFile()).isEqualTo(file);
            assertThat(contents.metadata().getCheckpoint()).isEqualTo(7);
            assertThat(contents.references()).isEmpty();
            assertThat(contents.operators())
                    .extracting(OperatorContents::uid)
                    .containsExactly(SampleState.UID, "large");
            OperatorContents sample = contents.operators().get(0);
            assertThat(sample.backend()).isEqualTo(backend);
            assertThat(sample.parallelism()).isEqualTo(2);
            assertThat(sample.keySchema()).isEqualTo("string");
            assertThat(sample.states())
                    .extracting(state -> state.kind() + " " + state.name())
                    .containsExactly(
                            "state account",
                            "state history",
                            "state tags",
                            "state total",
                            "state mean",
                            "state per-window",
                            "timers alarms",
                            "timers ends");
            assertThat(sample.states().get(1).schema()).isEqualTo("list<string>");
            assertThat(sample.groupBytes()).hasSize(SampleState.GROUPS);
            assertThat(Arrays.stream(sample.groupBytes()).sum()).isBetween(1000L, 10_000L);
            assertThat(sample.segments()).isEqualTo(2);
            assertThat(sample.operatorStateBytes()).isEqualTo(2 * "small".length());
            assertThat(contents.operators().get(1).operatorStateBytes()).isEqualTo(6);
            assertThat(contents.operators().get(1).isKeyed()).isFalse();
            assertThat(contents.fileBytes()).isEqualTo(sample.storedBytes() + 6);
            if (backend == StateBackend.HEAP) {
                assertThat(sample.keys()).isEqualTo(SampleState.KEYS);
                assertThat(sample.states())
                        .extracting(StateCensus.StateSize::keys)
                        .containsExactly(40L, 32L, 26L, 40L, 40L, 30L, 14L, 30L);
                assertThat(sample.states())
                        .allMatch(state ->
                                state.bytes() > state.keys() || state.name().equals("total"));
            } else {
                assertThat(sample.keys()).isEqualTo(StateCensus.UNKNOWN);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "ROCKSDB"})
    void aCheckpointNamesTheOthersThatItBuildsOn(StateBackend backend) throws Exception {
        SampleWriter writer = writer(backend);
        writer.checkpoint(LAYOUT, 1);
        writer.change(3, 17);
        writer.change(4, 18);
        String second = writer.checkpoint(LAYOUT, 2);
        CheckpointContents contents = read(second);
        assertThat(contents.references())
                .containsExactly(
                        store.qualify("application_1_0001/" + SampleWriter.JOB + "/checkpoints/chk-0000000000000001"));
        assertThat(contents.operators().get(0).segments()).isGreaterThan(2);
        Verification verified = verify(second);
        assertThat(verified.problems()).isEmpty();
        assertThat(verified.keys()).as("a changed key counts once").isEqualTo(SampleState.KEYS);
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "ROCKSDB"})
    void whatIsWholeIsVerifiedByteByByte(StateBackend backend) throws Exception {
        String file = writer(backend).savepoint("sp", 7);
        Verification verified = verify("sp");
        assertThat(verified.problems()).isEmpty();
        assertThat(verified.files()).isEqualTo(2);
        assertThat(verified.segments()).isEqualTo(4);
        assertThat(verified.bytes()).isEqualTo(read(file).fileBytes());
        assertThat(verified.keys()).isEqualTo(SampleState.KEYS);
    }

    // ---- what is not ---------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "ROCKSDB"})
    void aBitThatIsFlippedAnywhereInAFileIsFoundByVerification(StateBackend backend) throws Exception {
        writer(backend).savepoint("sp", 7);
        Path file = dataFiles().get(0);
        byte[] whole = Files.readAllBytes(file);
        for (int at = Long.BYTES; at < whole.length; at += Math.max(1, whole.length / 40)) {
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) (1 << at % 8);
            overwrite(file, damaged);
            assertThat(verify("sp").problems())
                    .as("bit %s of byte %s of %s", at % 8, at, whole.length)
                    .singleElement()
                    .satisfies(problem ->
                            assertThat(problem).contains(file.getFileName().toString(), "damaged", "checksum"));
        }
        overwrite(file, whole);
        assertThat(verify("sp").problems()).isEmpty();
    }

    /** A restore goes past it without reading it. */
    @Test
    void whatIsWrittenOverIsVerifiedAsWell() throws Exception {
        KeyGroupRange all = new KeyGroupRange(0, 4);
        var backend = new RowKeyedStateBackend<>("sample", Serdes.LONG, 4, all, KeyedOrigin.NOTHING, 0);
        ValueState<String> state = backend.states().value(new ValueStateDescriptor<>("state", Serdes.STRING));
        backend.opened();
        OperatorSnapshot.Builder operator =
                OperatorSnapshot.newBuilder().setOperatorUid("sample").setParallelism(1);
        for (long checkpoint = 1; checkpoint <= 2; checkpoint++) {
            for (long key = 0; key < (checkpoint == 1 ? 100 : 30); key++) {
                backend.setCurrentKey(key);
                state.update("x".repeat(50_000 + (int) checkpoint));
            }
            KeyedCut cut = backend.snapshot(checkpoint).complete();
            backend.confirm(checkpoint);
            String path =
                    LAYOUT.dataFile(new CheckpointId(checkpoint), new ExecutorId("container_1"), new Incarnation(1));
            try (SnapshotFileWriter writer = new SnapshotFileWriter(store, path)) {
                operator.addKeyedState(
                        writer.append(cut::writeTo).toWire().toBuilder().setCheckpoint(checkpoint));
                writer.finish();
            }
        }
        String file = new CheckpointStore(store)
                .writeMetadata(
                        LAYOUT,
                        CheckpointMetadata.newBuilder()
                                .setFormat(CheckpointStore.METADATA_FORMAT)
                                .setCheckpoint(2)
                                .setIncarnation(1)
                                .setEpoch(1)
                                .setMaxParallelism(4)
                                .addSubtasks(SubtaskSnapshot.newBuilder().addOperators(operator))
                                .build());
        Verification verified = verify(file);
        assertThat(verified.problems()).isEmpty();
        assertThat(verified.bytes()).isEqualTo(read(file).fileBytes());
        long stored = operator.getKeyedStateList().stream()
                .mapToLong(Segment::getLength)
                .sum();
        assertThat(restored(all, operator)).isLessThan(stored - (1 << 19));

        Path first = Path.of(java.net.URI.create(operator.getKeyedState(0).getFile()));
        byte[] whole = Files.readAllBytes(first);
        int withoutHarm = 0;
        int refused = 0;
        for (int at = Long.BYTES; at < whole.length; at += whole.length / 40) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 8;
            overwrite(first, damaged);
            assertThat(verify(file).problems())
                    .singleElement()
                    .asString()
                    .contains(first.getFileName().toString(), "damaged", "checksum");
            try {
                restored(all, operator);
                withoutHarm++;
            } catch (SegmentDamagedException found) {
                refused++;
            }
        }
        assertThat(withoutHarm).isGreaterThan(4);
        assertThat(refused).isGreaterThan(4);
    }

    /** Answers how many bytes were of use. */
    private long restored(KeyGroupRange all, OperatorSnapshot.Builder operator) throws IOException {
        long[] used = new long[1];
        KeyedReplica replica = new KeyedReplica("sample", all);
        new KeyedStateLoader(new SegmentReader(store)::open)
                .load(replica, all, 4, List.of(operator.build()), each -> used[0] += each);
        assertThat(replica.census().keys()).isEqualTo(100);
        return used[0];
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "ROCKSDB"})
    void everyMissingAndEveryTruncatedFileIsNamedWithWhatItHeld(StateBackend backend) throws Exception {
        writer(backend).savepoint("sp", 7);
        List<Path> files = dataFiles();
        overwrite(files.get(0), Arrays.copyOf(Files.readAllBytes(files.get(0)), 50));
        Files.delete(files.get(1));
        List<String> problems = verify("sp").problems();
        assertThat(problems).hasSize(2);
        assertThat(problems)
                .anySatisfy(problem -> assertThat(problem)
                        .contains(
                                files.get(0).getFileName().toString(), "too short", "50 of", "sample {0}", "large {0}"))
                .anySatisfy(problem -> assertThat(problem)
                        .contains(files.get(1).getFileName().toString(), "is missing", "sample {1}", "large {1}"));
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "ROCKSDB"})
    void aChainWithoutItsBeginningIsNotComplete(StateBackend backend) throws Exception {
        SampleWriter writer = writer(backend);
        writer.checkpoint(LAYOUT, 1);
        writer.change(3, 17);
        String second = writer.checkpoint(LAYOUT, 2);
        rewrite(second, metadata -> {
            CheckpointMetadata.Builder changed = metadata.toBuilder();
            changed.getSubtasksBuilderList()
                    .forEach(subtask -> subtask.getOperatorsBuilder(0).removeKeyedState(0));
            return changed.build();
        });
        assertThat(verify(second).problems())
                .isNotEmpty()
                .allSatisfy(problem -> assertThat(problem).contains("operator sample", "lacks the segment"));
        if (backend == StateBackend.HEAP) {
            assertThatThrownBy(() -> read(second))
                    .isInstanceOf(SegmentDamagedException.class)
                    .hasMessageContaining("lacks the segment");
        }
    }

    @Test
    void aSubtaskThatIsNotThereIsNamed() throws Exception {
        String file = writer(StateBackend.HEAP).savepoint("sp", 7);
        rewrite(file, metadata -> metadata.toBuilder().removeSubtasks(1).build());
        assertThat(verify("sp").problems())
                .containsExactly(
                        "The metadata lack what the subtasks {1} of 2 of operator sample had.",
                        "The metadata lack what the subtasks {1} of 2 of operator large had.");
    }

    /** Of it there is nothing in some subtasks. */
    @Test
    void anOperatorThatFoldsAheadOfAnExchangeNeedNotBeInEachSubtask() throws Exception {
        String file = writer(StateBackend.HEAP).savepoint("sp", 7);
        BinaryWriter partial = new BinaryWriter();
        OperatorStateKind.PARTIAL_AGGREGATES.writeHead(partial);
        rewrite(file, metadata -> {
            CheckpointMetadata.Builder changed = metadata.toBuilder();
            changed.getSubtasksBuilder(1)
                    .addOperators(OperatorSnapshot.newBuilder()
                            .setOperatorUid("folds")
                            .setSubtask(1)
                            .setParallelism(2)
                            .setSmallOperatorState(ByteString.copyFrom(partial.toByteArray())));
            return changed.build();
        });
        assertThat(verify("sp").problems()).isEmpty();
    }

    @Test
    void metadataThatCantBeReadAreNamed() throws Exception {
        String file = writer(StateBackend.HEAP).savepoint("sp", 7);
        Path metadata = root.resolve("sp/_metadata");
        byte[] whole = Files.readAllBytes(metadata);

        byte[] flipped = whole.clone();
        flipped[whole.length / 2] ^= 1;
        overwrite(metadata, flipped);
        assertThat(verify("sp").problems()).singleElement().asString().contains(file, "is damaged", "checksum");
        overwrite(metadata, Arrays.copyOf(whole, whole.length - 3));
        assertThat(verify("sp").problems()).singleElement().asString().contains(file, "is damaged", "checksum");
        overwrite(metadata, Arrays.copyOf(whole, 5));
        assertThat(verify("sp").problems()).singleElement().asString().contains(file, "no checkpoint metadata");
        overwrite(metadata, whole);
        rewrite(file, known -> known.toBuilder().setFormat(2).build());
        assertThat(verify("sp").problems()).singleElement().asString().contains(file, "format 2", "newer one");
        Files.delete(metadata);
        assertThat(verify("sp").problems()).singleElement().asString().contains("sp holds no metadata", "completed");
        assertThat(verify("nowhere").problems()).singleElement().asString().contains("nowhere", "does not exist");
        assertThatThrownBy(() -> read("sp")).isInstanceOf(SegmentDamagedException.class);
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "ROCKSDB"})
    void aNewerFormatOfASegmentIsNamed(StateBackend backend) throws Exception {
        String file = writer(backend).savepoint("sp", 7);
        // As a newer version would have written it.
        Path data = dataFiles().get(0);
        byte[] bytes = Files.readAllBytes(data);
        bytes[Long.BYTES + 2 * Integer.BYTES - 1] = 99;
        overwriteFirstSegment(file, data, bytes);
        assertThat(verify("sp").problems())
                .singleElement()
                .asString()
                .contains("operator sample in subtask 0", "is as it was written", "format", "version of Selvage");
    }

    /** With the right checksum. */
    private void overwriteFirstSegment(String file, Path data, byte[] bytes) throws IOException {
        overwrite(data, bytes);
        rewrite(file, metadata -> {
            CheckpointMetadata.Builder changed = metadata.toBuilder();
            var segment = changed.getSubtasksBuilder(0).getOperatorsBuilder(0).getKeyedStateBuilder(0);
            java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
            crc.update(bytes, (int) segment.getOffset(), (int) segment.getLength());
            segment.setCrc32C((int) crc.getValue());
            return changed.build();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {".sst", "CURRENT"})
    void anImageThatLacksAFileIsNamed(String name) throws Exception {
        String file = writer(StateBackend.ROCKSDB).savepoint("sp", 7);
        Path data = dataFiles().get(0);
        byte[] bytes = Files.readAllBytes(data);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(name); // The first is in the head.
        if (name.equals("CURRENT")) {
            bytes[at] = 'X';
        } else {
            bytes[at - 1] = (byte) (bytes[at - 1] == '9' ? '8' : '9');
        }
        overwriteFirstSegment(file, data, bytes);
        assertThat(verify("sp").problems())
                .singleElement()
                .asString()
                .contains("operator sample in subtask 0", "is as it was written", "file", name);
    }

    @Test
    void aFaultOfTheFileSystemIsNoDamage() throws Exception {
        FakeDisk fake = new FakeDisk();
        new SampleWriter(fake.open(), null).savepoint("sp", 7);
        for (String call : List.of("status", "open")) {
            DurableStore faulty = fake.open(
                    (each, path) -> each.equals(call) && path.endsWith(".data") ? Fault.FAILS_BEFORE : Fault.NONE);
            assertThatThrownBy(() ->
                            new CheckpointVerifier(faulty, this::disk).verify("sp/_metadata", ReadProgress.SILENT))
                    .as(call)
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SegmentDamagedException.class);
        }
        assertThat(new CheckpointVerifier(fake.open(), this::disk)
                        .verify("sp/_metadata", ReadProgress.SILENT)
                        .problems())
                .isEmpty();
    }

    // ---- where they are ------------------------------------------------------------------------------------------

    @Test
    void theyAreFoundWhereverAPersonPoints() throws Exception {
        SampleWriter writer = writer(StateBackend.HEAP);
        writer.checkpoint(LAYOUT, 1);
        writer.change(3, 17);
        writer.checkpoint(LAYOUT, 2);
        writer.savepoint("savepoints/savepoint-5f0c1b-00000000000a", 3);
        writer.savepoint("elsewhere/mine", 4);
        Files.createDirectories(root.resolve("savepoints/savepoint-5f0c1b-00000000000b"));
        Files.createDirectories(root.resolve("libraries/0123"));
        String job = "application_1_0001/" + SampleWriter.JOB;

        assertThat(found(""))
                .containsExactlyInAnyOrder(
                        "savepoint-5f0c1b-00000000000a COMPLETE",
                        "savepoint-5f0c1b-00000000000b INCOMPLETE",
                        "chk-0000000000000001 COMPLETE",
                        "chk-0000000000000002 COMPLETE");
        assertThat(found("application_1_0001")).hasSize(2);
        assertThat(found(job)).containsExactly("chk-0000000000000002 COMPLETE", "chk-0000000000000001 COMPLETE");
        assertThat(found(job + "/checkpoints")).hasSize(2);
        assertThat(found(job + "/checkpoints/chk-0000000000000001")).containsExactly("chk-0000000000000001 COMPLETE");
        assertThat(found("savepoints")).hasSize(2);
        assertThat(found("elsewhere")).containsExactly("mine COMPLETE");
        assertThat(found("elsewhere/mine")).containsExactly("mine COMPLETE");
        assertThat(found("libraries")).isEmpty();
        assertThatThrownBy(() -> found("nowhere"))
                .hasMessageContaining("There is no directory")
                .hasMessageContaining("nowhere");
        byte[] bytes = Files.readAllBytes(root.resolve("elsewhere/mine/_metadata"));
        bytes[bytes.length - 1] ^= 1;
        overwrite(root.resolve("elsewhere/mine/_metadata"), bytes);
        assertThat(found("elsewhere")).containsExactly("mine UNREADABLE");
    }

    private List<String> found(String path) throws IOException {
        return new CheckpointFinder(store)
                .find(path).stream()
                        .map(each -> SavepointLayout.fileName(each.path()) + " " + each.standing())
                        .toList();
    }

    // ---- details -------------------------------------------------------------------------------------------------

    private List<Path> dataFiles() throws IOException {
        try (Stream<Path> files = Files.list(root.resolve("sp"))) {
            return files.filter(file -> file.toString().endsWith(".data"))
                    .sorted()
                    .toList();
        }
    }

    /** The checksums that Hadoop keeps beside a local file are those of what was there before. */
    static void overwrite(Path file, byte[] bytes) throws IOException {
        Files.deleteIfExists(file.resolveSibling("." + file.getFileName() + ".crc"));
        Files.write(file, bytes);
    }

    private void rewrite(String file, UnaryOperator<CheckpointMetadata> change) throws IOException {
        CheckpointMetadata changed = change.apply(new CheckpointStore(store).readMetadata(file));
        store.delete(file);
        if (changed.getSavepoint()) {
            new CheckpointStore(store).writeSavepoint(SavepointLayout.ofMetadata(file), changed);
        } else {
            new CheckpointStore(store).writeMetadata(LAYOUT, changed);
        }
    }
}
