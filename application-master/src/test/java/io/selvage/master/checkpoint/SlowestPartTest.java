package io.selvage.master.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.CheckpointDescription;
import io.selvage.protocol.wire.CheckpointState;
import io.selvage.protocol.wire.PartState;
import io.selvage.protocol.wire.SubtaskPart;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlowestPartTest {
    private static final long SECOND = 1_000_000;
    private static final List<VertexFacts> VERTICES = List.of(
            new VertexFacts(1, "plan", true),
            new VertexFacts(2, "read", true),
            new VertexFacts(3, "join", false),
            new VertexFacts(4, "write", false));

    /** What takes no time says nothing: each case lengthens one part of it. */
    private static SubtaskPart.Builder part(int vertex, int subtask) {
        return SubtaskPart.newBuilder()
                .setVertex(vertex)
                .setSubtask(subtask)
                .setExecutorId("container_" + (subtask + 1))
                .setState(PartState.PART_ACKNOWLEDGED)
                .setFirstBarrierMicros(1_000L * vertex);
    }

    private static CheckpointDescription.Builder complete(long micros, SubtaskPart.Builder... parts) {
        CheckpointDescription.Builder description = CheckpointDescription.newBuilder()
                .setState(CheckpointState.CHECKPOINT_COMPLETED)
                .setDurationMicros(micros);
        List.of(parts).forEach(description::addSubtasks);
        return description;
    }

    private static String sentence(CheckpointDescription.Builder description) {
        return SlowestPart.sentence(description.build(), VERTICES);
    }

    @Test
    void alignmentNamesTheSubtaskThatWaitedForItsLastBarrier() {
        assertThat(sentence(complete(
                        10 * SECOND,
                        part(2, 0),
                        part(3, 0).setAlignmentMicros(SECOND),
                        part(3, 1).setAlignmentMicros(8 * SECOND))))
                .startsWith(
                        "The longest part of 10.0 s was 8.0 s from the first barrier to the last at join, subtask 1.")
                .contains("back-pressure", "parallelism", "keys");
    }

    @Test
    void anAlignmentUpstreamIsWhyABarrierComesLate() {
        assertThat(sentence(complete(
                        11 * SECOND,
                        part(2, 0),
                        part(3, 1).setAlignmentMicros(8 * SECOND),
                        part(4, 0).setFirstBarrierMicros(9 * SECOND).setSynchronousMicros(SECOND))))
                .contains("8.0 s from the first barrier to the last at join, subtask 1.");
    }

    @Test
    void aSourceThatIsLateIsNamedAlsoIfItHoldsUpOthers() {
        SubtaskPart.Builder source = part(2, 1).setFirstBarrierMicros(7 * SECOND);
        assertThat(sentence(complete(8 * SECOND, part(1, 0), source)))
                .contains("7.0 s until read, subtask 1 had turned to it.", "reader");
        assertThat(sentence(complete(8 * SECOND, source, part(4, 0).setFirstBarrierMicros(7 * SECOND + 5))))
                .contains("7.0 s until read, subtask 1 had turned to it.");
    }

    @Test
    void aBarrierThatTravelsLongWaitsInQueuesBeforeTheSubtask() {
        assertThat(sentence(complete(6 * SECOND, part(2, 0), part(4, 0).setFirstBarrierMicros(5 * SECOND))))
                .contains("5.0 s until the first barrier had come to write, subtask 0.", "back-pressure");
    }

    @Test
    void aPauseAndTheWritingOfStateAreToldApart() {
        assertThat(sentence(complete(4 * SECOND, part(3, 0).setSynchronousMicros(3 * SECOND))))
                .contains("3.0 s in which join, subtask 0 stood still to cut its state.", "rows");
        assertThat(sentence(complete(4 * SECOND, part(3, 0).setGatheringMicros(3 * SECOND))))
                .contains("3.0 s in which join, subtask 0 wrote down what had changed");
    }

    @Test
    void anUploadIsLongForItsSizeOrBecauseHdfsIsSlow() {
        SubtaskPart.Builder peer = part(2, 1).setUploadMicros(4 * SECOND).setBytes(100_000_000);
        assertThat(sentence(complete(
                        5 * SECOND, peer, part(3, 1).setUploadMicros(4 * SECOND).setBytes(60_000_000))))
                .contains("4.0 s in which container_2 wrote 160.0 MB to HDFS.", "executors")
                .doesNotContain("DataNodes");
        assertThat(sentence(complete(
                        5 * SECOND, part(3, 1).setUploadMicros(4 * SECOND).setBytes(6_000))))
                .contains("4.0 s in which container_2 wrote 6 kB to HDFS.", "DataNodes");
    }

    @Test
    void metadataAndJournalPointToTheNameNode() {
        assertThat(sentence(complete(4 * SECOND, part(3, 0)).setPublishMicros(3 * SECOND)))
                .contains("3.0 s in which the metadata were written.", "NameNode");
        assertThat(sentence(complete(4 * SECOND, part(3, 0)).setJournalMicros(3 * SECOND)))
                .contains("3.0 s in which its record was written into the journal.", "NameNode");
    }

    @Test
    void whatNoPartAccountsForIsSaid() {
        assertThat(sentence(complete(4 * SECOND, part(3, 0)))).contains("was 4.0 s in between.", "garbage collector");
        assertThat(sentence(complete(4 * SECOND))).contains("was 4.0 s in between.");
    }

    @Test
    void aFastOneNeedsNoRemedy() {
        assertThat(sentence(complete(45_000, part(3, 0).setUploadMicros(30_000).setBytes(6_000))))
                .isEqualTo("The longest part of 45 ms was 30 ms in which container_1 wrote 6 kB to HDFS.");
    }

    // ---- given up ----

    private static SubtaskPart.Builder missing(int vertex, int subtask, PartState state) {
        return part(vertex, subtask).clearFirstBarrierMicros().setState(state);
    }

    private static String failed(SubtaskPart.Builder... parts) {
        return sentence(complete(600 * SECOND, parts).setState(CheckpointState.CHECKPOINT_FAILED));
    }

    @Test
    void aFailedOneNamesWhoIsMissingAndTheFirstPlaceThatTheBarrierHasNotReached() {
        assertThat(failed(
                        missing(2, 1, PartState.PART_STORES),
                        part(3, 0),
                        missing(3, 1, PartState.PART_AWAITS_BARRIER),
                        missing(4, 2, PartState.PART_AWAITS_BARRIER)))
                .startsWith("Not acknowledged by container_2, container_3. No barrier has come to join, subtask 1:")
                .contains("back-pressure");
        assertThat(failed(missing(2, 0, PartState.PART_AWAITS_BARRIER), missing(3, 0, PartState.PART_AWAITS_BARRIER)))
                .contains("read, subtask 0 has not turned to it.", "reader");
    }

    @Test
    void aFailedOneNamesWhereItAligns() {
        assertThat(failed(
                        missing(2, 0, PartState.PART_STORES),
                        missing(3, 0, PartState.PART_ALIGNS),
                        missing(4, 0, PartState.PART_AWAITS_BARRIER)))
                .contains("It waits from the first barrier to the last at join, subtask 0.");
    }

    @Test
    void aFailedOneThatHasCutEverywherePointsToHdfs() {
        assertThat(failed(missing(2, 0, PartState.PART_STORES), missing(3, 0, PartState.PART_STORES)))
                .contains("HDFS");
        assertThat(failed(missing(2, 0, PartState.PART_UNKNOWN))).contains("No heartbeat");
        assertThat(failed(part(2, 0))).isEqualTo("All of its subtasks had acknowledged it.");
        assertThat(failed()).isEqualTo("Nothing is known of its subtasks.");
    }
}
