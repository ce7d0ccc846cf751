package io.selvage.checkpoint.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.state.AggregatingState;
import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.state.Aggregator;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ReducingState;
import io.selvage.api.state.ReducingStateDescriptor;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGrouper;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.NamespacedStates;
import io.selvage.checkpoint.backend.NoNamespace;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import io.selvage.checkpoint.backend.TimerQueue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An operator with a state of each kind and two queues of timers, and what each of its keys has in them. It is part of
 * what the corpus says: what is here must not change, or what is restored is compared with something else.
 */
public final class SampleState implements Sample {
    public static final String UID = "sample";
    public static final int GROUPS = 16;
    public static final int KEYS = 40;
    public static final KeyGroupRange ALL = new KeyGroupRange(0, GROUPS);

    public static final ValueStateDescriptor<Account> ACCOUNT =
            new ValueStateDescriptor<>("account", Serdes.of(Account.class));
    public static final ListStateDescriptor<String> HISTORY = new ListStateDescriptor<>("history", Serdes.STRING);
    public static final MapStateDescriptor<String, Long> TAGS =
            new MapStateDescriptor<>("tags", Serdes.STRING, Serdes.LONG);

    /** Of a sample with large state: a key has a map of so many entries, and a list of so many elements. */
    private static final int LARGE = 3_000;

    /** Each so many keys. */
    private static final int LARGE_EVERY = 20;

    /** A value with a component that may be null. */
    public record Account(
            String owner, long cents, @Nullable Instant since) {}

    private static final class Mean implements Aggregator<Long, List<Long>, Double> {
        private static final long serialVersionUID = 1L;

        @Override
        public List<Long> create() {
            return List.of(0L, 0L);
        }

        @Override
        public List<Long> add(List<Long> accumulator, Long element) {
            return List.of(accumulator.get(0) + element, accumulator.get(1) + 1);
        }

        @Override
        public Double result(List<Long> accumulator) {
            return (double) accumulator.get(0) / accumulator.get(1);
        }
    }

    private final KeyGrouper<String> grouper = KeyGrouper.of(Serdes.STRING, GROUPS);
    private final KeyGroupRange range;
    private final KeyedStateBackend<String> backend;
    private final ValueState<Account> account;
    private final ListState<String> history;
    private final MapState<String, Long> tags;
    private final ReducingState<Long> total;
    private final AggregatingState<Long, Double> mean;
    private final NamespacedStates<Long> windows;
    private final ValueState<Long> perWindow;
    private final TimerQueue<String, NoNamespace> alarms;
    private final TimerQueue<String, Long> ends;

    private final @Nullable MapState<Long, Account> pages; // null: a sample without large state.
    private final @Nullable ListState<Long> visits;

    private SampleState(KeyGroupRange range, KeyedStateBackend<String> backend, boolean isLarge) {
        this.range = range;
        this.backend = backend;
        account = backend.states().value(ACCOUNT);
        history = backend.states().list(HISTORY);
        tags = backend.states().map(TAGS);
        total = backend.states().reducing(new ReducingStateDescriptor<>("total", Serdes.LONG, Long::sum));
        mean = backend.states()
                .aggregating(new AggregatingStateDescriptor<>("mean", Serdes.list(Serdes.LONG), new Mean()));
        windows = backend.namespaced(Serdes.LONG);
        perWindow = windows.value(new ValueStateDescriptor<>("per-window", Serdes.LONG));
        alarms = backend.timers("alarms", NoNamespace.SERDE);
        ends = backend.timers("ends", Serdes.LONG);
        MapStateDescriptor<Long, Account> ofPages =
                new MapStateDescriptor<>("pages", Serdes.LONG, Serdes.of(Account.class));
        pages = isLarge ? backend.states().map(ofPages) : null;
        visits = isLarge ? backend.states().list(new ListStateDescriptor<>("visits", Serdes.LONG)) : null;
        assertThat(backend.opened()).isEmpty();
    }

    public static SampleState inHeap(KeyGroupRange range, KeyedOrigin origin) {
        return inHeap(range, origin, false);
    }

    public static SampleState inHeap(KeyGroupRange range, KeyedOrigin origin, boolean isLarge) {
        return new SampleState(
                range, new RowKeyedStateBackend<>(UID, Serdes.STRING, GROUPS, range, origin, 0), isLarge);
    }

    public static SampleState onDisk(KeyGroupRange range, KeyedOrigin origin, RocksEnvironment disk) {
        return onDisk(range, origin, disk, false);
    }

    public static SampleState onDisk(KeyGroupRange range, KeyedOrigin origin, RocksEnvironment disk, boolean isLarge) {
        return new SampleState(
                range, RowKeyedStateBackend.onDisk(UID, Serdes.STRING, GROUPS, range, origin, disk), isLarge);
    }

