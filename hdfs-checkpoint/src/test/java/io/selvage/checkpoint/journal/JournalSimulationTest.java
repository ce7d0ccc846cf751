package io.selvage.checkpoint.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.FakeDisk;
import io.selvage.checkpoint.store.FakeDisk.Fault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Several masters and a reader on one store, one call to the store at a time, in an order and with faults that a seed
 * decides. Replay one with {@code -Dselvage.journal.seed=N}, run more with {@code -Dselvage.journal.seeds=N}.
 */
final class JournalSimulationTest {
    private static final int SEEDS = Integer.getInteger("selvage.journal.seeds", 2_000);
    private static final @Nullable Integer ONE_SEED = Integer.getInteger("selvage.journal.seed");
    private static final String DIRECTORY = "journal";
    private static final int MASTERS = 4;
    private static final int WRITES_OF_A_MASTER = 14;
    private static final int POLLS = 25;
    private static final long TURN_LIMIT_SECONDS = 60;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Integer> met = new TreeMap<>();

    @AfterEach
    void endThreads() {
        threads.shutdownNow();
    }

    @Test
    void whatIsAcknowledgedIsNeverLostAndNoOldEpochWritesAfterANewOne() throws Exception {
        int first = ONE_SEED != null ? ONE_SEED : 1;
        int last = ONE_SEED != null ? ONE_SEED : SEEDS;
        for (int seed = first; seed <= last; seed++) {
            try {
                new Run(seed).run();
            } catch (AssertionError | RuntimeException | IOException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        if (ONE_SEED == null) {
            // The runs are worth something only if they met what they are about.
            assertThat(met).containsKeys("appended", "fenced", "not written", "crashed", "won", "fenced at once");
            assertThat(met.get("fenced by compaction")).isGreaterThan(SEEDS / 100);
        }
    }

    /** Owned by the test's thread; processes touch it only in their turn. */
    private final class Run {
        private final Random random;
        private final FakeDisk disk = new FakeDisk();
        private final List<Process> processes = new ArrayList<>();
        private final TreeMap<Long, Integer> idsBySlot = new TreeMap<>();
        private final TreeMap<Long, Long> epochsBySlot = new TreeMap<>();
        private final List<Integer> refusedIds = new ArrayList<>();
        private final List<List<Integer>> statesSeen = new ArrayList<>();
        private final double faultRate;
        private final double switchRate;
        private int nextId = 1;

        Run(int seed) {
            this.random = new Random(seed);
            this.faultRate = random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.1;
            this.switchRate = 0.02 + random.nextDouble() * 0.4;
        }

        void run() throws Exception {
            for (int epoch = 1; epoch <= MASTERS; epoch++) {
                processes.add(new Master(epoch));
            }
            processes.add(new Reader());
            int started = 1 + random.nextInt(MASTERS);
            List<Process> alive = new ArrayList<>(processes.subList(0, started));
            List<Process> waiting = new ArrayList<>(processes.subList(started, processes.size()));
            Process current = alive.get(0);
            while (!alive.isEmpty()) {
                if (!waiting.isEmpty() && random.nextInt(40) == 0) {
                    alive.add(waiting.remove(0));
                }
                if (!alive.contains(current) || random.nextDouble() < switchRate) {
                    current = alive.get(random.nextInt(alive.size()));
                }
                if (!current.takeTurn()) {
                    alive.remove(current);
                    if (alive.isEmpty() && !waiting.isEmpty()) {
                        alive.add(waiting.remove(0));
                    }
                }
            }
            disk.settle();
            judge();
        }

        private void judge() throws IOException {
            Journal last = Journal.open(disk.open(), DIRECTORY);
            EpochOutcome outcome = last.winEpoch(MASTERS + 1, leader(MASTERS + 1));
            assertThat(outcome).isInstanceOf(EpochOutcome.Won.class);
            List<Integer> state = state(((EpochOutcome.Won) outcome).history());
            assertThat(state).as("nothing twice").doesNotHaveDuplicates();
            List<Integer> acknowledged = new ArrayList<>(state);
            acknowledged.retainAll(Set.copyOf(idsBySlot.values()));
            assertThat(acknowledged)
                    .as("all that was acknowledged, in order")
                    .isEqualTo(List.copyOf(idsBySlot.values()));
            assertThat(state).as("nothing that was refused").noneMatch(refusedIds::contains);
            for (List<Integer> seen : statesSeen) {
                assertThat(state.subList(0, Math.min(seen.size(), state.size())))
                        .as("what a master started from is how the log begins")
                        .isEqualTo(seen);
            }
            long before = 0;
            for (Map.Entry<Long, Long> slot : epochsBySlot.entrySet()) {
                assertThat(slot.getValue())
                        .as("epoch in slot %s", slot.getKey())
                        .isGreaterThanOrEqualTo(before);
                before = slot.getValue();
            }
            assertThat(new JournalTail(disk.open(), DIRECTORY, 0).poll())
                    .hasValueSatisfying(found -> assertThat(found.payload()).isEqualTo(leader(MASTERS + 1)));
        }

        private void acknowledge(long slot, long epoch) {
            Long other = epochsBySlot.put(slot, epoch);
            assertThat(other).as("slot %s has one winner", slot).isNull();
        }

        /** A process whose every call to the store waits for its turn. */
        private abstract class Process {
            private final Semaphore turn = new Semaphore(0);
            private final Semaphore done = new Semaphore(0);
            private boolean started;
            private boolean ended;
            private @Nullable Throwable failure;
            private final boolean mayFail;

            Process(boolean mayFail) {
                this.mayFail = mayFail;
            }

            abstract void live(DurableStore store) throws IOException;

            boolean takeTurn() throws Exception {
                if (!started) {
                    started = true;
                    threads.execute(this::body);
                } else {
                    turn.release();
                }
                if (!done.tryAcquire(TURN_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    throw new AssertionError("a turn took more than " + TURN_LIMIT_SECONDS + " s");
                }
                if (failure != null) {
                    throw new AssertionError("a process failed: " + failure, failure);
                }
                return !ended;
            }

            private void body() {
                try {
                    live(disk.open(this::call));
                } catch (FakeDisk.Crashed crashed) {
                    count("crashed");
                } catch (JournalDamagedException e) {
                    failure = e;
                } catch (IOException e) {
                    count("gave up");
                } catch (Throwable e) {
                    failure = e;
                }
                ended = true;
                done.release();
            }

            private Fault call(String call, String path) {
                done.release();
                turn.acquireUninterruptibly();
                if (!mayFail || random.nextDouble() >= faultRate) {
                    return Fault.NONE;
                }
                Fault[] faults = Fault.values();
                Fault fault = faults[random.nextInt(faults.length)];
                return fault == Fault.CRASHES && random.nextInt(4) != 0 ? Fault.NONE : fault;
            }
        }

        private final class Master extends Process {
            private final long epoch;

            Master(long epoch) {
                super(true);
                this.epoch = epoch;
            }

            @Override
            void live(DurableStore store) throws IOException {
                Journal journal = Journal.open(store, DIRECTORY);
                EpochOutcome outcome = journal.winEpoch(epoch, leader(epoch));
                if (!(outcome instanceof EpochOutcome.Won)) {
                    count("fenced at once");
                    return;
                }
                EpochOutcome.Won won = (EpochOutcome.Won) outcome;
                count("won");
                acknowledge(won.slot(), epoch);
                List<Integer> state = state(won.history());
                statesSeen.add(List.copyOf(state));
                for (int i = 0; i < WRITES_OF_A_MASTER; i++) {
                    JournalOutcome written;
                    int id = 0;
                    if (random.nextInt(5) == 0) {
                        written = journal.snapshot(encode(state));
                        compact(journal);
                    } else {
                        id = nextId++;
                        written = journal.append(encode(List.of(id)));
                    }
                    if (written instanceof JournalOutcome.Appended appended) {
                        count("appended");
                        acknowledge(appended.slot(), epoch);
                        if (id != 0) {
                            idsBySlot.put(appended.slot(), id);
                            state.add(id);
                        }
                    } else if (written instanceof JournalOutcome.NotWritten) {
                        count("not written");
                        if (id != 0) {
                            refusedIds.add(id);
                        }
                    } else if (written instanceof JournalOutcome.Fenced fenced) {
                        count("fenced");
                        if (fenced.reason().contains("compacted")) {
                            count("fenced by compaction");
                        }
                        return;
                    }
                }
            }
        }

        /** Mostly to its end, at times only a part, which the next one goes on with. */
        private void compact(Journal journal) {
            boolean isMore = true;
            while (isMore && random.nextInt(8) > 0) {
                isMore = journal.compact(1 + random.nextInt(4));
            }
        }

        private final class Reader extends Process {
            Reader() {
                super(false);
            }

            @Override
            void live(DurableStore store) throws IOException {
                JournalTail tail = new JournalTail(store, DIRECTORY, 0);
                long known = 0;
                for (int i = 0; i < POLLS; i++) {
                    JournalTail.Leader found = tail.poll().orElse(null);
                    if (found != null) {
                        count("leader found");
                        assertThat(found.epoch()).isGreaterThan(known);
                        assertThat(found.payload()).isEqualTo(leader(found.epoch()));
                        known = found.epoch();
                    }
                }
            }
        }
    }

    /** Runs in one process's turn at a time. */
    private void count(String what) {
        met.merge(what, 1, Integer::sum);
    }

    private static List<Integer> state(List<JournalRecord> history) {
        List<Integer> state = new ArrayList<>();
        for (JournalRecord record : history) {
            switch (record.kind()) {
                case EPOCH:
                    break;
                case SNAPSHOT:
                    state = decode(record.payload());
                    break;
                case ENTRY:
                    state.addAll(decode(record.payload()));
                    break;
            }
        }
        return state;
    }

    private static byte[] leader(long epoch) {
        return ByteBuffer.allocate(Long.BYTES).putLong(epoch).array();
    }

    private static byte[] encode(List<Integer> ids) {
        ByteBuffer out = ByteBuffer.allocate(ids.size() * Integer.BYTES);
        ids.forEach(out::putInt);
        return out.array();
    }

    private static List<Integer> decode(byte[] bytes) {
        List<Integer> ids = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        while (in.hasRemaining()) {
            ids.add(in.getInt());
        }
        return ids;
    }
}
