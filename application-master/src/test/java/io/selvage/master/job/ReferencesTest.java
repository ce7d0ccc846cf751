package io.selvage.master.job;

import static io.selvage.master.job.MasterHarness.INTERVAL;
import static io.selvage.master.job.MasterHarness.JOB;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Checkpoints that build on the files of earlier ones. */
class ReferencesTest {
    /** The next checkpoint; executor 1 names files in these checkpoints' directories. */
    private static void collect(MasterHarness harness, long... segments) {
        harness.passAlive(INTERVAL);
        var trigger = harness.lastMessage(MasterMessage::hasTrigger).getTrigger();
        OperatorSnapshot.Builder operator = OperatorSnapshot.newBuilder().setOperatorUid("counts");
        LongStream.of(segments)
                .forEach(segment -> operator.addKeyedState(
                        Segment.newBuilder().setFile("f").setLength(1).setCheckpoint(segment)));
        SubtaskSnapshot part =
                SubtaskSnapshot.newBuilder().setVertex(3).addOperators(operator).build();
        harness.acknowledge(1, trigger.getIncarnation(), trigger.getCheckpoint(), List.of(part));
        harness.acknowledge(2, trigger.getIncarnation(), trigger.getCheckpoint());
    }

    private static void complete(MasterHarness harness, long... segments) {
        collect(harness, segments);
        harness.metadataWritten(harness.last(MasterAction.WriteMetadata.class).key());
    }

    private static Set<Long> kept(MasterHarness harness) {
        return harness.last(MasterAction.SweepCheckpoints.class).kept().stream()
                .map(CheckpointId::value)
                .collect(Collectors.toSet());
    }

    @Test
    void areJournaledAndKeptUntilTheNewestCheckpointNeedsThemNoMore() {
        MasterHarness harness = MasterHarness.running();
        complete(harness, 1);
        complete(harness, 1, 2);
        complete(harness, 1, 2, 3);
        List<JournalRecord> records = harness.journaled(JournalRecord::hasCheckpointCompleted);
        assertThat(records.get(2).getCheckpointCompleted().getReferencesList()).containsExactly(1L, 2L);
        assertThat(kept(harness)).containsExactlyInAnyOrder(1L, 2L, 3L);
        complete(harness, 3, 4);
        assertThat(kept(harness)).containsExactlyInAnyOrder(3L, 4L);
    }

    @Test
    void ofOlderCheckpointsThatAreKeptAreKeptToo() {
        MasterHarness harness = new MasterHarness();
        harness.settings.put("selvage.checkpoint.retained", "2");
        harness.submitted(JOB, 3);
        harness.allocate(1);
        harness.allocate(2);
        harness.register(1);
        harness.register(2);
        harness.reportAll(io.selvage.protocol.wire.SubtaskState.SUBTASK_RUNNING);
        complete(harness, 1);
        complete(harness, 1, 2);
        complete(harness, 3);
        assertThat(kept(harness)).containsExactlyInAnyOrder(1L, 2L, 3L);
        complete(harness, 3, 4);
        assertThat(kept(harness)).containsExactlyInAnyOrder(3L, 4L);
    }

    @Test
    void outliveTheMaster() {
        MasterHarness harness = MasterHarness.running();
        complete(harness, 1);
        complete(harness, 1, 2);
        harness.crashMaster(false);
        assertThat(kept(harness)).containsExactlyInAnyOrder(1L, 2L);
    }

    @Test
    void checkpointThatBuildsOnOneThatIsKeptNoLongerIsGivenUp() {
        MasterHarness harness = MasterHarness.running();
        complete(harness, 1);
        complete(harness, 2);
        assertThat(kept(harness)).containsExactly(2L);
        int written = harness.of(MasterAction.WriteMetadata.class).size();
        collect(harness, 1, 3);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).hasSize(written);
        assertThat(harness.lastMessage(MasterMessage::hasAbort).getAbort().getCheckpoint())
                .isEqualTo(3);
        complete(harness, 2, 4);
        assertThat(harness.describe(JOB).getLastCheckpoint()).isEqualTo(4);
    }

    /** The next one is given up when all of its parts are stored. */
    private static void abort(MasterHarness harness, long... segments) {
        int aborted = harness.sent(MasterMessage::hasAbort).size();
        collect(harness, segments);
        MasterAction.WriteMetadata write = harness.last(MasterAction.WriteMetadata.class);
        harness.tell(new MasterEvent.MetadataWriteFailed(write.key(), "HDFS is away."));
        assertThat(harness.sent(MasterMessage::hasAbort)).hasSizeGreaterThan(aborted);
    }

    @Test
    void checkpointThatBuildsOnAnAbortedOneKeepsItsFilesForAsLongAsTheyAreNeeded() {
        MasterHarness harness = MasterHarness.running();
        complete(harness, 1);
        abort(harness, 1, 2);
        abort(harness, 1, 2, 3);
        complete(harness, 1, 2, 4);
        assertThat(kept(harness)).containsExactlyInAnyOrder(1L, 2L, 4L);
        complete(harness, 1, 2, 5);
        assertThat(kept(harness)).containsExactlyInAnyOrder(1L, 2L, 5L);
        complete(harness, 5, 6);
        assertThat(kept(harness)).containsExactlyInAnyOrder(5L, 6L);
    }

    @Test
    void firstCheckpointMayBuildOnAbortedOnes() {
        MasterHarness harness = MasterHarness.running();
        abort(harness, 1);
        complete(harness, 1, 2);
        assertThat(kept(harness)).containsExactlyInAnyOrder(1L, 2L);
    }

    /** Its files may have been swept when the newer one was complete. */
    @Test
    void checkpointThatBuildsOnOneThatWasAbortedBeforeTheNewestIsGivenUp() {
        MasterHarness harness = MasterHarness.running();
        complete(harness, 1);
        abort(harness, 1, 2);
        complete(harness, 3);
        assertThat(kept(harness)).containsExactly(3L);
        int written = harness.of(MasterAction.WriteMetadata.class).size();
        collect(harness, 2, 4);
        assertThat(harness.of(MasterAction.WriteMetadata.class)).hasSize(written);
        assertThat(harness.lastMessage(MasterMessage::hasAbort).getAbort().getCheckpoint())
                .isEqualTo(4);
    }

    @Test
    void newMasterSweepsNothingThatAnAbortedCheckpointHasStoredSinceTheNewest() {
        MasterHarness harness = MasterHarness.running();
        complete(harness, 1);
        abort(harness, 1, 2);
        harness.crashMaster(false);
        MasterAction.SweepCheckpoints sweep = harness.last(MasterAction.SweepCheckpoints.class);
        assertThat(sweep.newest()).isEqualTo(new CheckpointId(1));
        assertThat(sweep.kept()).containsExactly(new CheckpointId(1));
    }

    @Test
    void numberOfCompletedCheckpointsOutlivesTheMaster() {
        MasterHarness harness = MasterHarness.running();
        complete(harness, 1);
        complete(harness, 2);
        harness.crashMaster(false);
        assertThat(harness.describe(JOB).getCheckpointsCompleted()).isEqualTo(2);
    }
}