    @Override
    public KeyedStateBackend<String> backend() {
        return backend;
    }

    public static String key(int number) {
        return "key-" + number;
    }

    public boolean has(int number) {
        return range.contains(grouper.groupOf(key(number)));
    }

    @Override
    public void fill() throws Exception {
        for (int number = 0; number < KEYS; number++) {
            if (has(number)) {
                fill(number);
            }
        }
    }

    private void fill(int number) throws Exception {
        backend.setCurrentKey(key(number));
        account.update(accountOf(number));
        for (String each : historyOf(number)) {
            history.add(each);
        }
        tagsOf(number).forEach(tags::put);
        total.add((long) number);
        total.add(100L);
        mean.add((long) number);
        mean.add(number + 1L);
        for (long window = 0; window < number % 4; window++) {
            windows.setNamespace(window);
            perWindow.update(10 * window + number);
            ends.register(window, 5_000 + window);
        }
        if (number % 3 == 0) {
            alarms.register(NoNamespace.NONE, 1_000 + number);
        }
        if (pages != null && visits != null && number % LARGE_EVERY == 0) {
            for (int i = 0; i < LARGE; i++) {
                pages.put((long) i, accountOf(i + number));
                visits.add(i + 10L * number);
            }
        }
    }

    /** So that a checkpoint after it has something to add. */
    public void change(int number, long cents) {
        backend.setCurrentKey(key(number));
        account.update(new Account("changed", cents, null));
    }

    public static Account accountOf(int number) {
        return new Account("owner of " + number, 100L * number, number % 2 == 0 ? Instant.ofEpochSecond(number) : null);
    }

    public static List<String> historyOf(int number) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < number % 5; i++) {
            all.add("event " + i);
        }
        return all;
    }

    public static Map<String, Long> tagsOf(int number) {
        Map<String, Long> all = new LinkedHashMap<>();
        for (long i = 0; i < number % 3; i++) {
            all.put("tag-" + (9 - i), i + number);
        }
        return all;
    }

    @Override
    public void assertRight() throws Exception {
        TreeSet<String> expectedAlarms = new TreeSet<>();
        TreeSet<String> expectedEnds = new TreeSet<>();
        int count = 0;
        for (int number = 0; number < KEYS; number++) {
            if (!has(number)) {
                continue;
            }
            count++;
            backend.setCurrentKey(key(number));
            assertThat(account.value()).isEqualTo(accountOf(number));
            assertThat(history.elements()).containsExactlyElementsOf(historyOf(number));
            assertThat(tags.entries()).containsExactlyElementsOf(tagsOf(number).entrySet());
            assertThat(total.value()).isEqualTo(100L + number);
            assertThat(mean.result()).isEqualTo(number + 0.5);
            for (long window = 0; window < 4; window++) {
                windows.setNamespace(window);
                assertThat(perWindow.value()).isEqualTo(window < number % 4 ? (Long) (10 * window + number) : null);
                if (window < number % 4) {
                    expectedEnds.add(key(number) + "/" + window + "@" + (5_000 + window));
                }
            }
            if (number % 3 == 0) {
                expectedAlarms.add(key(number) + "@" + (1_000 + number));
            }
            if (pages != null && visits != null) {
                assertLargeRight(pages, visits, number);
            }
        }
        assertThat(backend.keyCount()).isEqualTo(count);
        TreeSet<String> fired = new TreeSet<>();
        alarms.advance(Long.MAX_VALUE, (key, none, millis) -> fired.add(key + "@" + millis));
        assertThat(fired).isEqualTo(expectedAlarms);
        fired.clear();
        ends.advance(Long.MAX_VALUE, (key, window, millis) -> fired.add(key + "/" + window + "@" + millis));
        assertThat(fired).isEqualTo(expectedEnds);
    }

    private static void assertLargeRight(MapState<Long, Account> pages, ListState<Long> visits, int number) {
        Map<Long, Account> expectedPages = new TreeMap<>();
        List<Long> expectedVisits = new ArrayList<>();
        for (int i = 0; i < (number % LARGE_EVERY == 0 ? LARGE : 0); i++) {
            expectedPages.put((long) i, accountOf(i + number));
            expectedVisits.add(i + 10L * number);
        }
        Map<Long, Account> found = new TreeMap<>();
        pages.entries().forEach(each -> found.put(each.getKey(), each.getValue()));
        assertThat(found).isEqualTo(expectedPages);
        assertThat(visits.elements()).containsExactlyElementsOf(expectedVisits);
    }
}
