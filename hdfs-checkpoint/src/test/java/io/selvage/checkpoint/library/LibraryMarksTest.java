package io.selvage.checkpoint.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.FakeDisk;
import io.selvage.checkpoint.store.FakeDisk.Crashed;
import io.selvage.checkpoint.store.FakeDisk.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A session takes a library that lay unused for long while sweeps delete it. Whatever one of them does comes between
 * any two calls of another, and any of them dies before any call.
 */
@Timeout(60)
final class LibraryMarksTest {
    private static final String SESSION = "application_1_0001";
    private static final String NAME = "app.jar";

    /** More than anyone makes. */
    private static final int MOST_CALLS = 60;

    @TempDir
    private Path local;

    private FakeDisk disk = new FakeDisk();
    private Path file;
    private String directory;
    private long lastUsedMillis;

    @BeforeEach
    void writeFile() throws IOException {
        file = Files.writeString(local.resolve(NAME), "abc");
    }

    private void begin() throws IOException {
        disk = new FakeDisk();
        LibraryEntry entry = publish(disk.open());
        directory = "libraries/" + entry.sha256();
        lastUsedMillis = new LibraryMarks(disk.open()).lastUsedMillis(directory);
    }

    private LibraryEntry publish(DurableStore store) throws IOException {
        return new LibraryStore(store, HashCache.open(local.resolve("hashes")), SESSION).publish(file);
    }

