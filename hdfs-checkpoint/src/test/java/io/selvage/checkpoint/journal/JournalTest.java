package io.selvage.checkpoint.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.FakeDisk;
import io.selvage.checkpoint.store.FakeDisk.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class JournalTest {
    private static final String DIRECTORY = "app/journal";

    private final FakeDisk disk = new FakeDisk();

    @Test
    void anEmptyDirectoryIsAnEmptyLog() throws IOException {
        assertThat(open().records()).isEmpty();
    }

    @Test
    void theNextMasterReadsWhatTheLastOneWrote() throws IOException {
        Journal first = won(1);
        append(first, "a");
        append(first, "b");
        EpochOutcome outcome = open().winEpoch(2, bytes("host-2"));
        assertThat(outcome).isInstanceOfSatisfying(EpochOutcome.Won.class, won -> {
            assertThat(won.slot()).isEqualTo(4);
            assertThat(texts(won.history())).containsExactly("EPOCH host-1", "ENTRY a", "ENTRY b");
        });
    }

    @Test
    void recordsWrittenBetweenOpeningAndWinningAreInTheHistory() throws IOException {
        Journal first = won(1);
        Journal second = open();
        append(first, "a");
        append(first, "b");
        assertThat(second.winEpoch(2, bytes("host-2")))
                .isInstanceOfSatisfying(
                        EpochOutcome.Won.class,
                        won -> assertThat(texts(won.history())).containsExactly("EPOCH host-1", "ENTRY a", "ENTRY b"));
    }

    @Test
    void anOlderMasterIsFencedByTheEpochAndToldWhoItIs() throws IOException {
        Journal first = won(1);
        won(2);
        assertThat(first.append(bytes("late"))).isInstanceOfSatisfying(JournalOutcome.Fenced.class, fenced -> {
            assertThat(fenced.byEpoch()).hasValue(2);
            assertThat(fenced.byLeader()).isEqualTo(bytes("host-2"));
            assertThat(fenced.reason()).contains("epoch 1 ends itself").contains("0000000000000002");
        });
        List<String> before = disk.history();
        assertThat(first.append(bytes("later"))).isInstanceOf(JournalOutcome.Fenced.class);
        assertThat(disk.history()).isEqualTo(before);
    }

    @Test
    void recordsBeforeASnapshotAreDeletedAFewAtATimeAndInOrder() throws IOException {
        Journal first = won(1);
        append(first, "a");
        append(first, "b");
        append(first, "c");
        first.snapshot(bytes("a+b+c"));
        assertThat(disk.paths()).hasSize(5);
        assertThat(first.compact(3)).isTrue();
        assertThat(disk.paths()).containsExactly(DIRECTORY + "/0000000000000004", DIRECTORY + "/0000000000000005");
        append(first, "d");
        assertThat(first.compact(3)).isFalse();
        assertThat(texts(open().records())).containsExactly("SNAPSHOT a+b+c", "ENTRY d");
        assertThat(disk.paths()).hasSize(2);
    }

    @Test
    void whatAFencedMasterLeavesInACompactedSlotIsNotTakenForTheLogByAReaderThatPaused() throws IOException {
        Journal late = open();
        Journal first = won(1);
        boolean[] isPast = new boolean[1];
        DurableStore pausing = disk.open((call, path) -> {
            if (call.equals("open") && !isPast[0]) {
                isPast[0] = true;
                append(first, "a");
                snapshot(first, bytes("a"));
                try {
                    assertThat(late.winEpoch(2, bytes("host-2"))).isInstanceOf(EpochOutcome.Won.class);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                assertThat(disk.paths()).contains(DIRECTORY + "/0000000000000001");
            }
            return Fault.NONE;
        });
        assertThat(texts(Journal.open(pausing, DIRECTORY).records())).containsExactly("SNAPSHOT a", "EPOCH host-2");
    }

    @Test
    void theNewestMasterIsConfirmedWithoutWriting() throws IOException {
        Journal first = won(1);
        append(first, "a");
        List<String> before = disk.history();
        assertThat(first.confirmOwner()).isEqualTo(new JournalOutcome.Appended(2));
        assertThat(disk.history()).isEqualTo(before);
    }

    @Test
    void anOlderMasterIsNotConfirmed() throws IOException {
        Journal first = won(1);
        won(2);
        assertThat(first.confirmOwner())
                .isInstanceOfSatisfying(
                        JournalOutcome.Fenced.class,
                        fenced -> assertThat(fenced.byEpoch()).hasValue(2));
        assertThat(first.append(bytes("late"))).isInstanceOf(JournalOutcome.Fenced.class);
    }

    @Test
    void anOlderMasterIsNotConfirmedThoughTheRecordAfterItsOwnIsCompacted() throws IOException {
        Journal first = won(1);
        append(first, "a");
        Journal second = won(2);
        append(second, "b");
        snapshot(second, bytes("a+b"));
        assertThat(first.confirmOwner()).isInstanceOf(JournalOutcome.Fenced.class);
    }

    @Test
    void anEpochThatIsNotTheHighestIsFenced() throws IOException {
        won(3);
        assertThat(open().winEpoch(3, bytes("x"))).isInstanceOf(JournalOutcome.Fenced.class);
        assertThat(open().winEpoch(2, bytes("x")))
                .isInstanceOfSatisfying(
                        JournalOutcome.Fenced.class,
                        fenced -> assertThat(fenced.byLeader()).isEqualTo(bytes("host-3")));
    }

    @Test
    void aRecordWhoseRenameMetTheBeginningOfAnOutageIsSettledAtItsEnd() throws IOException {
        for (Fault rename : List.of(Fault.FAILS_BEFORE, Fault.FAILS_AFTER, Fault.NONE)) {
            FakeDisk fresh = new FakeDisk();
            AtomicBoolean armed = new AtomicBoolean();
            AtomicBoolean down = new AtomicBoolean();
            DurableStore store = fresh.open((call, path) -> {
                        if (armed.get() && call.equals("rename")) {
                            armed.set(false);
                            down.set(true);
                            return rename;
                        }
                        return down.get() ? Fault.FAILS_BEFORE : Fault.NONE;
                    })
                    .with(failedLooks -> {
                        down.set(failedLooks < 5);
                        return true;
                    });
            Journal journal = Journal.open(store, DIRECTORY);
            assertThat(journal.winEpoch(1, bytes("host-1"))).isInstanceOf(EpochOutcome.Won.class);
            armed.set(true);
            JournalOutcome outcome = journal.append(bytes("a"));
            if (outcome instanceof JournalOutcome.NotWritten) {
                outcome = journal.append(bytes("a"));
            }
            assertThat(outcome).isEqualTo(new JournalOutcome.Appended(2));
            assertThat(journal.append(bytes("b"))).isEqualTo(new JournalOutcome.Appended(3));
            assertThat(texts(Journal.open(fresh.open(), DIRECTORY).records()))
                    .containsExactly("EPOCH host-1", "ENTRY a", "ENTRY b");
        }
    }

    @Test
    void aSnapshotReplacesTheRecordsBeforeIt() throws IOException {
        Journal first = won(1);
        append(first, "a");
        append(first, "b");
        assertThat(snapshot(first, bytes("a+b"))).isEqualTo(new JournalOutcome.Appended(4));
        append(first, "c");
        assertThat(disk.paths()).containsExactly(DIRECTORY + "/0000000000000004", DIRECTORY + "/0000000000000005");
        assertThat(texts(open().records())).containsExactly("SNAPSHOT a+b", "ENTRY c");
    }

    @Test
    void deletionStopsAtTheFirstErrorAndTheNextSnapshotGoesOn() throws IOException {
        boolean[] broken = {true};
        Journal first = Journal.open(
                disk.open((call, path) ->
                        broken[0] && call.equals("delete") && path.endsWith("02") ? Fault.FAILS_BEFORE : Fault.NONE),
                DIRECTORY);
        first.winEpoch(1, bytes("host-1"));
        append(first, "a");
        append(first, "b");
        assertThat(snapshot(first, bytes("a+b"))).isInstanceOf(JournalOutcome.Appended.class);
        assertThat(disk.paths()).hasSize(3).doesNotContain(DIRECTORY + "/0000000000000001");
        assertThat(texts(open().records())).containsExactly("SNAPSHOT a+b");
        broken[0] = false;
        snapshot(first, bytes("a+b again"));
        assertThat(disk.paths()).containsExactly(DIRECTORY + "/0000000000000005");
    }

    @Test
    void aMasterAsleepThroughACompactionCannotWinTheDeletedSlot() throws IOException {
        Journal first = won(1);
        append(first, "a");
        Journal second = won(2);
        append(second, "b");
        snapshot(second, bytes("a+b"));
        assertThat(disk.paths()).containsExactly(DIRECTORY + "/0000000000000005");

        assertThat(first.append(bytes("late")))
                .isInstanceOfSatisfying(
                        JournalOutcome.Fenced.class,
                        fenced -> assertThat(fenced.reason())
                                .contains("compacted the journal")
                                .contains("0000000000000002"));
        assertThat(snapshot(first, bytes("late"))).isInstanceOf(JournalOutcome.Fenced.class);
        assertThat(disk.paths()).contains(DIRECTORY + "/0000000000000005");
        assertThat(texts(open().records())).containsExactly("SNAPSHOT a+b");
        append(second, "c");
        snapshot(second, bytes("a+b+c"));
        assertThat(disk.paths()).containsExactly(DIRECTORY + "/0000000000000007");
    }

    @Test
    void whatAnOlderSleeperLeftInTheSlotBeforeDoesNotLetTheNextOneIn() throws IOException {
        Journal first = won(1); // next slot 2
        Journal second = won(2); // slot 2, next slot 3
        Journal third = won(3);
        snapshot(third, bytes("all"));
        assertThat(first.append(bytes("late"))).isInstanceOf(JournalOutcome.Fenced.class); // lies in slot 2 now
        assertThat(disk.paths()).contains(DIRECTORY + "/0000000000000002");
        assertThat(second.append(bytes("late too"))).isInstanceOf(JournalOutcome.Fenced.class);
        assertThat(texts(open().records())).containsExactly("SNAPSHOT all");
    }

    @Test
    void aMasterThatSawAnEmptyLogCannotWinItsDeletedFirstSlot() throws IOException {
        Journal early = open();
        Journal second = won(2);
        snapshot(second, bytes("all"));
        append(second, "a");
        assertThat(early.winEpoch(1, bytes("host-1"))).isInstanceOf(JournalOutcome.Fenced.class);
        assertThat(append(second, "b")).isEqualTo(4);
    }

    @Test
    void aNewMasterThatWasOvertakenByCompactionReadsAgainAndWins() throws IOException {
        Journal early = open();
        Journal second = won(2);
        snapshot(second, bytes("all"));
        append(second, "a");
        assertThat(early.winEpoch(3, bytes("host-3"))).isInstanceOfSatisfying(EpochOutcome.Won.class, won -> {
            assertThat(won.slot()).isEqualTo(4);
            assertThat(texts(won.history())).containsExactly("SNAPSHOT all", "ENTRY a");
        });
    }

    @Test
    void anAppendWhoseAnswerWasLostIsFoundToBeWritten() throws IOException {
        Queue<Fault> renames = new ArrayDeque<>(List.of(Fault.NONE, Fault.FAILS_AFTER, Fault.FAILS_AND_HAPPENS_LATER));
        Journal first = Journal.open(
                disk.open((call, path) -> call.equals("rename") && !renames.isEmpty() ? renames.remove() : Fault.NONE),
                DIRECTORY);
        first.winEpoch(1, bytes("host-1"));
        append(first, "a");
        append(first, "b");
        assertThat(texts(open().records())).containsExactly("EPOCH host-1", "ENTRY a", "ENTRY b");
    }

    @Test
    void anAppendThatIsKnownToHaveFailedCanBeTriedAgain() throws IOException {
        boolean[] full = {false};
        Journal first = Journal.open(
                disk.open((call, path) -> full[0] && call.equals("sync") ? Fault.FAILS_BEFORE : Fault.NONE), DIRECTORY);
        first.winEpoch(1, bytes("host-1"));
        full[0] = true;
        assertThat(first.append(bytes("a")))
                .isInstanceOfSatisfying(
                        JournalOutcome.NotWritten.class,
                        failed -> assertThat(failed.reason())
                                .contains("0000000000000002")
                                .contains("was refused. See whether HDFS")
                                .as("without the stack of HDFS's server")
                                .doesNotContain("\n"));
        full[0] = false;
        append(first, "a");
        assertThat(texts(open().records())).containsExactly("EPOCH host-1", "ENTRY a");
    }

    @Test
    void anAppendOfUnknownOutcomeFencesTheWriter() throws IOException {
        boolean[] dark = {false};
        Journal first = Journal.open(
                disk.open((call, path) ->
                        dark[0] && !call.equals("create") && !call.equals("sync") && !call.equals("close")
                                ? Fault.FAILS_AND_HAPPENS_LATER
                                : Fault.NONE),
                DIRECTORY);
        first.winEpoch(1, bytes("host-1"));
        dark[0] = true;
        assertThat(first.append(bytes("a")))
                .isInstanceOfSatisfying(
                        JournalOutcome.Fenced.class,
                        fenced -> assertThat(fenced.reason()).contains("can't know"));
        disk.settle();
        assertThat(texts(open().records())).containsExactly("EPOCH host-1", "ENTRY a");
    }

    @Test
    void aTornTemporaryFileIsNoRecord() throws IOException {
        Journal first = won(1);
        append(first, "a");
        disk.overwrite(DIRECTORY + "/.0000000000000003.0b6c.tmp", bytes("torn"));
        assertThat(texts(open().records())).containsExactly("EPOCH host-1", "ENTRY a");
        append(first, "b");
        snapshot(first, bytes("a+b"));
        assertThat(disk.paths()).containsExactly(DIRECTORY + "/0000000000000004");
    }

    @Test
    void aDamagedSlotIsNamedWithTheRemedy() throws IOException {
        Journal first = won(1);
        append(first, "a");
        append(first, "b");
        byte[] record = disk.bytes(DIRECTORY + "/0000000000000002");
        record[record.length - 1] ^= 1;
        disk.overwrite(DIRECTORY + "/0000000000000002", record);
        assertThatThrownBy(this::open)
                .isInstanceOf(JournalDamagedException.class)
                .hasMessageContaining("fake:/app/journal/0000000000000002 is damaged: its checksum is")
                .hasMessageContaining("Restore the file");
    }

    @Test
    void aRecordThatWasMovedToAnotherSlotIsDamage() throws IOException {
        Journal first = won(1);
        append(first, "a");
        disk.overwrite(DIRECTORY + "/0000000000000003", disk.bytes(DIRECTORY + "/0000000000000002"));
        assertThatThrownBy(this::open).hasMessageContaining("0000000000000003 is damaged: it was written for slot 2");
    }

    @Test
    void aTruncatedRecordIsDamage() throws IOException {
        won(1);
        disk.overwrite(DIRECTORY + "/0000000000000002", new byte[7]);
        assertThatThrownBy(this::open).hasMessageContaining("it has 7 bytes");
    }

    @Test
    void aMissingSlotIsNamed() throws IOException {
        Journal first = won(1);
        append(first, "a");
        append(first, "b");
        disk.open().delete(DIRECTORY + "/0000000000000002");
        assertThatThrownBy(this::open)
                .isInstanceOf(JournalDamagedException.class)
                .hasMessageContaining("lacks fake:/app/journal/0000000000000002, although")
                .hasMessageContaining("0000000000000003 is there");
    }

    @Test
    void theTailAnswersEachNewerMasterOnce() throws IOException {
        JournalTail tail = new JournalTail(disk.open(), DIRECTORY, 0);
        assertThat(tail.poll()).isEmpty();
        Journal first = won(1);
        append(first, "a");
        assertThat(tail.poll()).hasValueSatisfying(leader -> {
            assertThat(leader.epoch()).isEqualTo(1);
            assertThat(leader.payload()).isEqualTo(bytes("host-1"));
        });
        append(first, "b");
        assertThat(tail.poll()).isEmpty();
        won(2);
        won(3);
        assertThat(tail.poll())
                .hasValueSatisfying(leader -> assertThat(leader.epoch()).isEqualTo(3));
        assertThat(tail.poll()).isEmpty();
    }

    @Test
    void theTailFindsAMasterWhoseEpochRecordIsCompactedAway() throws IOException {
        won(1);
        JournalTail tail = new JournalTail(disk.open(), DIRECTORY, 1);
        Journal second = won(2);
        append(second, "a");
        snapshot(second, bytes("a"));
        append(second, "b");
        assertThat(tail.poll()).hasValueSatisfying(leader -> {
            assertThat(leader.epoch()).isEqualTo(2);
            assertThat(leader.payload()).isEqualTo(bytes("host-2"));
        });
    }

    private Journal open() throws IOException {
        return Journal.open(disk.open(), DIRECTORY);
    }

    private Journal won(long epoch) throws IOException {
        Journal journal = open();
        assertThat(journal.winEpoch(epoch, bytes("host-" + epoch))).isInstanceOf(EpochOutcome.Won.class);
        return journal;
    }

    private static long append(Journal journal, String text) {
        JournalOutcome outcome = journal.append(bytes(text));
        assertThat(outcome).isInstanceOf(JournalOutcome.Appended.class);
        return ((JournalOutcome.Appended) outcome).slot();
    }

    private static List<String> texts(List<JournalRecord> records) {
        List<String> texts = new ArrayList<>();
        for (JournalRecord record : records) {
            texts.add(record.kind() + " " + new String(record.payload(), StandardCharsets.UTF_8));
        }
        return texts;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
    /** Writes a snapshot and deletes what is before it. */
    private static JournalOutcome snapshot(Journal journal, byte[] payload) {
        JournalOutcome outcome = journal.snapshot(payload);
        assertThat(journal.compact(Integer.MAX_VALUE)).isFalse();
        return outcome;
    }
}
