package io.selvage.checkpoint.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyedCut;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.FakeDisk;
import io.selvage.checkpoint.store.FakeDisk.Fault;
import io.selvage.checkpoint.store.StoreOutput;
import io.selvage.checkpoint.store.StoredFile;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Epoch;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SavepointId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * A job with checkpoints that build on one another, a savepoint, and an end that keeps the newest: each call to the
 * file system goes wrong once, in each way there is, or many do at a time. Whatever goes wrong, what was said to be
 * complete is there as a whole, what was not is never taken for something else, another try succeeds, and nothing is
 * left over in the end.
 *
 * <p>That the test finds what is wrong is a test as well: of each {@link Order} but the right one it has to say what.
 */
final class CheckpointFaultsTest {
    private static final String APPLICATION = "application_1_0001";
    private static final JobId JOB = new JobId("job-a");
    private static final CheckpointLayout LAYOUT = CheckpointLayout.of(APPLICATION, JOB);
    private static final String MARK = LAYOUT.checkpointsDirectory() + "/" + CheckpointLayout.RETAINED;
    private static final String JOURNAL = CheckpointLayout.journalDirectory(APPLICATION) + "/0000000000000001";
    private static final ExecutorId EXECUTOR = new ExecutorId("container_1");
    private static final String UID = "sample";
    private static final ValueStateDescriptor<String> DESCRIPTOR = new ValueStateDescriptor<>("state", Serdes.STRING);
    private static final int GROUPS = 4;
    private static final KeyGroupRange ALL = new KeyGroupRange(0, GROUPS);
    private static final int KEYS = 24;
    private static final int CHANGED = 2; // Keys, from one checkpoint to the next: it is worth to build on that.
    private static final int RETAINED = 2; // Complete checkpoints that can be restored.

    private static final int SEEDS = 200;
    private static final double FAULT_RATE = 0.06; // Of calls, as far as they can have what was drawn.
    private static final int MOST_TRIES = 200;

    /** What an executor and a master do, one after the other. */
    private enum Step {
        CHECKPOINT,
        SAVEPOINT,
        /** Checkpoints of which none builds on an earlier one, without faults; then all that is there is needed. */
        RENEW,
        /** The job ends. */
        RETAIN,
        /** Its session ends. */
        DELETE
    }

    private static final List<Step> SCRIPT = List.of(
            Step.CHECKPOINT,
            Step.CHECKPOINT,
            Step.SAVEPOINT,
            Step.CHECKPOINT,
            Step.CHECKPOINT,
            Step.RENEW,
            Step.RETAIN,
            Step.DELETE);

    private static final Set<String> READS = Set.of("open", "status", "list");
    private static final Set<String> OF_BYTES = Set.of("write", "sync", "close");

    /** What goes wrong with a call. */
    private enum Harm {
        FAILS_BEFORE(Fault.FAILS_BEFORE),
        DISCONNECTS(Fault.DISCONNECTS),
        /** Whether it has had an effect can't be told. */
        FAILS_AFTER(Fault.FAILS_AFTER),
        FAILS_AND_HAPPENS_LATER(Fault.FAILS_AND_HAPPENS_LATER),
        SEEN_AND_LOST(Fault.SEEN_AND_LOST),
        PARTIAL(Fault.PARTIAL),
        CRASHES(Fault.CRASHES),
        /** It takes so long that others have gone on without the caller, who does not know. */
        SLOW(Fault.NONE);

        private final Fault fault;

        Harm(Fault fault) {
            this.fault = fault;
        }

        boolean mayHit(String call) {
            return switch (this) {
                case FAILS_AND_HAPPENS_LATER, SEEN_AND_LOST -> call.equals("rename");
                case PARTIAL -> OF_BYTES.contains(call);
                case DISCONNECTS -> READS.contains(call);
                case FAILS_AFTER -> !READS.contains(call);
                case FAILS_BEFORE, CRASHES, SLOW -> true;
            };
        }
    }

