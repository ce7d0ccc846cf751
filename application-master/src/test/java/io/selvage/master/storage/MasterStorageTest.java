package io.selvage.master.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.type.BinaryWriter;
import io.selvage.checkpoint.backend.OperatorStateKind;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.master.event.CheckpointKey;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.loop.Inbox;
import io.selvage.master.loop.Posted;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MasterStorageTest {
    private static final CheckpointKey KEY =
            new CheckpointKey(new JobId("job-a"), new Incarnation(1), new CheckpointId(2));

    @TempDir
    Path root;

    private final Inbox inbox = new Inbox(MasterStorageTest::fail);
    private DurableStore store;
    private MasterStorage storage;

    @BeforeEach
    void open() throws IOException {
        store = DurableStore.open(new org.apache.hadoop.fs.Path(root.toUri()), new Configuration());
        storage = new MasterStorage(store, "app", inbox, MasterStorageTest::fail);
    }

    private static void fail(String what) {
        throw new AssertionError(what);
    }

    @AfterEach
    void close() {
        storage.close();
    }

    private static CheckpointMetadata metadata(SubtaskSnapshot... subtasks) {
        return CheckpointMetadata.newBuilder()
                .setFormat(1)
                .setJobId(KEY.job().value())
                .setCheckpoint(KEY.checkpoint().value())
                .setIncarnation(1)
                .setEpoch(1)
                .setMaxParallelism(128)
                .addAllSubtasks(List.of(subtasks))
                .build();
    }

    private static SubtaskSnapshot subtask(int index, OperatorSnapshot.Builder... operators) {
        SubtaskSnapshot.Builder subtask =
                SubtaskSnapshot.newBuilder().setVertex(2).setSubtask(index);
        for (OperatorSnapshot.Builder operator : operators) {
            subtask.addOperators(operator.setSubtask(index).setParallelism(2));
        }
        return subtask.build();
    }

    private static OperatorSnapshot.Builder keyed() {
        return OperatorSnapshot.newBuilder()
                .setOperatorUid("counts")
                .addKeyedState(Segment.newBuilder().setFile("a.data").setLength(1));
    }

    private void assertThatNothingIsThere(String directory) throws IOException {
        assertThat(store.status(directory)).isEmpty();
    }

    @Test
    void theMetadataOfEverySubtaskAreWritten() throws Exception {
        storage.writeMetadata(
                new MasterAction.WriteMetadata(KEY, metadata(subtask(0, keyed()), subtask(1, keyed())), false));
        assertThat(Posted.next(inbox)).isInstanceOfSatisfying(MasterEvent.MetadataWritten.class, written -> {
            assertThat(written.checkpoint()).isEqualTo(KEY);
            assertThat(new CheckpointStore(store))
                    .satisfies(checkpoints -> assertThat(
                                    checkpoints.readMetadata(written.path()).getSubtasksCount())
                            .isEqualTo(2));
        });
    }

    /** Written, it would make older ones give way to what nothing can be restored from. */
    @Test
    void metadataThatLackASubtaskOfAnOperatorAreRefused() throws Exception {
        storage.writeMetadata(new MasterAction.WriteMetadata(KEY, metadata(subtask(0, keyed()), subtask(1)), true));
        assertThat(Posted.next(inbox))
                .isEqualTo(new MasterEvent.MetadataRefused(
                        KEY, "The metadata lack what the subtasks {1} of 2 of operator counts had."));
        assertThatNothingIsThere("app");
        storage.writeSavepoint(new MasterAction.WriteSavepoint(
                KEY, store.qualify("savepoints/one"), metadata(subtask(0, keyed()), subtask(1))));
        assertThat(Posted.next(inbox)).isInstanceOf(MasterEvent.MetadataRefused.class);
        assertThatNothingIsThere("savepoints/one");
    }

    /**
     * It is left out where there is nothing of it, which its head says: a savepoint names the file by what is beside.
     */
    @Test
    void aSavepointIsLookedIntoWhereItLies() throws Exception {
        BinaryWriter partial = new BinaryWriter();
        OperatorStateKind.PARTIAL_AGGREGATES.writeHead(partial);
        Segment segment;
        try (SnapshotFileWriter file = new SnapshotFileWriter(store, "savepoints/one/large.data")) {
            segment = file.append(partial.toByteArray()).toWire();
            file.finish();
        }
        OperatorSnapshot.Builder folding = OperatorSnapshot.newBuilder()
                .setOperatorUid("folds")
                .setOperatorState(segment.toBuilder().setFile("large.data"));
        storage.writeSavepoint(new MasterAction.WriteSavepoint(
                KEY, store.qualify("savepoints/one"), metadata(subtask(0, folding), subtask(1))));
        assertThat(Posted.next(inbox)).isInstanceOf(MasterEvent.MetadataWritten.class);
    }
}
