package io.selvage.checkpoint.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.FakeDisk;
import io.selvage.checkpoint.store.FakeDisk.Fault;
import io.selvage.checkpoint.store.StoreOutput;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.RestoredFrom;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CheckpointStoreTest {
    private static final CheckpointLayout LAYOUT = CheckpointLayout.of("application_1_0001", new JobId("job-a"));
    private static final CheckpointId SEVENTH = new CheckpointId(7);
    private static final String DATA = LAYOUT.dataFile(SEVENTH, new ExecutorId("container_2"), new Incarnation(3));

    private final FakeDisk disk = new FakeDisk();
    private final CheckpointStore checkpoints = new CheckpointStore(disk.open());
    private final SegmentReader reader = new SegmentReader(disk.open());

    @Test
    void pathsAreThoseOfTheLayout() {
        assertThat(DATA).isEqualTo("application_1_0001/job-a/checkpoints/chk-0000000000000007/container_2-3.data");
        assertThat(CheckpointLayout.journalDirectory("application_1_0001")).isEqualTo("application_1_0001/journal");
    }

    @Test
    void segmentsOfOneFileAreReadBackEachByItself() throws IOException {
        try (SnapshotFileWriter writer = new SnapshotFileWriter(disk.open(), DATA)) {
            SegmentHandle first = writer.append(bytes("first"));
            SegmentHandle empty = writer.append(new byte[0]);
            SegmentHandle second = writer.append(bytes("--second--"), 2, 6);
            assertThat(writer.finish()).isEqualTo(8 + 5 + 6);
            assertThat(reader.read(first)).isEqualTo(bytes("first"));
            assertThat(reader.read(empty)).isEmpty();
            assertThat(reader.read(second)).isEqualTo(bytes("second"));
            assertThat(SegmentHandle.fromWire(second.toWire())).isEqualTo(second);
        }
        assertThat(disk.paths()).containsExactly(DATA);
    }

    @Test
    void aCheckpointWithoutStateLeavesNoFile() throws IOException {
        try (SnapshotFileWriter writer = new SnapshotFileWriter(disk.open(), DATA)) {
            assertThat(writer.finish()).isZero();
        }
        assertThat(disk.paths()).isEmpty();
    }

    @Test
    void anUnfinishedFileIsDeleted() throws IOException {
        try (SnapshotFileWriter writer = new SnapshotFileWriter(disk.open(), DATA)) {
            writer.append(bytes("first"));
            assertThat(disk.paths()).containsExactly(DATA);
        }
        assertThat(disk.paths()).isEmpty();
    }

    @Test
    void aFileThatCouldNotBeSyncedIsNotFinished() throws IOException {
        SnapshotFileWriter writer = new SnapshotFileWriter(
                disk.open((call, path) -> call.equals("sync") ? Fault.FAILS_BEFORE : Fault.NONE), DATA);
        writer.append(bytes("first"));
        assertThatThrownBy(writer::finish).isInstanceOf(IOException.class);
        writer.close();
        assertThat(disk.paths()).isEmpty();
    }

    @Test
    void aFlippedBitIsNamedWithFileOffsetExpectedAndActual() throws IOException {
        SegmentHandle second = writtenTwice();
        byte[] damaged = disk.bytes(DATA);
        damaged[(int) second.offset() + 1] ^= 4;
        disk.overwrite(DATA, damaged);
        assertThatThrownBy(() -> reader.read(second))
                .isInstanceOf(SegmentDamagedException.class)
                .hasMessageContaining("fake:/" + DATA + " is damaged: the 6 bytes at offset 13")
                .hasMessageContaining(String.format("should have 0x%08x", second.crc32c()));
    }

    @Test
    void whoSkipsInASegmentVerifiesWhatItReads() throws IOException {
        SegmentHandle second = writtenTwice();
        byte[] damaged = disk.bytes(DATA);
        damaged[(int) second.offset() + 1] ^= 4;
        disk.overwrite(DATA, damaged);
        try (InputStream in = reader.open(second)) {
            in.skipNBytes(3);
            assertThat(in.readAllBytes()).isEqualTo(bytes("ond"));
        }
        disk.overwrite(DATA, java.util.Arrays.copyOf(damaged, (int) second.offset() + 2));
        try (InputStream in = reader.open(second)) {
            assertThatThrownBy(() -> in.skipNBytes(3)).isInstanceOf(SegmentDamagedException.class);
        }
    }

    @Test
    void aShortFileAndAMissingOneAreNamed() throws IOException {
        SegmentHandle second = writtenTwice();
        disk.overwrite(DATA, java.util.Arrays.copyOf(disk.bytes(DATA), (int) second.offset() + 2));
        assertThatThrownBy(() -> reader.read(second))
                .isInstanceOf(SegmentDamagedException.class)
                .hasMessageContaining("2 bytes are left at offset 13, where 6 were written");
        disk.overwrite(DATA, new byte[3]);
        assertThatThrownBy(() -> reader.read(second)).hasMessageContaining("0 bytes are left at offset 13");
        disk.open().delete(DATA);
        assertThatThrownBy(() -> reader.read(second)).hasMessageContaining(DATA + " is missing");
    }

    @Test
    void aNameNodeThatGoesAwayInTheMidstOfACallHasDamagedNothing() throws IOException {
        SegmentHandle second = writtenTwice();
        SegmentReader away =
                new SegmentReader(disk.open((call, path) -> call.equals("open") ? Fault.DISCONNECTS : Fault.NONE));
        assertThatThrownBy(() -> away.read(second))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(SegmentDamagedException.class)
                .hasMessageContaining("has closed the connection");
    }

    @Test
    void metadataIsReadBackByThePathThatWritingAnswered() throws IOException {
        CheckpointMetadata metadata = metadata(7, 3);
        String path = checkpoints.writeMetadata(LAYOUT, metadata);
        assertThat(path).endsWith("/chk-0000000000000007/_metadata-3-2");
        assertThat(checkpoints.readMetadata(path.substring("fake:/".length()))).isEqualTo(metadata);
    }

    @Test
    void aRepeatedCheckpointOfALaterIncarnationHasMetadataOfItsOwn() throws IOException {
        checkpoints.writeMetadata(LAYOUT, metadata(7, 3));
        assertThat(checkpoints.writeMetadata(LAYOUT, metadata(7, 4))).endsWith("_metadata-4-2");
    }

    @Test
    void damagedOrMissingMetadataIsASentence() throws IOException {
        String path = checkpoints.writeMetadata(LAYOUT, metadata(7, 3)).substring("fake:/".length());
        byte[] damaged = disk.bytes(path);
        damaged[damaged.length - 1] ^= 1;
        disk.overwrite(path, damaged);
        assertThatThrownBy(() -> checkpoints.readMetadata(path)).hasMessageContaining("is damaged: its checksum is");
        disk.overwrite(path, bytes("hello, this is text"));
        assertThatThrownBy(() -> checkpoints.readMetadata(path)).hasMessageContaining("is no checkpoint metadata");
        disk.open().delete(path);
        assertThatThrownBy(() -> checkpoints.readMetadata(path)).hasMessageContaining("is missing, so the job can't");
    }

    @Test
    void olderCheckpointsGoExceptThoseThatAreKept() throws IOException {
        for (long id : new long[] {4, 5, 6, 7, 8}) {
            checkpoints.writeMetadata(LAYOUT, metadata(id, 3));
        }
        assertThat(checkpoints.deleteBetween(LAYOUT, 6, SEVENTH, Set.of()))
                .as("another job needs number 6, which may build on those before it")
                .isEmpty();
        assertThat(checkpoints.deleteBetween(LAYOUT, 0, SEVENTH, Set.of(new CheckpointId(5))))
                .containsExactly(new CheckpointId(4), new CheckpointId(6));
        assertThat(checkpoints.list(LAYOUT)).containsExactly(new CheckpointId(5), SEVENTH, new CheckpointId(8));
    }

    @Test
    void aJobAndAnApplicationAreDeletedWhole() throws IOException {
        CheckpointLayout other = CheckpointLayout.of("application_1_0001", new JobId("job-b"));
        checkpoints.writeMetadata(LAYOUT, metadata(7, 3));
        checkpoints.writeMetadata(other, metadata(7, 3));
        assertThat(checkpoints.deleteJob(LAYOUT)).isTrue();
        assertThat(checkpoints.list(LAYOUT)).isEmpty();
        assertThat(checkpoints.list(other)).hasSize(1);
        checkpoints.deleteApplication("application_1_0001");
        assertThat(disk.paths()).isEmpty();
    }

    @Test
    void retainedCheckpointsOutliveTheirJobAndItsApplicationAndNothingElseDoes() throws IOException {
        CheckpointLayout other = CheckpointLayout.of("application_1_0001", new JobId("job-b"));
        checkpoints.markRetained(LAYOUT);
        checkpoints.markRetained(LAYOUT);
        for (long id : new long[] {5, 6, 7, 8}) {
            checkpoints.writeMetadata(LAYOUT, metadata(id, 3));
        }
        checkpoints.writeMetadata(other, metadata(7, 3));
        put(DurableStore.join(LAYOUT.jobDirectory(), "graph.pb"));
        put("application_1_0001/journal/0000000000000001");
        checkpoints.retain(LAYOUT, Set.of(new CheckpointId(5), SEVENTH));
        assertThat(checkpoints.list(LAYOUT)).containsExactly(new CheckpointId(5), SEVENTH);
        checkpoints.deleteApplication("application_1_0001");
        assertThat(disk.paths())
                .hasSize(3)
                .allMatch(path -> path.contains("/job-a/checkpoints/"))
                .anyMatch(path -> path.endsWith("/_retained"));
    }

    /** Somebody has deleted the newest, or it is what the job has failed of. */
    @Test
    void whereNoneOfThemIsThereAnyMoreWhatThereIsStays() throws IOException {
        checkpoints.writeMetadata(LAYOUT, metadata(5, 3));
        put(DurableStore.join(LAYOUT.jobDirectory(), "graph.pb"));
        checkpoints.retain(LAYOUT, Set.of(SEVENTH));
        assertThat(checkpoints.list(LAYOUT)).containsExactly(new CheckpointId(5));
        checkpoints.deleteApplication("application_1_0001");
        assertThat(checkpoints.list(LAYOUT)).containsExactly(new CheckpointId(5));

        checkpoints.delete(LAYOUT, new CheckpointId(5));
        checkpoints.retain(LAYOUT, Set.of(SEVENTH));
        assertThat(disk.paths()).as("all of it was deleted").isEmpty();
    }

    /** A master and a client, or a master that dies slowly and the next one. */
    @Test
    void twoMayMarkAJobAtATime() throws IOException {
        String marker = LAYOUT.checkpointsDirectory() + "/_retained";
        DurableStore slower = disk.open((call, path) -> {
            if (call.equals("create") && path.equals(marker)) {
                disk.overwrite(marker, new byte[0]);
            }
            return Fault.NONE;
        });
        new CheckpointStore(slower).markRetained(LAYOUT);
        assertThat(disk.paths()).containsExactly(marker);

        DurableStore refused = disk.open((call, path) -> call.equals("create") ? Fault.FAILS_BEFORE : Fault.NONE);
        disk.open().delete(marker);
        assertThatThrownBy(() -> new CheckpointStore(refused).markRetained(LAYOUT))
                .as("a mark that is not there")
                .isInstanceOf(IOException.class);
    }

    @Test
    void whatIsClaimedIsASavepointsDirectoryOrThatOfAJobThatHasEnded() throws IOException {
        DurableStore store = disk.open();
        SavepointLayout savepoint = new SavepointLayout("mine/moved");
        CheckpointMetadata ofSavepoint =
                metadata(7, 3).toBuilder().setSavepoint(true).build();
        String path = checkpoints.writeSavepoint(savepoint, ofSavepoint);
        assertThat(checkpoints.findClaimable(path, ofSavepoint)).contains(store.qualify("mine/moved"));
        assertThat(checkpoints.findClaimable(path, metadata(7, 3)))
                .as("a checkpoint where no job puts one")
                .isEmpty();

        String graph = DurableStore.join(LAYOUT.jobDirectory(), "graph.pb");
        put(graph);
        String metadata = checkpoints.writeMetadata(LAYOUT, metadata(7, 3));
        assertThat(checkpoints.findClaimable(metadata, metadata(7, 3))).isEmpty();
        checkpoints.markRetained(LAYOUT);
        assertThat(checkpoints.findClaimable(metadata, metadata(7, 3)))
                .as("of a job that may still run")
                .isEmpty();
        checkpoints.retain(LAYOUT, Set.of(SEVENTH));
        String claimed = checkpoints.findClaimable(metadata, metadata(7, 3)).orElseThrow();
        assertThat(claimed).isEqualTo(store.qualify(LAYOUT.jobDirectory()));

        checkpoints.deleteClaimed(claimed(metadata, claimed));
        checkpoints.deleteClaimed(claimed(metadata, claimed));
        assertThat(disk.paths()).allMatch(left -> left.contains("mine/moved"));
        checkpoints.deleteClaimed(claimed(path, store.qualify("mine/moved")));
        assertThat(disk.paths()).isEmpty();
    }

    /** The metadata say what is its own, so they are there as long as anything of it is, wherever the master dies. */
    @Test
    void ofAClaimedSavepointNothingGoesButItsOwnFiles() throws IOException {
        int calls = 0;
        boolean hasCrashed = true;
        while (hasCrashed) {
            RestoredFrom claimed = savepointAmongOtherFiles();
            int crash = calls;
            int[] call = new int[1];
            DurableStore crashing = disk.open((name, path) -> call[0]++ == crash ? Fault.CRASHES : Fault.NONE);
            try {
                new CheckpointStore(crashing).deleteClaimed(claimed);
                hasCrashed = false;
            } catch (FakeDisk.Crashed crashed) {
                if (disk.paths().stream().anyMatch(path -> path.startsWith("team/container"))) {
                    assertThat(disk.paths()).as("after %d calls", calls).contains("team/_metadata");
                }
            }
            checkpoints.deleteClaimed(claimed);
            assertThat(disk.paths())
                    .as("crashed after %d calls", calls)
                    .containsExactly("elsewhere/c.data", "team/deeper/container_1-1-7.data", "team/figures.csv");
            calls++;
        }
        assertThat(calls).as("calls in which it can die").isGreaterThan(5);
    }

    private RestoredFrom savepointAmongOtherFiles() throws IOException {
        disk.open().delete("team");
        disk.open().delete("elsewhere");
        for (String file : List.of(
                "team/container_1-1-7.data",
                "team/container_2-1-7.data",
                "team/deeper/container_1-1-7.data",
                "team/figures.csv",
                "elsewhere/c.data")) {
            put(file);
        }
        OperatorSnapshot.Builder operator = OperatorSnapshot.newBuilder();
        for (String file : List.of("container_1-1-7.data", "container_2-1-7.data", "fake:/elsewhere/c.data")) {
            operator.addKeyedState(Segment.newBuilder().setFile(file).setLength(1));
        }
        String path = checkpoints.writeSavepoint(
                new SavepointLayout("team"),
                metadata(7, 3).toBuilder()
                        .setSavepoint(true)
                        .addSubtasks(SubtaskSnapshot.newBuilder().addOperators(operator))
                        .build());
        return claimed(path, "fake:/team");
    }

    /** A job deletes again what it has claimed whenever it has a new master. */
    @Test
    void whatHasComeIntoTheClaimedSavepointsPlaceStays() throws IOException {
        String path = checkpoints.writeSavepoint(
                new SavepointLayout("current"),
                metadata(8, 3).toBuilder().setSavepoint(true).build());
        checkpoints.deleteClaimed(claimed(path, "fake:/current"));
        assertThat(disk.paths()).containsExactly("current/_metadata");
        disk.open().delete("current");
        checkpoints.writeSavepoint(
                new SavepointLayout("current"),
                metadata(7, 3).toBuilder().setSavepoint(true).setJobId("job-b").build());
        checkpoints.deleteClaimed(claimed(path, "fake:/current"));
        assertThat(disk.paths()).as("another job's of that number").containsExactly("current/_metadata");
        disk.open().delete("current");
        put("current/figures.csv");
        checkpoints.deleteClaimed(claimed(path, "fake:/current"));
        assertThat(disk.paths()).containsExactly("current/figures.csv");
    }

    private static RestoredFrom claimed(String metadataFile, String directory) {
        return RestoredFrom.newBuilder()
                .setMetadataPath(metadataFile)
                .setCheckpoint(7)
                .setJobId("job-a")
                .setClaimedDirectory(directory)
                .build();
    }

    private void put(String path) throws IOException {
        try (StoreOutput out = disk.open().create(path)) {
            out.write(1);
            out.sync();
        }
    }

    @Test
    void whatIsLittleNeedsNoFileAndIsVerifiedAsWell() throws IOException {
        DurableStore store = disk.open();
        try (SnapshotFileWriter writer = new SnapshotFileWriter(store, DATA, 11)) {
            SegmentHandle first = writer.append(bytes("first"));
            SegmentHandle second = writer.append(bytes("second"));
            assertThat(writer.finish()).isZero();
            SegmentHandle settled =
                    SegmentHandle.fromWire(writer.settled(second).toWire());
            assertThat(new SegmentReader(store).read(settled)).isEqualTo(bytes("second"));
            assertThat(new SegmentReader(store).read(writer.settled(first))).isEqualTo(bytes("first"));
            SegmentHandle damaged = new SegmentHandle("", 0, 6, second.crc32c(), ByteString.copyFromUtf8("secont"));
            assertThatThrownBy(() -> new SegmentReader(store).read(damaged)).hasMessageContaining("damaged");
            SegmentHandle cut = new SegmentHandle("", 0, 6, second.crc32c(), ByteString.copyFromUtf8("sec"));
            assertThatThrownBy(() -> new SegmentReader(store).read(cut)).hasMessageContaining("damaged");
        }
        assertThat(disk.paths()).isEmpty();
    }

    @Test
    void whatIsMoreThanLittleGoesIntoAFileWithWhatCameBefore() throws IOException {
        DurableStore store = disk.open();
        try (SnapshotFileWriter writer = new SnapshotFileWriter(store, DATA, 10)) {
            SegmentHandle first = writer.append(bytes("first"));
            SegmentHandle second = writer.append(bytes("second"));
            assertThat(writer.finish()).isEqualTo(Long.BYTES + 11);
            assertThat(writer.settled(first)).isEqualTo(first);
            assertThat(new SegmentReader(store).read(writer.settled(first))).isEqualTo(bytes("first"));
            assertThat(new SegmentReader(store).read(writer.settled(second))).isEqualTo(bytes("second"));
        }
    }

    private SegmentHandle writtenTwice() throws IOException {
        try (SnapshotFileWriter writer = new SnapshotFileWriter(disk.open(), DATA)) {
            writer.append(bytes("first"));
            SegmentHandle second = writer.append(bytes("second"));
            writer.finish();
            return second;
        }
    }

    private static CheckpointMetadata metadata(long checkpoint, long incarnation) {
        return CheckpointMetadata.newBuilder()
                .setFormat(1)
                .setJobId("job-a")
                .setCheckpoint(checkpoint)
                .setIncarnation(incarnation)
                .setEpoch(2)
                .build();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
