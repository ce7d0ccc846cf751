package io.selvage.master.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.journal.EpochOutcome;
import io.selvage.checkpoint.journal.Journal;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.master.event.AppendId;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.protocol.wire.JobCancelRequested;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.JournalSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The writer's thread is the test's, which steps it. */
class JournalWriterTest {
    private static final String JOURNAL = "app/journal";

    @TempDir
    Path directory;

    private final List<MasterEvent> events = new ArrayList<>();
    private final List<Long> pauses = new ArrayList<>();
    private long nowNanos = TimeUnit.SECONDS.toNanos(5);
    private DurableStore store;
    private JournalWriter writer;

    @BeforeEach
    void open() throws IOException {
        store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        writer = new JournalWriter(won(1), events::add, JournalWriterTest::overloaded, () -> nowNanos);
    }

    private static void overloaded(String what) {
        throw new AssertionError(what);
    }

    private Journal won(long epoch) throws IOException {
        Journal journal = Journal.open(store, JOURNAL);
        assertThat(journal.winEpoch(epoch, new byte[0])).isInstanceOf(EpochOutcome.Won.class);
        return journal;
    }

    private void append(long id) {
        append(
                id,
                JournalRecord.newBuilder()
                        .setJobCancelRequested(JobCancelRequested.newBuilder().setJobId("job-" + id))
                        .build());
    }

    private void append(long id, JournalRecord written) {
        writer.append(new MasterAction.AppendToJournal(new AppendId(id), written));
    }

    /** What the thread does, without the waiting. */
    private long step() {
        long pauseMillis = writer.runOnce();
        if (pauseMillis != JournalWriter.UNTIL_ORDERED) {
            nowNanos += TimeUnit.MILLISECONDS.toNanos(pauseMillis);
        }
        return pauseMillis;
    }

    private void finish() {
        while (step() != JournalWriter.UNTIL_ORDERED) {
            // There is more.
        }
    }

    private static MasterEvent appended(long id) {
        return new MasterEvent.JournalAppended(new AppendId(id));
    }

    /** The jobs that records are about, in the order of the journal. */
    private List<String> written() throws IOException {
        List<String> jobs = new ArrayList<>();
        for (var slot : Journal.open(store, JOURNAL).records()) {
            if (slot.kind() == io.selvage.checkpoint.journal.JournalRecord.Kind.ENTRY) {
                jobs.add(JournalRecord.parseFrom(slot.payload())
                        .getJobCancelRequested()
                        .getJobId());
            }
        }
        return jobs;
    }

    private int files() throws IOException {
        return store.list(JOURNAL).size();
    }

    // ---- an outage ----

    private Path journal() {
        return directory.resolve("root").resolve(JOURNAL);
    }

    private Path away() {
        return directory.resolve("away");
    }

    /** No file can be made in the journal's directory: it is a file itself. */
    private void breakDown() throws IOException {
        Files.move(journal(), away());
        Files.createFile(journal());
    }

    private void mend() throws IOException {
        Files.delete(journal());
        Files.move(away(), journal());
    }

    // ---- tests ----

    @Test
    void recordsAreWrittenInTheOrderInWhichTheyAreHandedIn() throws Exception {
        append(1);
        append(2);
        writer.confirm(new MasterAction.ConfirmLeadership(new AppendId(3)));
        append(4);
        step();
        assertThat(events).containsExactly(appended(1));
        finish();
        assertThat(events).containsExactly(appended(1), appended(2), appended(3), appended(4));
        assertThat(written()).containsExactly("job-1", "job-2", "job-4");
    }

    @Test
    void whatIsNotWrittenIsTriedAgainAfterPausesThatGrowUntilItIs() throws Exception {
        append(1);
        append(2);
        breakDown();
        for (int i = 0; i < 7; i++) {
            pauses.add(step());
        }
        assertThat(pauses).containsExactly(100L, 200L, 400L, 800L, 1000L, 1000L, 1000L);
        assertThat(events)
                .hasSize(7)
                .allSatisfy(event -> assertThat(event).isInstanceOfSatisfying(MasterEvent.JournalWaits.class, waits -> {
                    assertThat(waits.append()).isEqualTo(new AppendId(1));
                    assertThat(waits.reason()).contains("0000000000000002 could not be written: ");
                }));
        mend();
        finish();
        assertThat(events).endsWith(appended(1), appended(2));
        assertThat(written()).containsExactly("job-1", "job-2");
        breakDown();
        append(3);
        assertThat(step()).as("the next outage begins anew").isEqualTo(100);
        mend();
        finish();
        assertThat(written()).containsExactly("job-1", "job-2", "job-3");
    }

    @Test
    @Timeout(60)
    void aJournalThatCannotBeWrittenForTooLongIsUnavailableAndNotAMomentBefore() throws Exception {
        append(1);
        breakDown();
        long started = nowNanos;
        step();
        nowNanos = started + Outage.GIVE_UP_NANOS - 1;
        assertThat(step()).isPositive();
        assertThat(events).hasSize(2).allMatch(MasterEvent.JournalWaits.class::isInstance);
        nowNanos = started + Outage.GIVE_UP_NANOS;
        writer.run(); // It comes back.
        assertThat(events.get(events.size() - 1))
                .isInstanceOfSatisfying(
                        MasterEvent.JournalUnavailable.class,
                        unavailable -> assertThat(unavailable.reason())
                                .contains("0000000000000002 could not be written: ")
                                .endsWith("See whether HDFS is in safe mode, full or over quota."));
    }

    @Test
    void theTimeToGiveUpBeginsAnewWithEachRecord() throws Exception {
        for (int id = 1; id <= 3; id++) {
            append(id);
            breakDown();
            step();
            nowNanos += Outage.GIVE_UP_NANOS / 2;
            step();
            mend();
            finish();
        }
        assertThat(written()).hasSize(3);
        assertThat(events).noneMatch(MasterEvent.JournalUnavailable.class::isInstance);
    }

    @Test
    @Timeout(60)
    void aNewerMasterEndsIt() throws Exception {
        append(1);
        finish();
        won(2);
        append(2);
        append(3);
        writer.run(); // It comes back.
        assertThat(events).hasSize(2);
        assertThat(events.get(1))
                .isInstanceOfSatisfying(
                        MasterEvent.JournalFenced.class,
                        fenced -> assertThat(fenced.reason()).contains("epoch 2"));
        assertThat(written()).containsExactly("job-1");
    }

    @Test
    void oldRecordsAreDeletedOnlyWhileNothingWaits() throws Exception {
        for (int id = 1; id <= 10; id++) {
            append(id);
        }
        append(
                11,
                JournalRecord.newBuilder()
                        .setSnapshot(JournalSnapshot.getDefaultInstance())
                        .build());
        for (int id = 1; id <= 11; id++) {
            step();
        }
        assertThat(events).hasSize(11);
        assertThat(files()).isEqualTo(12);
        append(12);
        append(13);
        step();
        assertThat(events).hasSize(12);
        assertThat(files()).as("a record waits").isEqualTo(13);
        step();
        assertThat(files()).isEqualTo(14);
        assertThat(step()).isZero();
        assertThat(files()).isEqualTo(14 - JournalWriter.RECORDS_DELETED_AT_ONCE);
        append(14);
        step();
        assertThat(events).endsWith(appended(14));
        assertThat(files()).isEqualTo(15 - JournalWriter.RECORDS_DELETED_AT_ONCE);
        finish();
        assertThat(files()).as("the snapshot and three records").isEqualTo(4);
        assertThat(written()).containsExactly("job-12", "job-13", "job-14");
    }
}
