package io.selvage.checkpoint.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.journal.EpochOutcome;
import io.selvage.checkpoint.journal.Journal;
import io.selvage.checkpoint.journal.JournalDamagedException;
import io.selvage.checkpoint.journal.JournalOutcome;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.FakeDisk;
import io.selvage.checkpoint.store.FakeDisk.Fault;
import io.selvage.checkpoint.store.StoreOutput;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CheckpointCompleted;
import io.selvage.protocol.wire.EpochStarted;
import io.selvage.protocol.wire.JobEnded;
import io.selvage.protocol.wire.JobOutcome;
import io.selvage.protocol.wire.JobSubmitted;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.RestoredFrom;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class ApplicationFilesTest {
    private static final String APPLICATION = "application_1_0001";
    private static final JobId FAILED = new JobId("job-failed");
    private static final JobId CANCELED = new JobId("job-canceled");
    private static final JobId RUNNING = new JobId("job-running");
    private static final JobId NEVER_STORED = new JobId("job-never-stored");

    private final FakeDisk disk = new FakeDisk();
    private final DurableStore store = disk.open();

    /** What a session has when it ends: a job of each kind, of which each but one has checkpoints 4, 7 and 9. */
    private void layOut() throws IOException {
        Journal journal = Journal.open(store, CheckpointLayout.journalDirectory(APPLICATION));
        byte[] epoch = EpochStarted.newBuilder().setEpoch(1).build().toByteArray();
        assertThat(journal.winEpoch(1, epoch)).isInstanceOf(EpochOutcome.Won.class);
        for (JobId job : List.of(FAILED, CANCELED, RUNNING, NEVER_STORED)) {
            append(
                    journal,
                    JournalRecord.newBuilder()
                            .setJobSubmitted(JobSubmitted.newBuilder().setJobId(job.value())));
            put(APPLICATION + "/" + job + "/graph.pb");
        }
        for (JobId job : List.of(FAILED, CANCELED, RUNNING)) {
            CheckpointLayout layout = CheckpointLayout.of(APPLICATION, job);
            for (long each : new long[] {4, 7, 9}) {
                put(layout.checkpointDirectory(new CheckpointId(each)) + "/container_1-1.data");
            }
            append(
                    journal,
                    JournalRecord.newBuilder()
                            .setCheckpointCompleted(CheckpointCompleted.newBuilder()
                                    .setJobId(job.value())
                                    .setCheckpoint(9)
                                    .addReferences(4)));
        }
        end(journal, FAILED, JobOutcome.JOB_FAILED);
        end(journal, NEVER_STORED, JobOutcome.JOB_FAILED);
        end(journal, CANCELED, JobOutcome.JOB_CANCELED);
    }

    private static void end(Journal journal, JobId job, JobOutcome outcome) throws IOException {
        append(
                journal,
                JournalRecord.newBuilder()
                        .setJobEnded(JobEnded.newBuilder().setJobId(job.value()).setOutcome(outcome)));
    }

    private static void append(Journal journal, JournalRecord.Builder said) throws IOException {
        assertThat(journal.append(said.build().toByteArray())).isInstanceOf(JournalOutcome.Appended.class);
    }

    private void put(String path) throws IOException {
        try (StoreOutput out = store.create(path)) {
            out.write(1);
            out.commit();
        }
    }

    private static void assertOnlyTheFailedJobsNewestIsLeft(FakeDisk disk) {
        String checkpoints = APPLICATION + "/" + FAILED + "/checkpoints/";
        assertThat(disk.paths())
                .containsExactlyInAnyOrder(
                        checkpoints + "_retained",
                        checkpoints + "chk-0000000000000004/container_1-1.data",
                        checkpoints + "chk-0000000000000009/container_1-1.data");
    }

    @Test
    void ofAJobThatHasFailedTheNewestCheckpointStaysWithWhatItBuildsOn() throws IOException {
        layOut();
        ApplicationFiles.delete(store, APPLICATION);
        assertOnlyTheFailedJobsNewestIsLeft(disk);
    }

    @Test
    void asManyStayAsTheJobRetains() throws IOException {
        Journal journal = Journal.open(store, CheckpointLayout.journalDirectory(APPLICATION));
        byte[] epoch = EpochStarted.newBuilder().setEpoch(1).build().toByteArray();
        assertThat(journal.winEpoch(1, epoch)).isInstanceOf(EpochOutcome.Won.class);
        append(
                journal,
                JournalRecord.newBuilder()
                        .setJobSubmitted(JobSubmitted.newBuilder()
                                .setJobId(FAILED.value())
                                .putSettings("selvage.checkpoint.retained", "2")));
        CheckpointLayout layout = CheckpointLayout.of(APPLICATION, FAILED);
        for (long each : new long[] {4, 7, 9}) {
            put(layout.checkpointDirectory(new CheckpointId(each)) + "/container_1-1.data");
            append(
                    journal,
                    JournalRecord.newBuilder()
                            .setCheckpointCompleted(CheckpointCompleted.newBuilder()
                                    .setJobId(FAILED.value())
                                    .setCheckpoint(each)));
        }
        end(journal, FAILED, JobOutcome.JOB_FAILED);
        ApplicationFiles.delete(store, APPLICATION);
        assertThat(new CheckpointStore(store).list(layout)).containsExactly(new CheckpointId(7), new CheckpointId(9));
    }

    @Test
    void whatIsMarkedStaysToo() throws IOException {
        layOut();
        new CheckpointStore(store).markRetained(CheckpointLayout.of(APPLICATION, CANCELED));
        ApplicationFiles.delete(store, APPLICATION);
        assertThat(disk.paths())
                .filteredOn(path -> path.contains(CANCELED + "/checkpoints/"))
                .hasSize(4);
    }

    @Test
    void aCheckpointThatWasClaimedAndDeletedMeanwhileLeavesNothing() throws IOException {
        layOut();
        CheckpointStore checkpoints = new CheckpointStore(store);
        CheckpointLayout failed = CheckpointLayout.of(APPLICATION, FAILED);
        checkpoints.retain(failed, Set.of(new CheckpointId(4), new CheckpointId(9)));
        String directory = store.qualify(failed.jobDirectory());
        checkpoints.deleteClaimed(RestoredFrom.newBuilder()
                .setMetadataPath(directory + "/checkpoints/chk-0000000000000009/_metadata-1-1")
                .setCheckpoint(9)
                .setClaimedDirectory(directory)
                .build());
        ApplicationFiles.delete(store, APPLICATION);
        assertThat(disk.paths()).isEmpty();
    }

    /** Master and client may both do it, and each may die at any call. */
    @Test
    void whoeverGoesOnAfterACrashLeavesTheSame() throws IOException {
        int calls = 0;
        boolean hasCrashed = true;
        while (hasCrashed) {
            int crash = calls;
            ApplicationFilesTest fresh = new ApplicationFilesTest();
            fresh.layOut();
            AtomicInteger call = new AtomicInteger();
            DurableStore dying =
                    fresh.disk.open((what, path) -> call.getAndIncrement() == crash ? Fault.CRASHES : Fault.NONE);
            hasCrashed = false;
            try {
                ApplicationFiles.delete(dying, APPLICATION);
            } catch (FakeDisk.Crashed dead) {
                hasCrashed = true;
            }
            ApplicationFiles.delete(fresh.store, APPLICATION);
            assertOnlyTheFailedJobsNewestIsLeft(fresh.disk);
            calls++;
        }
        assertThat(calls).as("calls at which it has died").isGreaterThan(10);
    }

    @Test
    void nothingIsDeletedIfItIsNotKnownHowItsJobsHaveEnded() throws IOException {
        layOut();
        String slot = disk.paths().stream()
                .filter(path -> path.contains("/journal/"))
                .sorted()
                .skip(1)
                .findFirst()
                .orElseThrow();
        disk.overwrite(slot, new byte[] {1, 2, 3});
        List<String> before = disk.paths();
        assertThatThrownBy(() -> ApplicationFiles.delete(store, APPLICATION))
                .isInstanceOf(JournalDamagedException.class);
        assertThat(disk.paths()).isEqualTo(before);
    }
}