    /** What comes after what: the right order, and some that are not. */
    private enum Order {
        SOUND(""),
        ERRORS_OF_UPLOADS_ARE_PASSED_OVER("can be read as a whole"),
        METADATA_COME_BEFORE_THE_LAST_BYTES("metadata of nothing"),
        COMPLETE_IS_SAID_BEFORE_THERE_ARE_METADATA("can be read as a whole"),
        THE_MARK_COMES_AFTER_COMPLETE_IS_SAID("the mark"),
        OLDER_ONES_GO_BEFORE_COMPLETE_IS_SAID("can be read as a whole"),
        WHAT_IT_BUILDS_ON_IS_NOT_KEPT("can be read as a whole"),
        WHAT_IS_LEFT_OVER_IS_NOT_SWEPT("nothing else is left"),
        A_SAVEPOINT_IS_SAID_TO_BE_ONE_BEFORE_IT_HAS_METADATA("can be read as a whole"),
        THE_JOURNAL_GOES_FIRST("the journal");

        private final String found;

        Order(String found) {
            this.found = found;
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneFaultInAnyCallLosesNothingAndLeavesNothing(Harm harm) throws IOException {
        assertThat(hitEach(Order.SOUND, harm)).as("calls that were hit").isPositive();
    }

    @Test
    void manyFaultsInAnyCallsLoseNothingAndLeaveNothing() throws IOException {
        int hits = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            Random random = new Random(seed);
            Faults faults = new Faults() {
                @Override
                @Nullable
                Harm next(String call) {
                    Harm harm = Harm.values()[random.nextInt(Harm.values().length)];
                    // What is lost goes with the next change of anyone's, which then fails without a fault of its own.
                    boolean isHit = random.nextDouble() < FAULT_RATE && harm.mayHit(call);
                    return isHit && harm != Harm.SLOW && harm != Harm.SEEN_AND_LOST ? harm : null;
                }
            };
            Run run = new Run(Order.SOUND, faults, () -> random.nextInt(3) == 0);
            try {
                run.run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
            hits += faults.hits;
        }
        assertThat(hits).isGreaterThan(2 * SEEDS);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "SOUND")
    void eachWrongOrderIsFound(Order wrong) {
        assertThatThrownBy(() -> {
                    for (Harm harm : Harm.values()) {
                        hitEach(wrong, harm);
                    }
                })
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(wrong.found);
    }

    /** Once with, and once without a new process after it; answers how many calls there were to hit. */
    private static int hitEach(Order order, Harm harm) throws IOException {
        List<String> calls = new ArrayList<>();
        Faults none = new Faults() {
            @Override
            @Nullable
            Harm next(String call) {
                calls.add(call);
                return null;
            }
        };
        new Run(order, none, () -> false).run();
        int hit = 0;
        for (int at = 0; at < calls.size(); at++) {
            if (!harm.mayHit(calls.get(at))) {
                continue;
            }
            for (boolean isReplaced : new boolean[] {false, true}) {
                int target = at;
                int[] made = new int[1];
                Faults one = new Faults() {
                    @Override
                    @Nullable
                    Harm next(String call) {
                        return made[0]++ == target ? harm : null;
                    }
                };
                String what =
                        harm + " in call " + at + ", " + calls.get(at) + (isReplaced ? ", and a new process" : "");
                try {
                    new Run(order, one, () -> isReplaced).run();
                } catch (AssertionError | RuntimeException e) {
                    throw new AssertionError(what + ": " + e.getMessage(), e);
                }
                assertThat(one.hits).as(what).isEqualTo(1);
                hit++;
            }
        }
        return hit;
    }

    /** Owned by one run: what goes wrong. */
    private abstract static class Faults implements FakeDisk.Faults {
        private int hits;
        private Runnable meanwhile = () -> {};

        /** Null: nothing. */
        abstract @Nullable Harm next(String call);

        @Override
        public Fault on(String call, String path) {
            Harm harm = next(call);
            if (harm == null) {
                return Fault.NONE;
            }
            hits++;
            if (harm == Harm.SLOW) {
                meanwhile.run();
            }
            return harm.fault;
        }

        @Override
        public Fault onWrite(String path) {
            return on("write", path);
        }
    }

    /**
     * As the journal has it.
     *
     * @param metadata their file
     * @param directories the checkpoints whose files it needs
     */
    private record Complete(CheckpointId checkpoint, String metadata, Set<CheckpointId> directories) {}

    /** Owned by the test: the files of a session, what its journal says, and who writes them. */
    private static final class Run {
        private final FakeDisk disk = new FakeDisk();
        private final Order order;
        private final Faults faults;
        private final BooleanSupplier isReplaced;
        private final List<Complete> complete = new ArrayList<>();
        private final Map<String, Map<String, String>> cuts = new HashMap<>(); // By metadata, whether complete or not.
        private final Set<String> savepoints = new TreeSet<>(); // Metadata of those that were said to be there.
        private final List<SavepointLayout> given = new ArrayList<>(); // Up.
        private long leader; // Incarnation and epoch.
        private long highest; // Of the checkpoints that were begun.
        private int savepointIds;
        private int values;
        private @Nullable IOException lastError;

        Run(Order order, Faults faults, BooleanSupplier isReplaced) {
            this.order = order;
            this.faults = faults;
            this.isReplaced = isReplaced;
        }

        void run() throws IOException {
            for (String path : List.of(JOURNAL, LAYOUT.jobDirectory() + "/graph.pb", APPLICATION + "/job-b/graph.pb")) {
                try (StoreOutput out = disk.open().create(path)) {
                    out.commit();
                }
            }
            Process process = new Process(faults);
            for (Step step : SCRIPT) {
                if (step == Step.RENEW) {
                    renew();
                    process = new Process(faults);
                } else {
                    process = untilDone(step, process);
                }
            }
            requireSound();
            requireNothingElse(Set.of());
        }

        private Process untilDone(Step step, Process first) throws IOException {
            Process process = first;
            boolean isDone = false;
            for (int tries = 0; !isDone; tries++) {
                assertThat(tries).as("tries of " + step).isLessThan(MOST_TRIES);
                int before = faults.hits;
                boolean isDead = false;
                Process acting = process;
                faults.meanwhile = () -> goOnWithout(step);
                try {
                    isDone = acting.perform(step);
                } catch (FakeDisk.Crashed crashed) {
                    isDead = true;
                }
                boolean wasHit = faults.hits > before;
                // It may have died while it tidied up after an error, which is what it then told.
                assertThat(isDone || wasHit || isDead)
                        .as("without a fault %s succeeds; the last error was: %s", step, String.valueOf(lastError))
                        .isTrue();
                if (wasHit || order != Order.SOUND) {
                    requireSound();
                }
                if (isDead || acting.isFenced() || wasHit && isReplaced.getAsBoolean()) {
                    process = new Process(faults);
                }
            }
            return process;
        }

        /** While a call takes long, its caller's place is taken, and the files go with what it was about. */
        private void goOnWithout(Step step) {
            faults.meanwhile = () -> {};
            try {
                Process other = new Process((call, path) -> Fault.NONE);
                if (step == Step.RETAIN || step == Step.DELETE) {
                    other.perform(step);
                    return;
                }
                for (SavepointLayout savepoint : given) {
                    new CheckpointStore(disk.open()).delete(savepoint);
                }
                for (int i = 0; i < RETAINED + 1; i++) {
                    assertThat(other.checkpoint()).isTrue();
                }
                requireSound();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void renew() throws IOException {
            disk.settle();
            Process process = new Process((call, path) -> Fault.NONE, true);
            process.next = Math.max(process.next, highest + 1);
            for (int i = 0; i < RETAINED + 1; i++) {
                assertThat(process.checkpoint())
                        .as("a checkpoint without faults")
                        .isTrue();
            }
            for (SavepointLayout savepoint : given) {
                process.checkpoints.delete(savepoint); // By hand, or as an orphan.
            }
            requireSound();
            requireNothingElse(Set.of(JOURNAL, LAYOUT.jobDirectory() + "/graph.pb", APPLICATION + "/job-b/graph.pb"));
        }

        private List<Complete> restorable() {
            return complete.subList(Math.max(0, complete.size() - RETAINED), complete.size());
        }

        private Set<CheckpointId> kept() {
            Set<CheckpointId> kept = new HashSet<>();
            for (Complete each : restorable()) {
                kept.add(each.checkpoint());
                if (order != Order.WHAT_IT_BUILDS_ON_IS_NOT_KEPT) {
                    kept.addAll(each.directories());
                }
            }
            return kept;
        }

        // ---- what has to hold ------------------------------------------------------------------------------------

        /** Of what a process finds that starts now. */
        private void requireSound() throws IOException {
            List<String> paths = disk.paths();
            for (Complete each : restorable()) {
                requireWhole(each.metadata());
                String directory = LAYOUT.checkpointDirectory(each.checkpoint());
                assertThat(CheckpointStore.newestMetadata(disk.open().list(directory))
                                .map(StoredFile::path))
                        .as("what is found in the directory of checkpoint " + each.checkpoint())
                        .contains(each.metadata());
                assertThat(paths).as("the mark that keeps what is complete").contains(MARK);
            }
            for (String savepoint : savepoints) {
                requireWhole(savepoint);
            }
            for (String path : paths) {
                if (path.contains("/_metadata")) {
                    requireNothingWrong(disk.open().qualify(path));
                }
            }
            boolean isAnythingLeft = paths.stream()
                    .anyMatch(path -> path.startsWith(APPLICATION) && !path.startsWith(LAYOUT.checkpointsDirectory()));
            assertThat(!isAnythingLeft || paths.contains(JOURNAL))
                    .as("the journal, which says what is to be deleted, is there with %s", paths)
                    .isTrue();
        }

        private void requireWhole(String metadata) throws IOException {
            assertThat(new CheckpointVerifier(disk.open(), () -> {
                                throw new AssertionError("there is no state on the disk");
                            })
                            .verify(metadata, ReadProgress.SILENT)
                            .problems())
                    .as("%s, which was said to be complete, can be read as a whole", metadata)
                    .isEmpty();
            assertThat(load(metadata)).isEqualTo(cuts.get(metadata));
        }

        /** Of what may never have been said to be complete, or is no longer kept. */
        private void requireNothingWrong(String metadata) throws IOException {
            Map<String, String> loaded;
            try {
                loaded = load(metadata);
            } catch (SegmentDamagedException refused) {
                boolean mayLackFiles = CheckpointLayout.ofMetadata(metadata).isEmpty() // A savepoint, given up.
                        || new CheckpointStore(disk.open())
                                        .readMetadata(metadata)
                                        .getCheckpoint()
                                <= newest();
                assertThat(mayLackFiles)
                        .as("%s are metadata of nothing: %s", metadata, refused.getMessage())
                        .isTrue();
                return;
            }
            assertThat(loaded).as(metadata).isEqualTo(cuts.get(metadata));
        }

        private long newest() {
            return complete.isEmpty()
                    ? 0
                    : complete.get(complete.size() - 1).checkpoint().value();
        }

        private void requireNothingElse(Set<String> others) throws IOException {
            Set<String> expected = new TreeSet<>(others);
            expected.add(MARK);
            List<String> metadata = new ArrayList<>(savepoints);
            complete.stream()
                    .filter(each -> kept().contains(each.checkpoint())) // Also what others build on alone.
                    .forEach(each -> metadata.add(each.metadata()));
            for (String file : metadata) {
                expected.add(local(file));
                CheckpointStore.neededFiles(new CheckpointStore(disk.open()).readMetadata(file))
                        .keySet()
                        .forEach(needed -> expected.add(local(needed)));
            }
            assertThat(disk.paths()).as("nothing else is left").containsExactlyElementsOf(expected);
        }

        private String local(String qualified) {
            return qualified.substring(disk.open().qualify("").length());
        }

        private Map<String, String> load(String metadata) throws IOException {
            var backend = backend(replica(new CheckpointStore(disk.open()).readMetadata(metadata)));
            ValueState<String> state = backend.states().value(DESCRIPTOR);
            assertThat(backend.opened()).isEmpty();
            Map<String, String> content = new TreeMap<>();
            for (int i = 0; i < KEYS; i++) {
                backend.setCurrentKey("key-" + i);
                String value = state.value();
                if (value != null) {
                    content.put("key-" + i, value);
                }
            }
            return content;
        }

        private KeyedReplica replica(CheckpointMetadata metadata) throws IOException {
            KeyedReplica replica = new KeyedReplica(UID, ALL);
            new KeyedStateLoader(new SegmentReader(disk.open())::open)
                    .load(replica, ALL, GROUPS, List.of(metadata.getSubtasks(0).getOperators(0)), read -> {});
            return replica;
        }

        private static RowKeyedStateBackend<String> backend(KeyedOrigin origin) {
            return new RowKeyedStateBackend<>(UID, Serdes.STRING, GROUPS, ALL, origin, 0);
        }

        // ---- who writes --------------------------------------------------------------------------------------------

        /** One incarnation of the job, with the master that has started it: they live, and die, together. */
        private final class Process {
            private final long incarnation = ++leader;
            private final DurableStore store;
            private final CheckpointStore checkpoints;
            private final RowKeyedStateBackend<String> backend;
            private final ValueState<String> state;
            private final Map<String, String> content = new TreeMap<>();
            private final Map<Long, List<Segment>> chains = new HashMap<>(); // Of what was stored.
            private long next;

            Process(FakeDisk.Faults faults) throws IOException {
                this(faults, false);
            }

            /** @param standsAlone the first checkpoint adds to nothing */
            Process(FakeDisk.Faults faults, boolean standsAlone) throws IOException {
                store = disk.open(faults);
                checkpoints = new CheckpointStore(store);
                next = newest() + 1;
                KeyedOrigin origin = KeyedOrigin.NOTHING;
                if (!complete.isEmpty()) {
                    String file = complete.get(complete.size() - 1).metadata();
                    CheckpointMetadata metadata = new CheckpointStore(disk.open()).readMetadata(file);
                    KeyedReplica replica = replica(metadata);
                    if (standsAlone) {
                        replica.standAlone();
                    }
                    origin = replica;
                    chains.put(newest(), metadata.getSubtasks(0).getOperators(0).getKeyedStateList());
                    content.putAll(Objects.requireNonNull(cuts.get(file)));
                }
                backend = backend(origin);
                state = backend.states().value(DESCRIPTOR);
                assertThat(backend.opened()).isEmpty();
            }

            /** Somebody else has taken its place. */
            boolean isFenced() {
                return incarnation != leader;
            }

            /** Answers whether it has succeeded, as far as it knows. */
            boolean perform(Step step) {
                return switch (step) {
                    case CHECKPOINT -> checkpoint();
                    case SAVEPOINT -> savepoint();
                    case RETAIN -> retain();
                    case DELETE -> delete();
                    case RENEW -> throw new AssertionError("that takes a process of its own");
                };
            }

            private void change() {
                for (int i = 0; i < (content.isEmpty() ? KEYS : CHANGED); i++) {
                    int value = ++values;
                    String key = "key-" + value % KEYS;
                    backend.setCurrentKey(key);
                    state.update("value ".repeat(10) + value);
                    content.put(key, "value ".repeat(10) + value);
                }
            }

            boolean checkpoint() {
                change();
                long number = next++;
                highest = Math.max(highest, number);
                String file = store.qualify(LAYOUT.metadataFile(
                        new CheckpointId(number), new Incarnation(incarnation), new Epoch(incarnation)));
                cuts.put(file, Map.copyOf(content));
                KeyedCut cut = backend.snapshot(number).complete();
                CheckpointMetadata metadata;
                try {
                    String path = LAYOUT.dataFile(new CheckpointId(number), EXECUTOR, new Incarnation(incarnation));
                    metadata = upload(path, number, cut, false);
                } catch (IOException refused) {
                    lastError = refused;
                    backend.abort(number, false);
                    return false;
                }
                List<Segment> chain = metadata.getSubtasks(0).getOperators(0).getKeyedStateList();
                chains.put(number, chain);
                Set<CheckpointId> directories = new HashSet<>();
                chain.forEach(segment -> directories.add(new CheckpointId(segment.getCheckpoint())));
                Complete itself = new Complete(new CheckpointId(number), file, directories);
                try {
                    publish(itself, metadata);
                } catch (IOException refused) {
                    lastError = refused;
                    backend.abort(number, true); // The next may build on it: nothing newer than a complete one goes.
                    return false;
                }
                if (order != Order.COMPLETE_IS_SAID_BEFORE_THERE_ARE_METADATA && !trySay(itself)) {
                    return false;
                }
                if (order == Order.THE_MARK_COMES_AFTER_COMPLETE_IS_SAID) {
                    markLate();
                }
                backend.confirm(number);
                sweep(itself, kept());
                return true;
            }

            private void publish(Complete itself, CheckpointMetadata metadata) throws IOException {
                if (order == Order.COMPLETE_IS_SAID_BEFORE_THERE_ARE_METADATA && !trySay(itself)) {
                    throw new IOException("fenced");
                }
                if (order == Order.OLDER_ONES_GO_BEFORE_COMPLETE_IS_SAID) {
                    Set<CheckpointId> asIfComplete = new HashSet<>(itself.directories());
                    if (!complete.isEmpty()) {
                        asIfComplete.addAll(complete.get(complete.size() - 1).directories());
                    }
                    sweep(itself, asIfComplete);
                }
                if (order != Order.THE_MARK_COMES_AFTER_COMPLETE_IS_SAID) {
                    checkpoints.markRetained(LAYOUT);
                }
                if (order != Order.METADATA_COME_BEFORE_THE_LAST_BYTES) {
                    assertThat(checkpoints.writeMetadata(LAYOUT, metadata)).isEqualTo(itself.metadata());
                }
            }

            /** A record in the journal, which has room for no other of that number. */
            private boolean trySay(Complete itself) {
                return !isFenced() && complete.add(itself);
            }

            private void markLate() {
                try {
                    checkpoints.markRetained(LAYOUT);
                } catch (IOException passedOver) {
                    // The next checkpoint does it.
                }
            }

            private void sweep(Complete newest, Set<CheckpointId> kept) {
                if (order == Order.WHAT_IS_LEFT_OVER_IS_NOT_SWEPT) {
                    return;
                }
                try {
                    checkpoints.deleteBetween(LAYOUT, 0, newest.checkpoint(), kept);
                } catch (IOException later) {
                    // The next complete one deletes them.
                }
            }

            boolean savepoint() {
                long number = next++;
                highest = Math.max(highest, number);
                String id = String.format("%012x", ++savepointIds);
                SavepointLayout layout = SavepointLayout.of("", JOB, new SavepointId(id));
                String file = store.qualify(layout.metadataFile());
                cuts.put(file, Map.copyOf(content));
                given.add(layout); // Until it is one.
                KeyedCut cut = backend.snapshotWhole(number).complete();
                try {
                    String path = layout.dataFile(new CheckpointId(number), EXECUTOR, new Incarnation(incarnation));
                    CheckpointMetadata metadata = upload(path, number, cut, true);
                    if (order == Order.A_SAVEPOINT_IS_SAID_TO_BE_ONE_BEFORE_IT_HAS_METADATA) {
                        savepoints.add(file);
                    }
                    checkpoints.writeSavepoint(layout, metadata);
                    if (isFenced()) {
                        return false;
                    }
                    savepoints.add(file);
                    given.remove(layout);
                    return true;
                } catch (IOException refused) {
                    lastError = refused;
                    giveUp(layout);
                    return false;
                } finally {
                    backend.abort(number, false);
                }
            }

            private void giveUp(SavepointLayout layout) {
                if (isFenced()) {
                    return;
                }
                try {
                    checkpoints.delete(layout);
                } catch (IOException byHand) {
                    // It was given up, and is none.
                }
            }

            private CheckpointMetadata upload(String path, long number, KeyedCut cut, boolean isSavepoint)
                    throws IOException {
                try (SnapshotFileWriter writer = new SnapshotFileWriter(store, path)) {
                    SegmentHandle keyed = writer.append(cut::writeTo);
                    SegmentHandle other = writer.append(new byte[] {1, 2, 3});
                    CheckpointMetadata metadata = metadata(number, cut, keyed, other, isSavepoint);
                    if (order == Order.METADATA_COME_BEFORE_THE_LAST_BYTES && !isSavepoint) {
                        checkpoints.writeMetadata(LAYOUT, metadata);
                    }
                    try {
                        writer.finish();
                    } catch (IOException failed) {
                        if (order != Order.ERRORS_OF_UPLOADS_ARE_PASSED_OVER) {
                            throw failed;
                        }
                    }
                    return metadata;
                }
            }

            private CheckpointMetadata metadata(
                    long number, KeyedCut cut, SegmentHandle keyed, SegmentHandle other, boolean isSavepoint) {
                OperatorSnapshot.Builder sample =
                        OperatorSnapshot.newBuilder().setOperatorUid(UID).setParallelism(1);
                if (cut.base() != 0) {
                    Objects.requireNonNull(chains.get(cut.base())).stream()
                            .filter(segment -> segment.getCheckpoint() >= cut.oldestNeeded())
                            .forEach(sample::addKeyedState);
                }
                sample.addKeyedState(segment(number, keyed, isSavepoint))
                        .setOperatorState(segment(number, other, isSavepoint));
                return CheckpointMetadata.newBuilder()
                        .setFormat(CheckpointStore.METADATA_FORMAT)
                        .setJobId(JOB.value())
                        .setCheckpoint(number)
                        .setIncarnation(incarnation)
                        .setEpoch(incarnation)
                        .setMaxParallelism(GROUPS)
                        .setSavepoint(isSavepoint)
                        .addSubtasks(SubtaskSnapshot.newBuilder().addOperators(sample))
                        .build();
            }

            private Segment segment(long number, SegmentHandle handle, boolean isSavepoint) {
                Segment.Builder segment = handle.toWire().toBuilder().setCheckpoint(number);
                return isSavepoint
                        ? segment.setFile(SavepointLayout.fileName(handle.file()))
                                .build()
                        : segment.build();
            }

            private boolean retain() {
                try {
                    checkpoints.retain(LAYOUT, kept());
                    return true;
                } catch (IOException refused) {
                    lastError = refused;
                    return false;
                }
            }

            private boolean delete() {
                try {
                    if (order == Order.THE_JOURNAL_GOES_FIRST) {
                        store.delete(JOURNAL);
                    }
                    checkpoints.deleteApplication(APPLICATION);
                    return true;
                } catch (IOException refused) {
                    lastError = refused;
                    return false;
                }
            }
        }
    }
}
