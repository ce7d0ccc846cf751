package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.state.AggregatingState;
import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ReducingState;
import io.selvage.api.state.ReducingStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.TimeToLive;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.io.ByteArrayInputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A keyed operator in some subtasks, an executor that keeps chains of segments, and a standby with replicas, against
 * plain collections: whatever is done in whatever order, and wherever the job is taken back to, they are the same.
 */
final class KeyedStateSimulationTest {
    private static final int GROUPS = 16;
    private static final int SEEDS = Integer.getInteger("selvage.backend.seeds", 60);
    private static final int STEPS = 1500;
    private static final int STEPS_ON_DISK = 600; // Each flush waits for the disk.
    /** However much has changed, it is added to what there is. */
    private static final SegmentChain.Bounds CHAINED = new SegmentChain.Bounds(12, 20, 1000, 1000);

    private static final int SORTED_FILE_BYTES = 5_000; // So there are several.
    private static final long IMAGE_EXTRA_BYTES = 8 << 10; // The stores are small.
    private static final int KEYS = 60;
    /** The same objects each time: a key that is current already is not looked up. */
    private static final List<String> KEY_NAMES =
            IntStream.range(0, KEYS).mapToObj(i -> "key-" + i).toList();

    private static final int NAMESPACES = 14;
    /** Maps and lists come into parts, and these into more, all the time. */
    private static final PartSizes SIZES = new PartSizes(4, 2, 3);

    private static final int ENTRIES = 24; // Of the keys of maps.
    private static final int MOST_AT_ONCE = 9; // Entries and elements that come or go.
    private static final Duration TTL = Duration.ofMillis(150);
    private static final int ALARM_MILLIS = 40; // Until a timer of processing time is due, at most.

    /** Where the rows are. */
    private enum Place {
        HEAP,
        DISK,
        /** In the heap or on the disk, and in the other after some failures. */
        EITHER
    }

    @TempDir
    private Path directory;

    @Test
    void stateIsThatOfPlainMapsThroughCutsRewindsReplicasAndRescaling() throws Exception {
        simulate(Place.HEAP, SEEDS);
    }

    @Test
    void stateOnTheDiskIsThatOfPlainMapsWithHardlyAnyRowsInTheHeap() throws Exception {
        simulate(Place.DISK, Math.max(1, SEEDS / 6));
    }

    @Test
    void stateGoesFromTheHeapToTheDiskAndBack() throws Exception {
        simulate(Place.EITHER, Math.max(1, SEEDS / 7));
    }

    private void simulate(Place place, int seeds) throws Exception {
        int[] ways = new int[Way.values().length];
        int increments = 0;
        int leftOpen = 0;
        int evolved = 0;
        int gone = 0;
        int onAborted = 0;
        int lost = 0;
        int images = 0;
        int written = 0;
        long leftOut = 0;
        int older = 0;
        int compared = 0;
        int mostEntries = 0;
        int mostElements = 0;
        int mostBuffered = 0;
        for (int seed = 1; seed <= seeds; seed++) {
            Path work = directory.resolve(place + "-" + seed);
            Run run = new Run(
                    seed,
                    place,
                    new RocksEnvironment(
                            work, 1 << 20, 12_000, SORTED_FILE_BYTES, IMAGE_EXTRA_BYTES, OpenFileShares.ofProcess()));
            try {
                run.run();
            } catch (AssertionError | Exception e) {
                throw new AssertionError("seed " + seed + " at step " + run.step + ": " + e.getMessage(), e);
            }
            run.close();
            // Nothing is left behind on the disk.
            try (Stream<Path> left = Files.exists(work) ? Files.list(work) : Stream.of()) {
                assertThat(left).isEmpty();
            }
            for (Way way : Way.values()) {
                ways[way.ordinal()] += run.ways[way.ordinal()];
            }
            increments += run.increments;
            leftOpen += run.leftOpen;
            evolved += run.evolved;
            gone += run.gone;
            onAborted += run.onAborted;
            lost += run.lost;
            images += run.images;
            written += run.written;
            leftOut += run.leftOut;
            older += run.older;
            compared += run.compared;
            mostEntries = Math.max(mostEntries, run.mostEntries);
            mostElements = Math.max(mostElements, run.mostElements);
            mostBuffered = Math.max(mostBuffered, run.mostBuffered);
        }
        // What was never tried is not known to work.
        assertThat(ways).doesNotContain(0);
        assertThat(increments).isGreaterThan(seeds);
        assertThat(leftOpen).isGreaterThan(seeds);
        assertThat(evolved).isPositive();
        assertThat(gone).isPositive();
        assertThat(onAborted).isPositive();
        assertThat(lost).isPositive();
        assertThat(images > 0).isEqualTo(place != Place.HEAP);
        assertThat(written > 0).isEqualTo(place != Place.HEAP);
        assertThat(leftOut > 0).isEqualTo(place != Place.DISK);
        assertThat(older > 0).isEqualTo(place != Place.DISK);
        assertThat(compared > 0).isEqualTo(place != Place.DISK);
        assertThat(mostEntries).isGreaterThan(ENTRIES / 2);
        assertThat(mostElements).isGreaterThan(3 * SIZES.most());
        assertThat(mostBuffered).isGreaterThan(3 * SIZES.most());
    }

    /** How a subtask comes back after a failure. */
    private enum Way {
        RETAINED,
        CHAIN,
        STANDBY,
        RESCALED,
        /** As a new job, of which nothing is left from before but the savepoint. */
        SAVEPOINT
    }

    private static final class Sum implements AggregateFunction<Long, long[], Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public long[] create() {
            return new long[1];
        }

        @Override
        public long[] add(long[] accumulator, Long element) {
            accumulator[0] += element;
            return accumulator;
        }