    private boolean sweep(DurableStore store) throws IOException {
        return new LibraryMarks(store).tryDelete(directory, lastUsedMillis);
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    /** Runs something before the call of that number, counted from 1. */
    private DurableStore interruptedAt(int number, Step step, AtomicInteger calls) {
        return disk.open((call, path) -> {
            if (calls.incrementAndGet() == number) {
                try {
                    step.run();
                } catch (IOException failed) {
                    throw new UncheckedIOException(failed);
                }
            }
            return Fault.NONE;
        });
    }

    private DurableStore dyingAt(int number, AtomicInteger calls) {
        return disk.open((call, path) -> calls.incrementAndGet() >= number ? Fault.CRASHES : Fault.NONE);
    }

    private void requireThere(LibraryEntry taken, String when) {
        String path = taken.path().substring(disk.open().qualify("").length());
        assertThat(disk.paths()).as(when).contains(path);
        assertThat(disk.bytes(path)).as(when).isEqualTo("abc".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whatNobodyHasTakenSinceItWasLookedAtIsDeletedWithItsDirectory() throws IOException {
        begin();
        assertThat(sweep(disk.open())).isTrue();
        assertThat(disk.paths()).isEmpty();
    }

    @Test
    void whatWasTakenSinceItWasLookedAtIsLeftAsYarnKnowsIt() throws IOException {
        begin();
        LibraryEntry taken = publish(disk.open());
        List<String> before = disk.paths();
        assertThat(sweep(disk.open())).isFalse();
        assertThat(disk.paths()).isEqualTo(before);
        assertThat(publish(disk.open())).as("with its time of modification").isEqualTo(taken);
    }

    @Test
    void aSessionThatComesAtAnyMomentOfASweepKeepsWhatItIsGiven() throws IOException {
        int moments = 0;
        int deletions = 0;
        for (int moment = 1; moment <= MOST_CALLS; moment++) {
            begin();
            List<LibraryEntry> taken = new ArrayList<>();
            AtomicInteger calls = new AtomicInteger();
            boolean isDeleted = sweep(interruptedAt(moment, () -> taken.add(publish(disk.open())), calls));
            if (taken.isEmpty()) {
                break;
            }
            moments++;
            deletions += isDeleted ? 1 : 0;
            requireThere(taken.get(0), "before call " + moment + " of the sweep");
            assertThat(new LibraryMarks(disk.open()).ofSweeps(directory)).isEmpty();
        }
        assertThat(moments).isBetween(5, MOST_CALLS - 1);
        assertThat(deletions).isBetween(1, moments - 1);
    }

    @Test
    void aSweepThatComesAtAnyMomentOfASessionsLeavesItWhatItIsGiven() throws IOException {
        int moments = 0;
        int deletions = 0;
        for (int moment = 1; moment <= MOST_CALLS; moment++) {
            begin();
            List<Boolean> swept = new ArrayList<>();
            AtomicInteger calls = new AtomicInteger();
            LibraryEntry taken = publish(interruptedAt(moment, () -> swept.add(sweep(disk.open())), calls));
            if (swept.isEmpty()) {
                break;
            }
            moments++;
            deletions += swept.get(0) ? 1 : 0;
            requireThere(taken, "before call " + moment + " of the session's");
        }
        assertThat(moments).isBetween(3, MOST_CALLS - 1);
        assertThat(deletions).isBetween(1, moments - 1);
    }

    @Test
    void ofTwoSweepsNoneDeletesWhatASessionWasGivenBetweenThem() throws IOException {
        for (int second = 1; second <= MOST_CALLS; second++) {
            for (int session = second; session <= MOST_CALLS; session++) {
                begin();
                int sweepAt = second;
                int sessionAt = session;
                List<LibraryEntry> taken = new ArrayList<>();
                AtomicInteger calls = new AtomicInteger();
                DurableStore first = disk.open((call, path) -> {
                    int number = calls.incrementAndGet();
                    try {
                        if (number == sweepAt) {
                            sweep(disk.open());
                        }
                        if (number == sessionAt) {
                            taken.add(publish(disk.open()));
                        }
                    } catch (IOException failed) {
                        throw new UncheckedIOException(failed);
                    }
                    return Fault.NONE;
                });
                sweep(first);
                if (taken.isEmpty()) {
                    break;
                }
                requireThere(taken.get(0), "sweep before call " + second + ", session before call " + session);
            }
        }
    }

    @Test
    void aSweepThatDiesAtAnyMomentHarmsNoSessionAndAnotherOneEndsItsWork() throws IOException {
        boolean hasDied = true;
        for (int moment = 1; hasDied && moment <= MOST_CALLS; moment++) {
            begin();
            AtomicInteger calls = new AtomicInteger();
            DurableStore mortal = dyingAt(moment, calls);
            try {
                sweep(mortal);
                hasDied = false;
            } catch (Crashed dead) {
                hasDied = true;
            }
            String when = "the sweep has died in call " + moment;
            LibraryEntry taken = publish(disk.open());
            requireThere(taken, when);

            LibraryMarks marks = new LibraryMarks(disk.open());
            boolean isMarked = !marks.ofSweeps(directory).isEmpty();
            assertThat(marks.tryClear(directory))
                    .as("%s: it may still live", when)
                    .isEqualTo(!isMarked);
            disk.pass(LibraryMarks.STALE);
            disk.pass(LibraryMarks.STALE);
            assertThat(marks.tryClear(directory)).as(when).isTrue();
            assertThat(marks.ofSweeps(directory)).as(when).isEmpty();
            requireThere(taken, when);
            assertThat(publish(disk.open()).path()).as(when).startsWith("fake:/" + directory);
        }
        assertThat(hasDied).as("it has come to its end at last").isFalse();
    }

    @Test
    void aSessionThatDiesAtAnyMomentLeavesWhatTheNextOneCanTake() throws IOException {
        for (int moment = 1; moment <= MOST_CALLS; moment++) {
            disk = new FakeDisk();
            AtomicInteger calls = new AtomicInteger();
            DurableStore mortal = dyingAt(moment, calls);
            boolean hasDied = false;
            try {
                publish(mortal);
            } catch (IOException died) {
                assertThat(died).hasRootCauseInstanceOf(Crashed.class);
                hasDied = true;
            }
            requireThere(publish(disk.open()), "the first one has died in call " + moment);
            if (!hasDied) {
                assertThat(moment).isGreaterThan(5);
                return;
            }
        }
        throw new AssertionError("a session makes more than " + MOST_CALLS + " calls");
    }

    @Test
    void whatCantBeMarkedIsNotTaken() throws IOException {
        begin();
        DurableStore broken = disk.open((call, path) -> call.equals("touch") ? Fault.FAILS_BEFORE : Fault.NONE);
        assertThatThrownBy(() -> publish(broken)).hasMessageContaining("touch");
    }
}
