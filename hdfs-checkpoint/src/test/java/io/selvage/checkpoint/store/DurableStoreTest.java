package io.selvage.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.store.FakeDisk.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class DurableStoreTest {
    private static final byte[] MINE = "mine".getBytes(StandardCharsets.UTF_8);
    private static final byte[] THEIRS = "theirs".getBytes(StandardCharsets.UTF_8);

    private final FakeDisk disk = new FakeDisk();

    @Test
    void tellsTheLoserWhatTheWinnerHasWritten() {
        assertThat(disk.open().putIfAbsent("d/slot", THEIRS).kind()).isEqualTo(PutOutcome.Kind.WON);
        PutOutcome outcome = disk.open().putIfAbsent("d/slot", MINE);
        assertThat(outcome.kind()).isEqualTo(PutOutcome.Kind.LOST);
        assertThat(outcome.winner()).isEqualTo(THEIRS);
        assertThat(disk.paths()).containsExactly("d/slot");
    }

    @Test
    void findsThatItWonWhenTheAnswerWasLost() {
        assertThat(put(once("rename", Fault.FAILS_AFTER)).kind()).isEqualTo(PutOutcome.Kind.WON);
        assertThat(disk.bytes("slot")).isEqualTo(MINE);
    }

    /** As a NameNode does that is stopped: what it has not logged is gone when it is back. */
    @Test
    void doesNotTakeWhatItSeesForWonUnlessItLasts() throws IOException {
        PutOutcome outcome = put(once("rename", Fault.SEEN_AND_LOST));
        assertThat(outcome.kind()).isEqualTo(PutOutcome.Kind.WON);
        assertThatCode(() -> disk.open().putIfAbsent("other", THEIRS)).doesNotThrowAnyException();
        assertThat(disk.paths()).containsExactly("other", "slot");
        assertThat(disk.bytes("slot")).isEqualTo(MINE);
    }

    @Test
    void renamesAgainWhenTheRenameDidNotHappen() {
        assertThat(put(once("rename", Fault.FAILS_BEFORE)).kind()).isEqualTo(PutOutcome.Kind.WON);
    }

    @Test
    void winsWhenTheRenameHappensAfterItsError() {
        assertThat(put(once("rename", Fault.FAILS_AND_HAPPENS_LATER)).kind()).isEqualTo(PutOutcome.Kind.WON);
        disk.settle();
        assertThat(disk.paths()).containsExactly("slot");
    }

    @Test
    void cutsOffALateRenameBeforeItSaysThatNothingWasWritten() {
        PutOutcome outcome = put(always("rename", Fault.FAILS_BEFORE));
        assertThat(outcome.kind()).isEqualTo(PutOutcome.Kind.NOT_WRITTEN);
        disk.settle();
        assertThat(disk.paths()).isEmpty();
    }

    @Test
    void isUndecidedWhenNeitherTheNameNorTheSourceCanBeSeen() {
        Map<String, Fault> faults = new HashMap<>();
        faults.put("rename", Fault.FAILS_AND_HAPPENS_LATER);
        faults.put("open", Fault.FAILS_BEFORE);
        faults.put("delete", Fault.FAILS_BEFORE);
        PutOutcome outcome =
                disk.open((call, path) -> faults.getOrDefault(call, Fault.NONE)).putIfAbsent("slot", MINE);
        assertThat(outcome.kind()).isEqualTo(PutOutcome.Kind.UNDECIDED);
        assertThat(outcome.cause()).isNotNull();
    }

    @Test
    void looksForTheOutcomeUntilTheFileSystemAnswersAgain() {
        for (Fault rename : List.of(Fault.FAILS_BEFORE, Fault.FAILS_AFTER, Fault.FAILS_AND_HAPPENS_LATER)) {
            FakeDisk fresh = new FakeDisk();
            AtomicBoolean down = new AtomicBoolean();
            FakeDisk.Faults outage = (call, path) -> {
                boolean begins = call.equals("rename");
                if (begins) {
                    down.set(true);
                    return rename;
                }
                return down.get() ? Fault.FAILS_BEFORE : Fault.NONE;
            };
            PutOutcome outcome = fresh.open(outage)
                    .with(failedLooks -> {
                        down.set(failedLooks < 5);
                        return true;
                    })
                    .putIfAbsent("slot", MINE);
            fresh.settle();
            assertThat(outcome.kind()).isIn(PutOutcome.Kind.WON, PutOutcome.Kind.NOT_WRITTEN);
            assertThat(fresh.paths().contains("slot")).isEqualTo(outcome.kind() == PutOutcome.Kind.WON);
        }
    }

    @Test
    void writesNothingWhenTheContentCannotBeWritten() {
        assertThat(put(always("sync", Fault.FAILS_BEFORE)).kind()).isEqualTo(PutOutcome.Kind.NOT_WRITTEN);
        assertThat(put(always("close", Fault.FAILS_AFTER)).kind()).isEqualTo(PutOutcome.Kind.NOT_WRITTEN);
        assertThat(disk.paths()).isEmpty();
    }

    @Test
    void listsNoFileThatIsOnItsWayToAName() throws IOException {
        assertThatThrownBy(() -> put((call, path) -> call.equals("rename") ? Fault.CRASHES : Fault.NONE))
                .isInstanceOf(FakeDisk.Crashed.class);
        assertThat(disk.paths()).hasSize(1);
        assertThat(disk.open().list("")).isEmpty();
    }

    @Test
    void sweepsWhatTheDeadHaveLeftAndNothingYounger() throws IOException {
        assertThatThrownBy(() -> put((call, path) -> call.equals("rename") ? Fault.CRASHES : Fault.NONE))
                .isInstanceOf(FakeDisk.Crashed.class);
        disk.open().putIfAbsent("slot", MINE);
        long won = disk.open().status("slot").orElseThrow().modificationTimeMillis();
        assertThatThrownBy(() -> put((call, path) -> call.equals("rename") ? Fault.CRASHES : Fault.NONE))
                .isInstanceOf(FakeDisk.Crashed.class);
        assertThat(disk.open().sweepTemporaries("", won)).isEqualTo(1);
        assertThat(disk.paths()).hasSize(2).contains("slot");
    }

    @Test
    void contentThatIsThereAlreadyIsLostToAnEqual() {
        disk.overwrite("library/abc/x.jar", MINE);
        PutOutcome outcome = disk.open().putContent("library/abc/x.jar", out -> out.write(MINE));
        assertThat(outcome.kind()).isEqualTo(PutOutcome.Kind.LOST);
    }

    @Test
    void acceptsAStoreWithOneWinnerForEachName() {
        assertThatCode(() -> disk.open().proveAtomic()).doesNotThrowAnyException();
        assertThat(disk.paths()).isEmpty();
    }

    @Test
    void refusesAStoreThatChecksAndThenActs() {
        CyclicBarrier allHaveChecked = new CyclicBarrier(AtomicityProof.WRITERS);
        disk.checkThenAct(path -> await(allHaveChecked));
        assertThatThrownBy(() -> disk.open().proveAtomic())
                .isInstanceOf(StoreRefusedException.class)
                .hasMessageContaining("8 were told that they won")
                .hasMessageContaining("Set the state root to a directory of HDFS");
    }

    @Test
    void refusesAStoreThatReplaces() {
        disk.replaceSilently();
        assertThatThrownBy(() -> disk.open().proveAtomic()).isInstanceOf(StoreRefusedException.class);
    }

    private PutOutcome put(FakeDisk.Faults faults) {
        return disk.open(faults).putIfAbsent("slot", MINE);
    }

    private static FakeDisk.Faults always(String failing, Fault fault) {
        return (call, path) -> call.equals(failing) ? fault : Fault.NONE;
    }

    private static FakeDisk.Faults once(String failing, Fault fault) {
        List<Fault> left = new java.util.ArrayList<>(List.of(fault));
        return (call, path) -> call.equals(failing) && !left.isEmpty() ? left.remove(0) : Fault.NONE;
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }
}