        @Override
        public Long result(long[] accumulator) {
            return accumulator[0];
        }
    }

    private static final Serde<long[]> BOX_SERDE = new Serde<>() {
        private static final long serialVersionUID = 1L;

        @Override
        public void write(long[] value, BinaryWriter out) {
            out.writeVarLong(value[0]);
        }

        @Override
        public long[] read(BinaryReader in) {
            return new long[] {in.readVarLong()};
        }

        @Override
        public String schema() {
            return "box";
        }
    };

    private static final class ManualClock implements InstantSource {
        private long millis = 1_000_000;

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(millis);
        }
    }

    /** What it may have in the versions of the program. */
    private record Order(long count, @Nullable String note, double price) {}

    private record Order1(int count, @Nullable String note) {}

    /** A plain class between two records. */
    private static final class Order2 {
        private double price;
        private @Nullable String note;
        private long count;

        @Nullable
        List<Integer> tags = List.of(2);

        static Order2 of(Order order) {
            Order2 version = new Order2();
            version.price = order.price();
            version.note = order.note();
            version.count = order.count();
            return version;
        }

        Order order() {
            return new Order(count, note, price);
        }
    }

    /** What was a list is an array. */
    private record Order3(int @Nullable [] tags, double price, long count) {}

    /** Of types that have one name in all versions. */
    private record OneName<T>(Serde<T> serde, String name) implements Serde<T> {
        static <T> OneName<T> of(Class<T> type) {
            return new OneName<>(Serdes.of(type), type.getName());
        }

        @Override
        public void write(T value, BinaryWriter out) {
            serde.write(value, out);
        }

        @Override
        public T read(BinaryReader in) {
            return serde.read(in);
        }

        @Override
        public String schema() {
            return serde.schema().replace(name + "(", "Order(");
        }

        @Override
        public Function<BinaryReader, T> reader(String written) {
            return serde.reader(written.replace("Order(", name + "("));
        }
    }

    /** The state of an order in one version of the program, in the words of the model. */
    private record OrderState<T>(ValueState<T> state, Function<Order, T> from, Function<T, Order> to) {
        static OrderState<?> of(StateAccess states, int version) {
            return switch (version) {
                case 1 ->
                    new OrderState<>(
                            states.value(new ValueStateDescriptor<>("order", OneName.of(Order1.class))),
                            order -> new Order1((int) order.count(), order.note()),
                            order -> new Order(order.count(), order.note(), 0));
                case 2 ->
                    new OrderState<>(
                            states.value(new ValueStateDescriptor<>("order", OneName.of(Order2.class))),
                            Order2::of,
                            Order2::order);
                default ->
                    new OrderState<>(
                            states.value(new ValueStateDescriptor<>("order", OneName.of(Order3.class))),
                            order -> new Order3(new int[] {1}, order.price(), order.count()),
                            order -> new Order(order.count(), null, order.price()));
            };
        }

        @Nullable
        Order get() {
            T value = state.value();
            return value == null ? null : to.apply(value);
        }

        void put(Order order) {
            state.update(from.apply(order));
        }
    }

    private static final int VERSIONS = 3;

    /** What has a time-to-live, and when it was used last. */
    private static final class Timed<V> {
        private V value;
        private long millis;

        Timed(V value, long millis) {
            this.value = value;
            this.millis = millis;
        }

        boolean isAlive(long now) {
            return millis > now - TTL.toMillis();
        }

        static <V> @Nullable V get(@Nullable Timed<V> timed, long now) {
            return timed == null || !timed.isAlive(now) ? null : timed.value;
        }

        static <V> @Nullable Timed<V> copy(@Nullable Timed<V> timed) {
            return timed == null ? null : new Timed<>(timed.value, timed.millis);
        }
    }

    /** Of a state that has a time-to-live in some versions of the program; the last use is known within bounds. */
    private static final class Sometimes {
        private final long value;
        private final long earliest;
        private long latest;
        private boolean mayBeUnstamped;
        private boolean mayBeGone;

        Sometimes(long value, long millis) {
            this.value = value;
            this.earliest = millis;
            this.latest = millis;
        }

        static @Nullable Sometimes copy(@Nullable Sometimes other) {
            if (other == null) {
                return null;
            }
            Sometimes copy = new Sometimes(other.value, other.earliest);
            copy.latest = other.latest;
            copy.mayBeUnstamped = other.mayBeUnstamped;
            copy.mayBeGone = other.mayBeGone;
            return copy;
        }

        void restored(boolean wasLimited, boolean isLimited, long now) {
            mayBeUnstamped |= !wasLimited;
            if (mayBeUnstamped) {
                latest = now;
            }
            mayBeGone |= wasLimited && !isLimited && earliest <= now - TTL.toMillis();
        }
    }

    /** The model: plain collections for each key. What has expired stays in it, as it may in the state. */
    private static final class Model {
        private @Nullable Long value;
        private @Nullable Long box;
        private final List<String> list = new ArrayList<>();
        private final Map<String, Long> map = new LinkedHashMap<>();
        private @Nullable Long maximum;
        private final Map<Integer, Long> sums = new TreeMap<>();
        private final Map<Integer, List<String>> buffers = new TreeMap<>(); // None is empty.
        private final TreeSet<String> timers = new TreeSet<>();
        private final TreeSet<Long> alarms = new TreeSet<>();
        private @Nullable Order order;
        private @Nullable Sometimes sometimes;
        private @Nullable Timed<Long> fleeting;
        private @Nullable Timed<Long> fleetingMaximum;
        private @Nullable Timed<Long> fleetingSum;
        private final List<Timed<String>> fleetingList = new ArrayList<>();
        private final Map<String, Timed<Long>> fleetingMap = new LinkedHashMap<>();

        Model copy() {
            Model copy = new Model();
            copy.value = value;
            copy.box = box;
            copy.list.addAll(list);
            copy.map.putAll(map);
            copy.maximum = maximum;
            copy.sums.putAll(sums);
            buffers.forEach((namespace, all) -> copy.buffers.put(namespace, new ArrayList<>(all)));
            copy.timers.addAll(timers);
            copy.alarms.addAll(alarms);
            copy.order = order;
            copy.sometimes = Sometimes.copy(sometimes);
            copy.fleeting = Timed.copy(fleeting);
            copy.fleetingMaximum = Timed.copy(fleetingMaximum);
            copy.fleetingSum = Timed.copy(fleetingSum);
            fleetingList.forEach(each -> copy.fleetingList.add(new Timed<>(each.value, each.millis)));
            fleetingMap.forEach((key, each) -> copy.fleetingMap.put(key, new Timed<>(each.value, each.millis)));
            return copy;
        }

        /** Whether there is nothing but what has expired. */
        boolean isEmpty(long now) {
            return isEmptyOfLasting()
                    && Timed.get(fleeting, now) == null
                    && Timed.get(fleetingMaximum, now) == null
                    && Timed.get(fleetingSum, now) == null
                    && fleetingList.stream().noneMatch(each -> each.isAlive(now))
                    && fleetingMap.values().stream().noneMatch(each -> each.isAlive(now));
        }

        boolean isEmpty() {
            return isEmptyOfLasting()
                    && sometimes == null
                    && fleeting == null
                    && fleetingMaximum == null
                    && fleetingSum == null
                    && fleetingList.isEmpty()
                    && fleetingMap.isEmpty();
        }

        private boolean isEmptyOfLasting() {
            return value == null
                    && order == null
                    && box == null
                    && list.isEmpty()
                    && map.isEmpty()
                    && maximum == null
                    && sums.isEmpty()
                    && buffers.isEmpty()
                    && timers.isEmpty()
                    && alarms.isEmpty();
        }
    }

    /** The states of one subtask, and what it has not been told yet. */
    private static final class Subtask {
        private final RowKeyedStateBackend<String> backend;
        private final ValueState<Long> value;
        private final ValueState<long[]> box;
        private final ListState<String> list;
        private final MapState<String, Long> map;
        private final ReducingState<Long> maximum;
        private final NamespacedStates<Integer> windows;
        private final AggregatingState<Long, Long> sums;
        private final NamespacedStates<Integer> stretches;
        private final ListState<String> buffer;
        private final TimerQueue<String, Integer> timers;
        private final TimerQueue<String, NoNamespace> alarms;
        private final OrderState<?> order;
        private final ValueState<Long> sometimes;
        private final ValueState<Long> fleeting;
        private final ReducingState<Long> fleetingMaximum;
        private final AggregatingState<Long, Long> fleetingSum;
        private final ListState<String> fleetingList;
        private final MapState<String, Long> fleetingMap;
        private final Deque<Runnable> mail = new ArrayDeque<>();

        Subtask(
                KeyGroupRange range,
                KeyedOrigin origin,
                boolean isReversed,
                @Nullable RocksEnvironment disk,
                InstantSource clock,
                int version,
                boolean isLimited) {
            backend = disk == null
                    ? new RowKeyedStateBackend<>("operator", Serdes.STRING, GROUPS, range, origin, 500, clock)
                    : RowKeyedStateBackend.onDisk(
                            "operator",
                            Serdes.STRING,
                            GROUPS,
                            range,
                            origin,
                            clock,
                            new RowKeyedStateBackend.Disk(disk, 5, CHAINED));
            backend.setPartSizes(SIZES);
            // The order in which states are obtained is nothing that a program has to keep.
            ReducingState<Long> obtainedFirst = isReversed
                    ? backend.states().reducing(new ReducingStateDescriptor<>("maximum", Serdes.LONG, Math::max))
                    : null;
            value = backend.states().value(new ValueStateDescriptor<>("value", Serdes.LONG));
            box = backend.states().value(new ValueStateDescriptor<>("box", BOX_SERDE));
            timers = backend.timers("timers", Serdes.INTEGER);
            alarms = backend.timers("alarms", NoNamespace.SERDE, TimeDomain.PROCESSING_TIME);
            list = backend.states().list(new ListStateDescriptor<>("list", Serdes.STRING));
            map = backend.states().map(new MapStateDescriptor<>("map", Serdes.STRING, Serdes.LONG));
            maximum = obtainedFirst != null
                    ? obtainedFirst
                    : backend.states().reducing(new ReducingStateDescriptor<>("maximum", Serdes.LONG, Math::max));
            windows = backend.namespaced(Serdes.INTEGER);
            sums = windows.aggregating(new AggregatingStateDescriptor<>("sums", BOX_SERDE, new Sum()));
            stretches = backend.namespacedInParts(Serdes.INTEGER);
            buffer = stretches.list(new ListStateDescriptor<>("buffer", Serdes.STRING));
            StateAccess states = backend.states();
            order = OrderState.of(states, version);
            TimeToLive onWrite = TimeToLive.afterWrite(TTL);
            ValueStateDescriptor<Long> unlimited = new ValueStateDescriptor<>("sometimes", Serdes.LONG);
            sometimes = states.value(isLimited ? unlimited.withTimeToLive(onWrite) : unlimited);
            fleeting = states.value(new ValueStateDescriptor<>("fleeting", Serdes.LONG).withTimeToLive(onWrite));
            fleetingMaximum = states.reducing(
                    new ReducingStateDescriptor<>("fleeting-maximum", Serdes.LONG, Math::max).withTimeToLive(onWrite));
            fleetingSum = states.aggregating(
                    new AggregatingStateDescriptor<>("fleeting-sum", BOX_SERDE, new Sum()).withTimeToLive(onWrite));
            fleetingList =
                    states.list(new ListStateDescriptor<>("fleeting-list", Serdes.STRING).withTimeToLive(onWrite));
            fleetingMap = states.map(new MapStateDescriptor<>("fleeting-map", Serdes.STRING, Serdes.LONG)
                    .withTimeToLive(TimeToLive.afterReadOrWrite(TTL)));
            assertThat(backend.opened()).isEmpty();
        }
    }

    /** A checkpoint, complete or not: what the metadata says, and the model's state. */
    private record Checkpoint(
            long id,
            int parallelism,
            Map<String, Model> models,
            long watermark,
            List<List<Long>> chains,
            boolean isLimited) {}

    /** What one directory holds; by subtask. */
    private record Savepoint(Checkpoint cut, List<byte[]> segments) {}

    private record SegmentId(long checkpoint, int subtask) {}

    /** Of an aborted checkpoint, on its way to the store. */
    private record Upload(long checkpoint, List<KeyedCut> cuts) {}

    private static final class UserFailure extends Exception {
        private static final long serialVersionUID = 1L;
    }

    private static final class Run {
        private final Random random;
        private final KeyGrouper<String> grouper = KeyGrouper.of(Serdes.STRING, GROUPS);
        private final int[] ways = new int[Way.values().length];
        private Map<String, Model> models = new TreeMap<>();
        private List<Subtask> subtasks;
        private long watermark;
        private long lastId;
        private int step;
        private int increments;

        private final Map<SegmentId, byte[]> segments = new HashMap<>(); // HDFS.
        private @Nullable Checkpoint complete;
        private @Nullable Checkpoint pending;
        private boolean isSavepoint; // What is pending.
        private @Nullable Savepoint savepoint; // The newest.
        private @Nullable Savepoint startedFrom; // While no checkpoint of the job is complete.
        private List<KeyedCut> cuts = List.of(); // Of the pending checkpoint; by subtask.
        private @Nullable Upload late; // Whatever is cut meanwhile waits for it.
        private final Set<Long> notStored = new HashSet<>();
        private int leftOpen;
        private final Map<Integer, Map<Long, List<Long>>> chains = new HashMap<>(); // By subtask and checkpoint.
        private final List<StateReplica> standby = new ArrayList<>();

        private final Place place;
        private final RocksEnvironment disk;
        private boolean onDisk;
        private boolean wasOnDisk;
        private final ManualClock clock = new ManualClock();
        private int version = 1; // Of the program.
        private boolean isLimited; // A state has a time-to-live, in this version.
        private int evolved;
        private int gone;
        private int onAborted;
        private int images; // Of stores.
        private int written; // Whole, because the store has too much that does not count any more.
        private long leftOut; // Of segments of rows, as it was of no use.
        private int older; // Segments in the formats of before.
        private int compared; // Replicas that have followed, with what all that is stored comes to.
        private int lost;
        private int mostEntries;
        private int mostElements;
        private int mostBuffered;

        Run(int seed, Place place, RocksEnvironment disk) throws Exception {
            random = new Random(seed);
            this.place = place;
            this.disk = disk;
            onDisk = place == Place.DISK;
            subtasks = new ArrayList<>();
            start(1 + random.nextInt(3), null);
        }

        void close() {
            subtasks.forEach(Run::close);
            standby.forEach(StateReplica::close);
        }

        private static void close(Subtask subtask) {
            RetainedState left = subtask.backend.retain();
            if (left != null) {
                left.close();
            }
        }

        private StateReplica emptyReplica(KeyGroupRange range) {
            return onDisk ? new RocksReplica("operator", range, disk) : new KeyedReplica("operator", range);
        }

        void run() throws Exception {
            int steps = place == Place.HEAP ? STEPS : STEPS_ON_DISK;
            for (step = 0; step < steps; step++) {
                try {
                    step();
                } catch (UserFailure e) {
                    fail();
                }
            }
            compareAll();
            fail();
            compareAll();
            expireAll();
        }

        /** Nothing is used any more, and yet nothing stays that has expired. */
        private void expireAll() {
            clock.millis += 2 * TTL.toMillis();
            for (int cut = 0; cut < 4; cut++) {
                trigger();
            }
            int lasting = 0;
            int mayBeGone = 0;
            int all = 0;
            for (Model model : models.values()) {
                boolean isLasting = !model.isEmpty(clock.millis);
                boolean hasSometimes = !isLimited && model.sometimes != null;
                lasting += isLasting || hasSometimes && !model.sometimes.mayBeGone ? 1 : 0;
                mayBeGone += !isLasting && hasSometimes && model.sometimes.mayBeGone ? 1 : 0;
                all += model.isEmpty() ? 0 : 1;
            }
            assertThat(keyCount()).isBetween(lasting, lasting + mayBeGone);
            gone += all - keyCount();
        }

        private int keyCount() {
            return subtasks.stream().mapToInt(s -> s.backend.keyCount()).sum();
        }

        private void step() throws Exception {
            clock.millis += random.nextInt(3) == 0 ? random.nextInt(6) : 0;
            int dice = random.nextInt(1000);
            if (dice < 60) {
                trigger();
            } else if (dice < 110) {
                settle();
            } else if (dice < 125) {
                fail();
            } else if (dice < 145) {
                advance();
            } else if (dice < 165) {
                ring();
            } else if (dice < 175 || place == Place.EITHER && dice >= 220 && dice < 240) {
                follow(); // Where the place changes, little that has followed comes to be of use.
            } else if (dice < 178) {
                compareAll();
            } else if (dice < 183) {
                endLate();
            } else if (dice < 240) {
                gather(subtasks.get(random.nextInt(subtasks.size())));
            } else if (dice < 360) {
                readMail(subtasks.get(random.nextInt(subtasks.size())));
            } else {
                operate();
            }
        }

        // ---- what the program does -------------------------------------------------------------------------------

        private void operate() throws Exception {
            // Some keys are used often, many seldom.
            String key = KEY_NAMES.get(random.nextInt(random.nextInt(4) == 0 ? KEYS : KEYS / 6));
            Model model = models.computeIfAbsent(key, k -> new Model());
            Subtask subtask = of(key);
            subtask.backend.setCurrentKey(key);
            long number = random.nextInt(1000);
            int namespace = random.nextInt(NAMESPACES);
            subtask.windows.setNamespace(namespace);
            subtask.stretches.setNamespace(namespace % 3);
            switch (random.nextInt(39)) {
                case 0, 1 -> {
                    subtask.value.update(number);
                    model.value = number;
                }
                case 2 -> {
                    subtask.value.clear();
                    model.value = null;
                }
                case 3 -> {
                    for (int i = random.nextInt(MOST_AT_ONCE); i >= 0; i--) {
                        subtask.list.add("e" + (number + i));
                        model.list.add("e" + (number + i));
                    }
                    mostElements = Math.max(mostElements, model.list.size());
                }
                case 4 -> {
                    subtask.list.clear();
                    model.list.clear();
                }
                case 5, 6 -> {
                    for (int i = random.nextInt(MOST_AT_ONCE); i >= 0; i--) {
                        String entry = "m" + random.nextInt(ENTRIES);
                        subtask.map.put(entry, number + i);
                        model.map.put(entry, number + i);
                    }
                    mostEntries = Math.max(mostEntries, model.map.size());
                }
                case 7 -> {
                    for (int i = random.nextInt(MOST_AT_ONCE); i >= 0; i--) {
                        String entry = "m" + random.nextInt(ENTRIES);
                        assertThat(subtask.map.get(entry)).isEqualTo(model.map.get(entry));
                        subtask.map.remove(entry);
                        model.map.remove(entry);
                    }
                }
                case 15 -> {
                    subtask.map.clear();
                    model.map.clear();
                }
                case 16 -> {
                    // The owner's row is used as well, and in between.
                    for (Map.Entry<String, Long> entry : subtask.map.entries()) {
                        assertThat(entry.getValue()).isEqualTo(model.map.get(entry.getKey()));
                        subtask.value.update(entry.getValue());
                        model.value = entry.getValue();
                    }
                }
                case 8 -> {
                    subtask.maximum.add(number);
                    model.maximum = model.maximum == null ? number : Math.max(model.maximum, number);
                }
                case 9 -> {
                    subtask.maximum.clear();
                    model.maximum = null;
                }
                case 10, 11 -> {
                    boolean first = subtask.sums.add(number);
                    assertThat(first).isEqualTo(!model.sums.containsKey(namespace));
                    model.sums.merge(namespace, number, Long::sum);
                }
                case 12 -> {
                    subtask.sums.clear();
                    model.sums.remove(namespace);
                }
                case 13 -> {
                    long[] box = subtask.box.value();
                    if (box == null) {
                        subtask.box.update(new long[] {number});
                        model.box = number;
                    } else {
                        box[0] += number; // In place, and nobody is told.
                        model.box = model.box + number;
                    }
                }
                case 14 -> {
                    // All that the key has.
                    subtask.value.clear();
                    subtask.box.clear();
                    subtask.list.clear();
                    subtask.map.clear();
                    subtask.maximum.clear();
                    subtask.order.state().clear();
                    subtask.sometimes.clear();
                    subtask.fleeting.clear();
                    subtask.fleetingMaximum.clear();
                    subtask.fleetingSum.clear();
                    subtask.fleetingList.clear();
                    subtask.fleetingMap.clear();
                    for (Integer each : List.copyOf(model.sums.keySet())) {
                        subtask.windows.setNamespace(each);
                        subtask.sums.clear();
                    }
                    for (Integer each : model.buffers.keySet()) {
                        subtask.stretches.setNamespace(each);
                        subtask.buffer.clear();
                    }
                    for (String timer : model.timers) {
                        String[] parts = timer.split("/");
                        subtask.timers.delete(Integer.valueOf(parts[1]), Long.parseLong(parts[0]));
                    }
                    for (Long alarm : model.alarms) {
                        subtask.alarms.delete(NoNamespace.NONE, alarm);
                    }
                    models.put(key, new Model());
                }
                case 18 -> {
                    Order given = new Order(number, version < 3 ? "n" + number : null, version < 2 ? 0 : number / 4.0);
                    subtask.order.put(given);
                    model.order = given;
                }
                case 19 -> {
                    subtask.order.state().clear();
                    model.order = null;
                }
                case 20 -> {
                    subtask.sometimes.update(number);
                    model.sometimes = new Sometimes(number, clock.millis);
                }
                case 21, 22 -> {
                    subtask.fleeting.update(number);
                    model.fleeting = new Timed<>(number, clock.millis);
                }
                case 23 -> {
                    subtask.fleetingMaximum.add(number);
                    Long before = Timed.get(model.fleetingMaximum, clock.millis);
                    model.fleetingMaximum =
                            new Timed<>(before == null ? number : Math.max(before, number), clock.millis);
                }
                case 24 -> {
                    Long before = Timed.get(model.fleetingSum, clock.millis);
                    assertThat(subtask.fleetingSum.add(number)).isEqualTo(before == null);
                    model.fleetingSum = new Timed<>(before == null ? number : before + number, clock.millis);
                }
                case 25, 26 -> {
                    for (int i = random.nextInt(MOST_AT_ONCE); i >= 0; i--) {
                        subtask.fleetingList.add("f" + (number + i));
                        model.fleetingList.add(new Timed<>("f" + (number + i), clock.millis));
                    }
                }
                case 27, 28 -> {
                    for (int i = random.nextInt(MOST_AT_ONCE); i >= 0; i--) {
                        String entry = "m" + random.nextInt(ENTRIES);
                        subtask.fleetingMap.put(entry, number + i);
                        model.fleetingMap.put(entry, new Timed<>(number + i, clock.millis));
                    }
                }
                case 29 -> {
                    String entry = "m" + random.nextInt(ENTRIES);
                    Timed<Long> timed = model.fleetingMap.get(entry);
                    assertThat(subtask.fleetingMap.get(entry)).isEqualTo(Timed.get(timed, clock.millis));
                    if (timed != null && timed.isAlive(clock.millis)) {
                        timed.millis = clock.millis; // Reading is a use.
                    }
                }
                case 30 -> {
                    for (int i = random.nextInt(MOST_AT_ONCE); i >= 0; i--) {
                        String entry = "m" + random.nextInt(ENTRIES);
                        subtask.fleetingMap.remove(entry);
                        model.fleetingMap.remove(entry);
                    }
                }
                case 33, 34 -> {
                    List<String> buffer = model.buffers.computeIfAbsent(namespace % 3, none -> new ArrayList<>());
                    for (int i = random.nextInt(MOST_AT_ONCE); i >= 0; i--) {
                        subtask.buffer.add("b" + (number + i));
                        buffer.add("b" + (number + i));
                    }
                    mostBuffered = Math.max(mostBuffered, buffer.size());
                }
                case 35 -> {
                    subtask.stretches.clear();
                    model.buffers.remove(namespace % 3);
                }
                case 31, 32 -> {
                    long at = clock.millis + random.nextInt(ALARM_MILLIS);
                    if (random.nextInt(3) == 0 && !model.alarms.isEmpty()) {
                        at = model.alarms.first();
                        assertThat(subtask.alarms.delete(NoNamespace.NONE, at)).isTrue();
                        model.alarms.remove(at);
                    } else {
                        assertThat(subtask.alarms.register(NoNamespace.NONE, at))
                                .isEqualTo(model.alarms.add(at));
                    }
                }
                default -> {
                    long at = watermark + 1 + random.nextInt(20);
                    String timer = at + "/" + namespace;
                    if (random.nextInt(3) == 0) {
                        assertThat(subtask.timers.delete(namespace, at)).isEqualTo(model.timers.remove(timer));
                    } else {
                        assertThat(subtask.timers.register(namespace, at)).isEqualTo(model.timers.add(timer));
                    }
                }
            }
            if (random.nextInt(150) == 0) {
                throw new UserFailure();
            }
            if (random.nextInt(3) == 0) {
                compare(key, models.get(key));
            }
        }

        private void advance() throws Exception {
            watermark += random.nextInt(12);
            for (Subtask subtask : subtasks) {
                long[] last = {Long.MIN_VALUE};
                subtask.timers.advance(watermark, (key, namespace, at) -> {
                    assertThat(at).isBetween(last[0], watermark);
                    last[0] = at;
                    assertThat(subtask.backend.currentKey()).isEqualTo(key);
                    Model model = models.get(key);
                    assertThat(model.timers.remove(at + "/" + namespace))
                            .as("timer %s of %s", at, key)
                            .isTrue();
                    if (random.nextInt(4) == 0) {
                        subtask.value.update(at);
                        model.value = at;
                    } else if (random.nextInt(4) == 0) {
                        subtask.value.clear();
                        model.value = null;
                        assertThat(subtask.timers.register(namespace, watermark + 5))
                                .isEqualTo(model.timers.add((watermark + 5) + "/" + namespace));
                    } else if (random.nextInt(100) == 0) {
                        throw new UserFailure();
                    }
                });
            }
            for (Model model : models.values()) {
                assertThat(model.timers).noneMatch(timer -> Long.parseLong(timer.split("/")[0]) <= watermark);
            }
        }

        /** By the wall clock, which is far from event time, and does not go back with a failure. */
        private void ring() throws Exception {
            for (Subtask subtask : subtasks) {
                long[] last = {Long.MIN_VALUE};
                subtask.alarms.advance(clock.millis, (key, none, at) -> {
                    assertThat(at).isBetween(last[0], clock.millis);
                    last[0] = at;
                    Model model = models.get(key);
                    assertThat(model.alarms.remove(at))
                            .as("alarm %s of %s", at, key)
                            .isTrue();
                    if (random.nextInt(3) == 0) {
                        long next = at + ALARM_MILLIS;
                        assertThat(subtask.alarms.register(none, next)).isEqualTo(model.alarms.add(next));
                    } else if (random.nextInt(50) == 0) {
                        throw new UserFailure();
                    }
                });
                assertThat(subtask.alarms.earliestMillis()).isGreaterThan(clock.millis);
            }
            for (Model model : models.values()) {
                assertThat(model.alarms).noneMatch(alarm -> alarm <= clock.millis);
            }
        }

        // ---- what the master and the executor do -----------------------------------------------------------------

        /** Every subtask cuts; some may not yet have heard what became of the checkpoint before. */
        private void trigger() {
            if (pending != null) {
                settle();
            }
            long id = ++lastId;
            isSavepoint = random.nextInt(5) == 0;
            List<List<Long>> ofSubtasks = new ArrayList<>();
            List<KeyedCut> taken = new ArrayList<>();
            for (int i = 0; i < subtasks.size(); i++) {
                RowKeyedStateBackend<String> backend = subtasks.get(i).backend;
                KeyedCut cut = isSavepoint ? backend.snapshotWhole(id) : backend.snapshot(id);
                List<Long> chain = new ArrayList<>();
                if (cut.base() != 0) {
                    increments++;
                    assertThat(isSavepoint).isFalse();
                    onAborted += complete == null || cut.base() > complete.id() ? 1 : 0;
                    List<Long> base = chains.get(i).get(cut.base());
                    assertThat(base).as("chain of %s", cut.base()).isNotNull();
                    base.stream().filter(each -> each >= cut.oldestNeeded()).forEach(chain::add);
                }
                chain.add(id);
                taken.add(cut);
                chains.computeIfAbsent(i, subtask -> new TreeMap<>()).put(id, chain);
                ofSubtasks.add(chain);
            }
            Map<String, Model> copy = new TreeMap<>();
            models.forEach((key, model) -> copy.put(key, model.copy()));
            pending = new Checkpoint(id, subtasks.size(), copy, watermark, ofSubtasks, isLimited);
            cuts = taken;
        }

        /** A little of a cut is written, and the program goes on. */
        private void gather(Subtask subtask) {
            if (pending != null) {
                leftOpen += cuts.get(subtasks.indexOf(subtask)).proceed(random.nextInt(300)) ? 0 : 1;
            }
        }

        private void gatherAll() {
            for (KeyedCut cut : cuts) {
                while (!cut.proceed(1000)) {
                    // Bit by bit.
                }
            }
        }

        private void finish(Checkpoint finished) {
            gatherAll();
            if (isSavepoint) {
                savepoint = new Savepoint(finished, bytes(cuts));
            } else {
                store(finished.id(), cuts);
            }
        }

        private void store(long checkpoint, List<KeyedCut> written) {
            List<byte[]> all = bytes(written);
            for (int i = 0; i < all.size(); i++) {
                boolean isOlder = !written.get(i).isOfFiles() && random.nextInt(4) == 0;
                older += isOlder ? 1 : 0;
                segments.put(new SegmentId(checkpoint, i), isOlder ? OlderSegments.of(all.get(i)) : all.get(i));
            }
        }

        private List<byte[]> bytes(List<KeyedCut> of) {
            List<byte[]> all = new ArrayList<>();
            for (KeyedCut cut : of) {
                byte[] segment = cut.bytes();
                all.add(segment);
                if (cut.isOfFiles() && cut.base() == 0) {
                    boolean isImage = StateOnDiskTest.head(segment).isImage();
                    images += isImage ? 1 : 0;
                    this.written += isImage ? 0 : 1;
                }
            }
            return all;
        }

        /** What an aborted checkpoint has still uploaded is stored, or is not. */
        private void endLate() {
            Upload upload = late;
            if (upload == null) {
                return;
            }
            late = null;
            try {
                if (random.nextInt(5) > 0) {
                    store(upload.checkpoint(), upload.cuts());
                    return;
                }
            } catch (UncheckedIOException e) {
                assertThat(e).hasMessageContaining("was given up"); // By a backend that has no use for it any more.
            }
            lose(upload);
        }

        private void lose(Upload upload) {
            lost++;
            notStored.add(upload.checkpoint());
            for (Subtask subtask : subtasks) {
                subtask.mail.add(() -> subtask.backend.abort(upload.checkpoint(), false));
            }
        }

        /** What it is added to is in the store. */
        private boolean isWhole(Checkpoint checkpoint) {
            return IntStream.range(0, checkpoint.parallelism())
                    .allMatch(subtask -> checkpoint.chains().get(subtask).stream()
                            .allMatch(each ->
                                    each == checkpoint.id() || segments.containsKey(new SegmentId(each, subtask))));
        }

        private void settle() {
            Checkpoint settled = pending;
            if (settled == null) {
                return;
            }
            pending = null;
            if (random.nextInt(4) > 0) {
                endLate();
            }
            boolean isReady = isWhole(settled);
            assertThat(isReady
                            || late != null
                            || settled.chains().stream().flatMap(List::stream).anyMatch(notStored::contains))
                    .as("%s is added to what has been deleted", settled.chains())
                    .isTrue();
            boolean completes = isReady && random.nextInt(5) > 1;
            boolean isKept = isReady && !completes && late == null && random.nextInt(4) > 0;
            if (completes) {
                finish(settled);
            } else if (isKept) {
                gatherAll();
                late = isSavepoint ? null : new Upload(settled.id(), cuts);
            } else if (!isReady && late != null) {
                lose(late); // It was waited for in vain.
                late = null;
            }
            for (Subtask subtask : subtasks) {
                subtask.mail.add(
                        completes && !isSavepoint
                                ? () -> subtask.backend.confirm(settled.id())
                                : () -> subtask.backend.abort(settled.id(), isKept));
            }
            if (completes && !isSavepoint) {
                complete(settled);
            }
        }

        private void complete(Checkpoint settled) {
            complete = settled;
            startedFrom = null;
            segments.keySet()
                    .removeIf(id -> id.checkpoint() <= settled.id()
                            && (id.subtask() >= settled.parallelism()
                                    || !settled.chains().get(id.subtask()).contains(id.checkpoint())));
            assertThat(isWhole(settled)).as("chains of %s", settled.chains()).isTrue();
        }

        private void readMail(Subtask subtask) {
            Runnable mail = subtask.mail.poll();
            if (mail != null) {
                mail.run();
            }
        }

        private void follow() throws Exception {
            Checkpoint target = complete;
            if (target == null) {
                return;
            }
            try {
                follow(target);
            } catch (CorruptDataException e) {
                // In the heap nothing follows what was written on the disk; the next checkpoint is another one.
                assertThat(place).isEqualTo(Place.EITHER);
                dropStandby();
            }
        }

        private void follow(Checkpoint target) throws Exception {
            if (standby.size() != target.parallelism()) {
                dropStandby();
                for (int i = 0; i < target.parallelism(); i++) {
                    standby.add(emptyReplica(KeyGroups.rangeOf(i, target.parallelism(), GROUPS)));
                }
            }
            for (int i = 0; i < standby.size(); i++) {
                StateReplica replica = continued(standby.get(i), target, i);
                bringUp(replica, target, i);
                assertThat(replica.checkpoint()).isEqualTo(target.id());
                compareWithAllOf(target, i, replica);
                standby.set(i, replica);
            }
        }

        private void dropStandby() {
            standby.forEach(StateReplica::close);
            standby.clear();
        }

        /** Or an empty one: nothing of a chain is added to what is not part of it, as executors have it. */
        private StateReplica continued(StateReplica replica, Checkpoint target, int subtask) {
            if (replica.isEmpty() || target.chains().get(subtask).contains(replica.checkpoint())) {
                return replica;
            }
            replica.close();
            return emptyReplica(KeyGroups.rangeOf(subtask, target.parallelism(), GROUPS));
        }

        /** Whatever was left out, it is what all segments from the first to the last come to. */
        private void compareWithAllOf(Checkpoint target, int subtask, StateReplica replica) throws Exception {
            if (!(replica instanceof KeyedReplica)) {
                return;
            }
            KeyedReplica all = new KeyedReplica("operator", replica.range());
            for (long each : target.chains().get(subtask)) {
                byte[] bytes = bytes(each, subtask);
                boolean isOlder = ByteBuffer.wrap(bytes).getInt(Integer.BYTES) < Segment.VERSION;
                all.apply(isOlder ? bytes : OlderSegments.of(bytes), each);
            }
            replica.requireComplete();
            if (all.schema().equals(replica.schema())) { // Else the same has other bytes.
                compared++;
                assertThat(ReplicaRows.of(replica)).isEqualTo(ReplicaRows.of(all));
            }
        }

        private void bringUp(StateReplica replica, Checkpoint target, int subtask) throws Exception {
            if (replica.isEmpty()) {
                aimAt(target, replica, subtask);
            }
            for (long each : target.chains().get(subtask)) {
                if (each > replica.checkpoint()) {
                    apply(replica, each, subtask);
                }
            }
        }

        private void apply(StateReplica replica, long checkpoint, int subtask) throws Exception {
            byte[] bytes = bytes(checkpoint, subtask);
            leftOut += bytes.length - replica.apply(new ByteArrayInputStream(bytes), bytes.length, checkpoint);
        }

        /** Or not, which is as good. */
        private void aimAt(Checkpoint target, StateReplica replica, int subtask) throws Exception {
            if (random.nextInt(3) > 0) {
                byte[] newest = bytes(target.id(), subtask);
                replica.aimAt(() -> new ByteArrayInputStream(newest), newest.length);
            }
        }

        private byte[] bytes(long checkpoint, int subtask) {
            byte[] bytes = segments.get(new SegmentId(checkpoint, subtask));
            assertThat(bytes)
                    .as("segment of %s, subtask %s", checkpoint, subtask)
                    .isNotNull();
            return bytes;
        }

        /** The job goes back to the last complete checkpoint; the pending one may turn out to be complete. */
        private void fail() throws Exception {
            Checkpoint was = pending;
            pending = null;
            late = null;
            if (was != null && isWhole(was) && cuts.stream().allMatch(cut -> cut.proceed(0)) && random.nextBoolean()) {
                finish(was);
                if (!isSavepoint) {
                    complete(was);
                }
            }
            Savepoint from = startedFrom == null && random.nextInt(6) == 0 ? savepoint : null;
            if (from != null) {
                becomeJobFrom(from);
                return;
            }
            Checkpoint target = startedFrom == null ? complete : startedFrom.cut();
            if (target == null) {
                models = new TreeMap<>();
                watermark = 0;
                start(1 + random.nextInt(3), null);
                return;
            }
            restoreModels(target);
            boolean isRescaled = random.nextInt(4) == 0;
            int parallelism =
                    isRescaled ? 1 + random.nextInt(5) : startedFrom == null ? target.parallelism() : subtasks.size();
            start(parallelism, target);
            if (random.nextInt(3) == 0) {
                compareAll();
            }
        }

        private void restoreModels(Checkpoint target) {
            models = new TreeMap<>();
            target.models().forEach((key, model) -> models.put(key, model.copy()));
            for (Model model : models.values()) {
                Order order = model.order;
                if (order != null && version == VERSIONS) {
                    model.order = new Order(order.count(), null, order.price());
                }
                if (model.sometimes != null) {
                    model.sometimes.restored(target.isLimited(), isLimited, clock.millis);
                }
            }
            watermark = target.watermark();
        }

        /** Its numbers go on above the savepoint's, as those of a real job do. */
        private void becomeJobFrom(Savepoint from) throws Exception {
            startedFrom = from;
            complete = null;
            segments.clear();
            dropStandby();
            subtasks.forEach(Run::close);
            subtasks = List.of();
            if (version < VERSIONS && random.nextInt(3) == 0) {
                version++;
                evolved++;
            }
            isLimited = random.nextBoolean();
            restoreModels(from.cut());
            lastId = from.cut().id() + random.nextInt(2);
            start(1 + random.nextInt(4), from.cut());
            compareAll();
        }

        private void start(int parallelism, @Nullable Checkpoint target) throws Exception {
            wasOnDisk = onDisk;
            if (place == Place.EITHER && random.nextInt(3) == 0) {
                onDisk = !onDisk;
                dropStandby();
            }
            List<Subtask> started = new ArrayList<>();
            boolean isReversed = random.nextInt(10) == 0;
            List<Subtask> before = new ArrayList<>(subtasks);
            for (int i = 0; i < parallelism; i++) {
                KeyGroupRange range = KeyGroups.rangeOf(i, parallelism, GROUPS);
                KeyedOrigin origin = target == null ? KeyedOrigin.NOTHING : origin(i, range, parallelism, target);
                if (origin instanceof RetainedState) {
                    before.remove(subtasks.get(i));
                }
                started.add(new Subtask(range, origin, isReversed, onDisk ? disk : null, clock, version, isLimited));
            }
            before.forEach(Run::close);
            Map<Integer, Map<Long, List<Long>>> known = new HashMap<>();
            if (target != null && target.parallelism() == parallelism && startedFrom == null) {
                for (int i = 0; i < parallelism; i++) {
                    known.put(
                            i, new TreeMap<>(Map.of(target.id(), target.chains().get(i))));
                }
            } else {
                dropStandby();
            }
            chains.clear();
            chains.putAll(known);
            subtasks = started;
        }

        private KeyedOrigin origin(int subtask, KeyGroupRange range, int parallelism, Checkpoint target)
                throws Exception {
            if (startedFrom != null) {
                return originOfSavepoint(startedFrom, subtask, range, parallelism);
            }
            if (parallelism != target.parallelism()) {
                ways[Way.RESCALED.ordinal()]++;
                StateReplica replica = replicaFor(range);
                for (int i = 0; i < target.parallelism(); i++) {
                    aimAt(target, replica, i);
                    for (long each : target.chains().get(i)) {
                        apply(replica, each, i);
                    }
                }
                replica.standAlone();
                return inPlace(replica);
            }
            if (subtasks.size() == parallelism && onDisk == wasOnDisk && random.nextBoolean()) {
                RetainedState retained = subtasks.get(subtask).backend.retain();
                if (retained != null && retained.tryRewind(target.id())) {
                    ways[Way.RETAINED.ordinal()]++;
                    return retained;
                }
            }
            if (standby.size() == parallelism && random.nextBoolean()) {
                StateReplica replica = continued(standby.get(subtask), target, subtask);
                standby.set(subtask, emptyReplica(range));
                bringUp(replica, target, subtask);
                ways[Way.STANDBY.ordinal()]++;
                return replica;
            }
            ways[Way.CHAIN.ordinal()]++;
            StateReplica replica = replicaFor(range);
            bringUp(replica, target, subtask);
            return inPlace(replica);
        }

        /** On the disk what a backend on the disk has written can be read, and what one in the heap has as well. */
        private StateReplica replicaFor(KeyGroupRange range) {
            return place == Place.EITHER ? new RocksReplica("operator", range, disk) : emptyReplica(range);
        }

        private StateReplica inPlace(StateReplica replica) throws Exception {
            return !onDisk && replica instanceof RocksReplica files ? files.toHeap() : replica;
        }

        private KeyedOrigin originOfSavepoint(Savepoint from, int subtask, KeyGroupRange range, int parallelism)
                throws Exception {
            if (subtasks.size() == parallelism && onDisk == wasOnDisk && random.nextBoolean()) {
                RetainedState retained = subtasks.get(subtask).backend.retain();
                if (retained != null && retained.tryRewind(from.cut().id())) {
                    ways[Way.RETAINED.ordinal()]++;
                    return retained;
                }
            }
            ways[Way.SAVEPOINT.ordinal()]++;
            StateReplica replica = replicaFor(range);
            for (byte[] segment : from.segments()) {
                replica.apply(
                        new ByteArrayInputStream(segment),
                        segment.length,
                        from.cut().id());
            }
            replica.standAlone();
            return inPlace(replica);
        }

        // ---- comparison ------------------------------------------------------------------------------------------

        private void compareAll() throws Exception {
            int keys = 0;
            int expired = 0;
            int timers = 0;
            int alarms = 0;
            int counted = keyCount();
            if (random.nextBoolean()) {
                long first = models.values().stream()
                        .flatMap(model -> model.timers.stream())
                        .mapToLong(timer -> Long.parseLong(timer.split("/")[0]))
                        .min()
                        .orElse(Long.MAX_VALUE);
                assertThat(subtasks.stream()
                                .mapToLong(subtask -> subtask.timers.nextMillis())
                                .min()
                                .orElseThrow())
                        .isEqualTo(first);
            }
            for (Map.Entry<String, Model> each : models.entrySet()) {
                keys += each.getValue().isEmpty(clock.millis) ? 0 : 1;
                expired += each.getValue().isEmpty() || !each.getValue().isEmpty(clock.millis) ? 0 : 1;
                compare(each.getKey(), each.getValue());
                timers += each.getValue().timers.size();
                alarms += each.getValue().alarms.size();
            }
            assertThat(counted).isBetween(keys, keys + expired);
            assertThat(subtasks.stream().mapToInt(s -> s.timers.count()).sum()).isEqualTo(timers);
            assertThat(subtasks.stream().mapToInt(s -> s.alarms.count()).sum()).isEqualTo(alarms);
        }

        private void compare(String key, Model model) throws Exception {
            Subtask subtask = of(key);
            subtask.backend.setCurrentKey(key);
            assertThat(subtask.value.value()).isEqualTo(model.value);
            long[] box = subtask.box.value();
            assertThat(box == null ? null : (Long) box[0]).isEqualTo(model.box);
            assertThat(subtask.list.elements()).containsExactlyElementsOf(model.list);
            assertThat(subtask.map.isEmpty()).isEqualTo(model.map.isEmpty());
            Map<String, Long> entries = new LinkedHashMap<>();
            subtask.map.entries().forEach(entry -> entries.put(entry.getKey(), entry.getValue()));
            assertThat(entries).isEqualTo(model.map);
            assertThat(subtask.maximum.value()).isEqualTo(model.maximum);
            assertThat(subtask.order.get()).isEqualTo(model.order);
            compareSometimes(subtask.sometimes.value(), model);
            long now = clock.millis;
            assertThat(subtask.fleeting.value()).isEqualTo(Timed.get(model.fleeting, now));
            assertThat(subtask.fleetingMaximum.value()).isEqualTo(Timed.get(model.fleetingMaximum, now));
            assertThat(subtask.fleetingSum.result()).isEqualTo(Timed.get(model.fleetingSum, now));
            assertThat(subtask.fleetingList.elements())
                    .containsExactlyElementsOf(model.fleetingList.stream()
                            .filter(each -> each.isAlive(now))
                            .map(each -> each.value)
                            .toList());
            Map<String, Long> living = new LinkedHashMap<>();
            model.fleetingMap.forEach((entry, each) -> {
                if (each.isAlive(now)) {
                    living.put(entry, each.value);
                    each.millis = now; // Reading is a use.
                }
            });
            assertThat(subtask.fleetingMap.isEmpty()).isEqualTo(living.isEmpty());
            Map<String, Long> found = new LinkedHashMap<>();
            subtask.fleetingMap.entries().forEach(entry -> found.put(entry.getKey(), entry.getValue()));
            assertThat(found).isEqualTo(living);
            for (int namespace = 0; namespace < NAMESPACES; namespace++) {
                subtask.windows.setNamespace(namespace);
                assertThat(subtask.sums.result()).isEqualTo(model.sums.get(namespace));
            }
            for (int stretch = 0; stretch < 3; stretch++) {
                subtask.stretches.setNamespace(stretch);
                assertThat(subtask.buffer.elements())
                        .containsExactlyElementsOf(model.buffers.getOrDefault(stretch, List.of()));
            }
        }

        private void compareSometimes(@Nullable Long actual, Model model) {
            Sometimes expected = model.sometimes;
            long horizon = clock.millis - TTL.toMillis();
            if (expected == null || isLimited && expected.latest <= horizon) {
                assertThat(actual).isNull();
                return;
            }
            boolean isAlive = !expected.mayBeGone && (!isLimited || expected.earliest > horizon);
            if (isAlive || actual != null) {
                assertThat(actual).isEqualTo(expected.value);
            }
        }

        private Subtask of(String key) {
            return subtasks.get(KeyGroups.subtaskOf(grouper.groupOf(key), subtasks.size(), GROUPS));
        }
    }
}
