package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class HeapKeyedStateBackendTest {
    private static final int GROUPS = 16;
    private static final int SEEDS = Integer.getInteger("selvage.backend.seeds", 60);
    private static final int STEPS = 600;
    private static final int KEYS = 60;
    private static final int NAMESPACES = 14;

    /** Any random use, with snapshots and restores to other parallelisms in between, ends like plain maps. */
    @Test
    void behavesLikePlainMapsThroughSnapshotsAndRescaling() throws Exception {
        for (int seed = 1; seed <= SEEDS; seed++) {
            try {
                new Run(seed).run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    @Test
    void aKeyWithoutStateTakesNoRoom() {
        HeapKeyedStateBackend<String> backend = fresh(Serdes.STRING);
        ValueState<Long> value = backend.states().value(new ValueStateDescriptor<>("v", Serdes.LONG));
        MapState<String, Long> map = backend.states().map(new MapStateDescriptor<>("m", Serdes.STRING, Serdes.LONG));
        backend.opened();
        backend.setCurrentKey("a");
        assertThat(value.value()).isNull();
        assertThat(backend.keyCount()).isZero();
        value.update(1L);
        map.put("x", 1L);
        value.clear();
        assertThat(backend.keyCount()).isEqualTo(1);
        map.remove("x");
        assertThat(backend.keyCount()).isZero();
        map.put("y", 2L);
        assertThat(map.get("y")).isEqualTo(2);
    }

    @Test
    void byteArraysAreKeysByTheirContent() {
        HeapKeyedStateBackend<byte[]> backend = fresh(Serdes.BYTES);
        ValueState<Long> value = backend.states().value(new ValueStateDescriptor<>("v", Serdes.LONG));
        backend.opened();
        backend.setCurrentKey(new byte[] {1, 2});
        value.update(7L);
        backend.setCurrentKey(new byte[] {1, 3});
        assertThat(value.value()).isNull();
        backend.setCurrentKey(new byte[] {1, 2});
        assertThat(value.value()).isEqualTo(7);
    }

    @Test
    void anotherFormatIsRefusedWithTheStateAndBothFormats() {
        byte[] bytes = withCounter();
        HeapKeyedStateBackend<String> backend =
                new HeapKeyedStateBackend<>("count", Serdes.STRING, GROUPS, all(), replica(bytes));
        assertThatThrownBy(() -> backend.states().value(new ValueStateDescriptor<>("counter", Serdes.STRING)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessage("The state \"counter\" of operator count was written as state value<i64> and is now"
                        + " declared as state value<string>. Declare it as it was, or give it another name to start it"
                        + " empty.");
        HeapKeyedStateBackend<String> other =
                new HeapKeyedStateBackend<>("count", Serdes.STRING, GROUPS, all(), replica(bytes));
        assertThatThrownBy(() -> other.timers("counter", NoNamespace.SERDE)).isInstanceOf(StateMismatchException.class);
    }

    @Test
    void otherKeysAndOtherNumbersOfKeyGroupsAreRefused() {
        byte[] bytes = withCounter();
        assertThatThrownBy(() -> new HeapKeyedStateBackend<>("count", Serdes.LONG, GROUPS, all(), replica(bytes)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("The keys of operator count were written as string and are now i64");
        assertThatThrownBy(() -> new HeapKeyedStateBackend<>(
                        "count", Serdes.STRING, 2 * GROUPS, new KeyGroupRange(0, 2 * GROUPS), replica(bytes)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("written with 16 key groups")
                .hasMessageContaining("set the job's maximum parallelism back to 16");
    }

    @Test
    void bytesOfSomethingElseAreRefused() {
        assertThatThrownBy(
                        () -> new HeapKeyedStateBackend<>("count", Serdes.STRING, GROUPS, all(), replica(new byte[40])))
                .isInstanceOf(CorruptDataException.class);
    }

    @Test
    void aStateThatIsNotDeclaredAnyMoreIsDroppedAndNamed() {
        HeapKeyedStateBackend<String> backend =
                new HeapKeyedStateBackend<>("count", Serdes.STRING, GROUPS, all(), replica(withCounter()));
        backend.states().value(new ValueStateDescriptor<>("other", Serdes.LONG));
        assertThat(backend.opened()).containsExactly("counter");
        assertThat(backend.keyCount()).isZero();
    }

    @Test
    void twoStatesOfOneNameAndStatesAfterOpeningAreRefused() {
        HeapKeyedStateBackend<String> backend = fresh(Serdes.STRING);
        backend.states().value(new ValueStateDescriptor<>("v", Serdes.LONG));
        assertThatThrownBy(() -> backend.states().value(new ValueStateDescriptor<>("v", Serdes.LONG)))
                .hasMessageContaining("two states of the name \"v\"");
        backend.opened();
        assertThatThrownBy(() -> backend.states().value(new ValueStateDescriptor<>("w", Serdes.LONG)))
                .hasMessageContaining("Obtain it in openState");
    }

    @Test
    void aKeyOfAnotherSubtaskIsRefused() {
        HeapKeyedStateBackend<String> backend = new HeapKeyedStateBackend<>(
                "count", Serdes.STRING, GROUPS, new KeyGroupRange(0, 0), KeyedOrigin.NOTHING);
        ValueState<Long> value = backend.states().value(new ValueStateDescriptor<>("v", Serdes.LONG));
        backend.opened();
        backend.setCurrentKey("a");
        assertThatThrownBy(() -> value.update(1L)).hasMessageContaining("whose groups are");
    }

    @Test
    void timersFireInOrderOnceAndMayRegisterOthersThatAreDue() throws Exception {
        HeapKeyedStateBackend<String> backend = fresh(Serdes.STRING);
        TimerQueue<String, NoNamespace> timers = backend.timers("t", NoNamespace.SERDE);
        backend.opened();
        backend.setCurrentKey("a");
        assertThat(timers.register(NoNamespace.NONE, 30)).isTrue();
        assertThat(timers.register(NoNamespace.NONE, 10)).isTrue();
        assertThat(timers.register(NoNamespace.NONE, 10)).isFalse();
        backend.setCurrentKey("b");
        assertThat(timers.register(NoNamespace.NONE, 10)).isTrue();
        assertThat(timers.register(NoNamespace.NONE, 40)).isTrue();
        assertThat(timers.delete(NoNamespace.NONE, 40)).isTrue();
        assertThat(timers.delete(NoNamespace.NONE, 40)).isFalse();
        assertThat(timers.nextMillis()).isEqualTo(10);
        List<String> fired = new ArrayList<>();
        int count = timers.advance(29, (key, namespace, at) -> {
            assertThat(backend.currentKey()).isEqualTo(key);
            fired.add(key + at);
            if (key.equals("b") && at == 10) {
                timers.register(namespace, 20);
            }
        });
        assertThat(count).isEqualTo(3);
        assertThat(fired.subList(0, 2)).containsExactlyInAnyOrder("a10", "b10");
        assertThat(fired.get(2)).isEqualTo("b20");
        assertThat(timers.nextMillis()).isEqualTo(30);
        assertThat(timers.count()).isEqualTo(1);
    }

    private static byte[] withCounter() {
        HeapKeyedStateBackend<String> backend =
                new HeapKeyedStateBackend<>("count", Serdes.STRING, GROUPS, all(), KeyedOrigin.NOTHING);
        ValueState<Long> counter = backend.states().value(new ValueStateDescriptor<>("counter", Serdes.LONG));
        backend.opened();
        backend.setCurrentKey("a");
        counter.update(1L);
        return snapshot(backend);
    }

    private static <K> HeapKeyedStateBackend<K> fresh(Serde<K> keys) {
        return new HeapKeyedStateBackend<>("operator", keys, GROUPS, all(), KeyedOrigin.NOTHING);
    }

    private static KeyGroupRange all() {
        return new KeyGroupRange(0, GROUPS);
    }

    private static byte[] snapshot(KeyedStateBackend<?> backend) {
        return backend.snapshot(1).bytes();
    }

    private static KeyedReplica replica(byte[]... segments) {
        KeyedReplica replica = new KeyedReplica("count", all());
        for (byte[] segment : segments) {
            replica.apply(segment, 1);
        }
        return replica;
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

    private static final Serde<long[]> SUM_SERDE = new Serde<>() {
        private static final long serialVersionUID = 1L;

        @Override
        public void write(long[] value, BinaryWriter out) {
            out.writeLong(value[0]);
        }

        @Override
        public long[] read(io.selvage.api.type.BinaryReader in) {
            return new long[] {in.readLong()};
        }

        @Override
        public String schema() {
            return "sum";
        }
    };

    /** The model: plain collections for each key. */
    private static final class Model {
        private @Nullable Long value;
        private final List<String> list = new ArrayList<>();
        private final Map<String, Long> map = new LinkedHashMap<>();
        private @Nullable Long maximum;
        private final Map<Integer, Long> sums = new TreeMap<>();
        private final TreeSet<String> timers = new TreeSet<>();
    }

    /** The states of one subtask. */
    private static final class Subtask {
        private final HeapKeyedStateBackend<String> backend;
        private final ValueState<Long> value;
        private final ListState<String> list;
        private final MapState<String, Long> map;
        private final ReducingState<Long> maximum;
        private final NamespacedStates<Integer> windows;
        private final AggregatingState<Long, Long> sums;
        private final TimerQueue<String, Integer> timers;

        Subtask(int index, int parallelism, List<byte[]> segments) {
            backend = new HeapKeyedStateBackend<>(
                    "operator",
                    Serdes.STRING,
                    GROUPS,
                    KeyGroups.rangeOf(index, parallelism, GROUPS),
                    replica(segments.toArray(new byte[0][])));
            value = backend.states().value(new ValueStateDescriptor<>("value", Serdes.LONG));
            timers = backend.timers("timers", Serdes.INTEGER);
            list = backend.states().list(new ListStateDescriptor<>("list", Serdes.STRING));
            map = backend.states().map(new MapStateDescriptor<>("map", Serdes.STRING, Serdes.LONG));
            maximum = backend.states().reducing("maximum", Serdes.LONG, Math::max);
            windows = backend.namespaced(Serdes.INTEGER);
            sums = windows.aggregating("sums", SUM_SERDE, new Sum());
            assertThat(backend.opened()).isEmpty();
        }
    }

    private static final class Run {
        private final Random random;
        private final KeyGrouper<String> grouper = new KeyGrouper<>(Serdes.STRING, GROUPS);
        private final Map<String, Model> models = new TreeMap<>();
        private List<Subtask> subtasks = start(1, List.of());
        private long watermark;

        Run(int seed) {
            random = new Random(seed);
        }

        void run() throws Exception {
            for (int step = 0; step < STEPS; step++) {
                if (random.nextInt(60) == 0) {
                    rescale();
                } else if (random.nextInt(25) == 0) {
                    advance();
                } else {
                    operate();
                }
            }
            rescale();
            compareAll();
        }

        private void operate() throws Exception {
            String key = "key-" + random.nextInt(KEYS);
            Model model = models.computeIfAbsent(key, k -> new Model());
            Subtask subtask = of(key);
            subtask.backend.setCurrentKey(key);
            long number = random.nextInt(1000);
            int namespace = random.nextInt(NAMESPACES);
            subtask.windows.setNamespace(namespace);
            switch (random.nextInt(14)) {
                case 0, 1 -> {
                    subtask.value.update(number);
                    model.value = number;
                }
                case 2 -> {
                    subtask.value.clear();
                    model.value = null;
                }
                case 3 -> {
                    subtask.list.add("e" + number);
                    model.list.add("e" + number);
                }
                case 4 -> {
                    subtask.list.clear();
                    model.list.clear();
                }
                case 5, 6 -> {
                    subtask.map.put("m" + number % 5, number);
                    model.map.put("m" + number % 5, number);
                }
                case 7 -> {
                    subtask.map.remove("m" + number % 5);
                    model.map.remove("m" + number % 5);
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
            compare(key, model);
        }

        private void advance() throws Exception {
            watermark += random.nextInt(12);
            for (Subtask subtask : subtasks) {
                long[] last = {Long.MIN_VALUE};
                subtask.timers.advance(watermark, (key, namespace, at) -> {
                    assertThat(at).isBetween(last[0], watermark);
                    last[0] = at;
                    assertThat(subtask.backend.currentKey()).isEqualTo(key);
                    assertThat(models.get(key).timers.remove(at + "/" + namespace))
                            .as("timer %s of %s", at, key)
                            .isTrue();
                });
            }
            for (Model model : models.values()) {
                assertThat(model.timers).noneMatch(timer -> Long.parseLong(timer.split("/")[0]) <= watermark);
            }
        }

        private void rescale() {
            List<byte[]> segments = new ArrayList<>();
            for (Subtask subtask : subtasks) {
                segments.add(snapshot(subtask.backend));
            }
            subtasks = start(1 + random.nextInt(5), segments);
        }

        private static List<Subtask> start(int parallelism, List<byte[]> segments) {
            List<Subtask> started = new ArrayList<>();
            for (int i = 0; i < parallelism; i++) {
                started.add(new Subtask(i, parallelism, segments));
            }
            return started;
        }

        private void compareAll() throws Exception {
            int keys = 0;
            int timers = 0;
            for (Map.Entry<String, Model> entry : models.entrySet()) {
                Model model = entry.getValue();
                compare(entry.getKey(), model);
                boolean any = model.value != null
                        || !model.list.isEmpty()
                        || !model.map.isEmpty()
                        || model.maximum != null
                        || !model.sums.isEmpty();
                keys += any ? 1 : 0;
                timers += model.timers.size();
            }
            assertThat(subtasks.stream().mapToInt(s -> s.backend.keyCount()).sum())
                    .isEqualTo(keys);
            assertThat(subtasks.stream().mapToInt(s -> s.timers.count()).sum()).isEqualTo(timers);
        }

        private void compare(String key, Model model) throws Exception {
            Subtask subtask = of(key);
            subtask.backend.setCurrentKey(key);
            assertThat(subtask.value.value()).isEqualTo(model.value);
            assertThat(subtask.list.elements()).isEqualTo(model.list);
            assertThat(subtask.map.isEmpty()).isEqualTo(model.map.isEmpty());
            Map<String, Long> entries = new LinkedHashMap<>();
            subtask.map.entries().forEach(entry -> entries.put(entry.getKey(), entry.getValue()));
            assertThat(entries).isEqualTo(model.map);
            assertThat(subtask.maximum.value()).isEqualTo(model.maximum);
            for (int namespace = 0; namespace < NAMESPACES; namespace++) {
                subtask.windows.setNamespace(namespace);
                assertThat(subtask.sums.result()).isEqualTo(model.sums.get(namespace));
            }
        }

        private Subtask of(String key) {
            return subtasks.get(KeyGroups.subtaskOf(grouper.groupOf(key), subtasks.size(), GROUPS));
        }
    }
}
