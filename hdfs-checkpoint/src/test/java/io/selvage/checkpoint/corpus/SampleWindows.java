package io.selvage.checkpoint.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.WindowResult;
import io.selvage.api.state.ReducingState;
import io.selvage.api.state.ReducingStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.Trigger;
import io.selvage.checkpoint.backend.JoinStates;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGrouper;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import io.selvage.checkpoint.backend.TimerQueue;
import io.selvage.checkpoint.backend.WindowStates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Steps that windows keep their contents in, and an interval join: they say what their state is of. Like
 * {@link SampleState}, this is part of what the corpus says, and must not change.
 */
abstract class SampleWindows implements Sample {
    static final int KEYS = 30;

    /** Each is an operator, of that uid. */
    enum Step {
        JOIN("join"),
        PANES("panes"),
        SESSIONS("sessions");

        final String uid;

        Step(String uid) {
            this.uid = uid;
        }

        static Step of(String uid) {
            return Step.valueOf(uid.toUpperCase(java.util.Locale.ROOT));
        }
    }

    private final KeyGrouper<Long> grouper = KeyGrouper.of(Serdes.LONG, SampleState.GROUPS);
    private final KeyGroupRange range;
    final KeyedStateBackend<Object> backend;

    private SampleWindows(KeyGroupRange range, KeyedStateBackend<Object> backend) {
        this.range = range;
        this.backend = backend;
    }

    /** @param disk null: in the heap */
    @SuppressWarnings("unchecked")
    static SampleWindows of(Step step, KeyGroupRange range, KeyedOrigin origin, @Nullable RocksEnvironment disk)
            throws Exception {
        Serde<Object> keys = (Serde<Object>) (Serde<?>) Serdes.LONG;
        KeyedStateBackend<Object> backend = disk == null
                ? new RowKeyedStateBackend<>(step.uid, keys, SampleState.GROUPS, range, origin, 0)
                : RowKeyedStateBackend.onDisk(step.uid, keys, SampleState.GROUPS, range, origin, disk);
        SampleWindows sample = switch (step) {
            case JOIN -> new Join(range, backend);
            case PANES -> new Panes(range, backend);
            case SESSIONS -> new Sessions(range, backend);
        };
        assertThat(backend.opened()).isEmpty();
        return sample;
    }

    @Override
    public KeyedStateBackend<?> backend() {
        return backend;
    }

    @Override
    public void fill() throws Exception {
        for (long key = 0; key < KEYS; key++) {
            if (range.contains(grouper.groupOf(key))) {
                backend.setCurrentKey(key);
                fill(key);
            }
        }
    }

    @Override
    public void assertRight() throws Exception {
        TreeSet<String> expected = new TreeSet<>();
        int count = 0;
        for (long key = 0; key < KEYS; key++) {
            if (range.contains(grouper.groupOf(key))) {
                count++;
                backend.setCurrentKey(key);
                expected.addAll(assertRight(key));
            }
        }
        assertThat(backend.keyCount()).isEqualTo(count);
        assertThat(allFired()).isEqualTo(expected);
    }

    /** Of the current key, which has something in each step. */
    abstract void fill(long key) throws Exception;

    /** Of the current key; answers its timers. */
    abstract List<String> assertRight(long key) throws Exception;

    abstract TreeSet<String> allFired() throws Exception;

    static void fire(TimerQueue<Object, Long> timers, String name, TreeSet<String> fired) throws Exception {
        timers.advance(Long.MAX_VALUE, (key, start, millis) -> fired.add(timer(name, (Long) key, start, millis)));
    }

    static String timer(String name, long key, long start, long millis) {
        return name + " of " + key + " from " + start + " at " + millis;
    }

    private record Element(long millis, String value) {}

    private static final class Join extends SampleWindows {
        private static final long LOWER_MILLIS = -5_000;
        private static final long UPPER_MILLIS = 10_000;
        private static final long STRETCH_MILLIS = 15_000;

        private final JoinStates left;
        private final JoinStates right;

        private static final class Nothing extends ProcessJoinFunction<Object, Object, Object> {
            private static final long serialVersionUID = 1L;

            @Override
            public void process(Object left, Object right, Context context, Collector<Object> out) {}
        }

        @SuppressWarnings("unchecked")
        Join(KeyGroupRange range, KeyedStateBackend<Object> backend) {
            super(range, backend);
            Serde<Object> strings = (Serde<Object>) (Serde<?>) Serdes.STRING;
            JoinStates.Both both = JoinStates.of(
                    backend,
                    new OperatorDefinition.IntervalJoin<>(
                            element -> element,
                            element -> element,
                            (Serde<Object>) (Serde<?>) Serdes.LONG,
                            strings,
                            strings,
                            LOWER_MILLIS,
                            UPPER_MILLIS,
                            new Nothing(),
                            null,
                            null));
            left = both.left();
            right = both.right();
        }

        /** Of the first key there are many, in each stretch. */
        private static Map<Long, List<Element>> elementsOf(long key, boolean isLeft) {
            int count = key == 0 ? isLeft ? 2_500 : 700 : (int) (key % 5) + (isLeft ? 1 : 0);
            Map<Long, List<Element>> all = new TreeMap<>();
            for (int i = 0; i < count; i++) {
                long millis = 100_000 + 20L * i + key;
                long start = millis - Math.floorMod(millis, STRETCH_MILLIS);
                all.computeIfAbsent(start, none -> new ArrayList<>())
                        .add(new Element(millis, (isLeft ? "left " : "right ") + i + " of " + key));
            }
            return all;
        }

        private static long endOf(long start, boolean isLeft) {
            return start + STRETCH_MILLIS - 1 + (isLeft ? UPPER_MILLIS : -LOWER_MILLIS);
        }

        @Override
        void fill(long key) {
            fill(left, key, true);
            fill(right, key, false);
        }

        private static void fill(JoinStates into, long key, boolean isLeft) {
            elementsOf(key, isLeft).forEach((start, elements) -> {
                for (Element element : elements) {
                    into.stretches().setNamespace(start);
                    into.timestamps().add(element.millis());
                    into.elements().add(element.value());
                    into.ends().register(start, endOf(start, isLeft));
                }
            });
        }

        @Override
        List<String> assertRight(long key) {
            List<String> timers = new ArrayList<>();
            assertRight(left, key, true, timers);
            assertRight(right, key, false, timers);
            return timers;
        }

        private static void assertRight(JoinStates found, long key, boolean isLeft, List<String> timers) {
            Map<Long, List<Element>> expected = elementsOf(key, isLeft);
            for (long start = 60_000; start < 240_000; start += STRETCH_MILLIS) {
                List<Element> elements = expected.getOrDefault(start, List.of());
                found.stretches().setNamespace(start);
                assertThat(found.timestamps().elements())
                        .containsExactlyElementsOf(
                                elements.stream().map(Element::millis).toList());
                assertThat(found.elements().elements())
                        .containsExactlyElementsOf(elements.stream()
                                .map(each -> (Object) each.value())
                                .toList());
                if (!elements.isEmpty()) {
                    timers.add(timer(isLeft ? "left" : "right", key, start, endOf(start, isLeft)));
                }
            }
        }

        @Override
        TreeSet<String> allFired() throws Exception {
            TreeSet<String> fired = new TreeSet<>();
            fire(left.ends(), "left", fired);
            fire(right.ends(), "right", fired);
            return fired;
        }
    }

    private static final class Sum implements AggregateFunction<Object, Object, Object> {
        private static final long serialVersionUID = 1L;

        @Override
        public Object create() {
            return 0L;
        }

        @Override
        public Object add(Object sum, Object element) {
            return (Long) sum + (Long) element;
        }

        @Override
        public Object result(Object sum) {
            return sum;
        }

        @Override
        public Object merge(Object sum, Object other) {
            return (Long) sum + (Long) other;
        }
    }

    /** Sliding windows without a trigger: numbers, which rows of few panes have in place. */
    private static final class Panes extends SampleWindows {
        private static final long PANE_MILLIS = 20_000;

        private final WindowStates states;

        @SuppressWarnings("unchecked")
        Panes(KeyGroupRange range, KeyedStateBackend<Object> backend) throws Exception {
            super(range, backend);
            states = WindowStates.of(
                    backend,
                    new OperatorDefinition.WindowAggregate<>(
                            element -> element,
                            (Serde<Object>) (Serde<?>) Serdes.LONG,
                            SlidingWindows.of(Duration.ofSeconds(60), Duration.ofSeconds(20)),
                            new Sum(),
                            (Serde<Object>) (Serde<?>) Serdes.LONG,
                            new WindowResult.Plain<>(),
                            null,
                            0,
                            null));
        }

        private static long panesOf(long key) {
            return 1 + key % 12;
        }

        @Override
        void fill(long key) throws Exception {
            for (long pane = 0; pane < panesOf(key); pane++) {
                states.contents().setNamespace(pane * PANE_MILLIS);
                states.accumulators().add(key);
                states.accumulators().add(pane);
            }
            eventTimers().register(-40_000L, 19_999);
        }

        @Override
        List<String> assertRight(long key) throws Exception {
            for (long pane = 0; pane < 15; pane++) {
                states.contents().setNamespace(pane * PANE_MILLIS);
                assertThat(states.accumulators().result()).isEqualTo(pane < panesOf(key) ? (Long) (key + pane) : null);
            }
            return List.of(timer("window", key, -40_000, 19_999));
        }

        @Override
        TreeSet<String> allFired() throws Exception {
            TreeSet<String> fired = new TreeSet<>();
            fire(eventTimers(), "window", fired);
            return fired;
        }

        private TimerQueue<Object, Long> eventTimers() {
            return Objects.requireNonNull(states.eventTimers());
        }
    }

    private static final class Elements implements AggregateFunction<Object, Object, Object> {
        private static final long serialVersionUID = 1L;

        @Override
        public Object create() {
            return new ArrayList<>();
        }

        @Override
        @SuppressWarnings("unchecked")
        public Object add(Object elements, Object element) {
            ((List<Object>) elements).add(element);
            return elements;
        }

        @Override
        public Object result(Object elements) {
            return elements;
        }

        @Override
        @SuppressWarnings("unchecked")
        public Object merge(Object elements, Object others) {
            ((List<Object>) elements).addAll((List<?>) others);
            return elements;
        }
    }

    private static final class Counting implements Trigger<Object> {
        private static final long serialVersionUID = 1L;
        private transient @Nullable ReducingState<Long> count;

        @Override
        public void openState(StateAccess states) {
            count = states.reducing(new ReducingStateDescriptor<>("count", Serdes.LONG, Long::sum));
        }

        ReducingState<Long> count() {
            return Objects.requireNonNull(count);
        }

        @Override
        public Result onElement(Object element, long timestampMillis, Context context) {
            return Result.CONTINUE;
        }
    }

    /** With all their elements, and a trigger that has a state. */
    private static final class Sessions extends SampleWindows {
        private final Counting trigger = new Counting();
        private final WindowStates states;

        @SuppressWarnings("unchecked")
        Sessions(KeyGroupRange range, KeyedStateBackend<Object> backend) throws Exception {
            super(range, backend);
            states = WindowStates.of(
                    backend,
                    new OperatorDefinition.WindowAggregate<>(
                            element -> element,
                            (Serde<Object>) (Serde<?>) Serdes.LONG,
                            SessionWindows.withGap(Duration.ofSeconds(30)),
                            new Elements(),
                            (Serde<Object>) (Serde<?>) Serdes.list(Serdes.STRING),
                            new WindowResult.Plain<>(),
                            trigger,
                            0,
                            null));
        }

        private static long sessionsOf(long key) {
            return 1 + key % 3;
        }

        private static List<Object> elementsOf(long key, long session) {
            List<Object> all = new ArrayList<>();
            for (int i = 0; i < (key == 1 ? 400 : 1 + key % 4); i++) {
                all.add("element " + i + " of " + key + " in " + session);
            }
            return all;
        }

        private static long startOf(long session) {
            return 1_000 + 100_000 * session;
        }

        @Override
        void fill(long key) throws Exception {
            for (long session = 0; session < sessionsOf(key); session++) {
                long start = startOf(session);
                states.contents().setNamespace(start);
                Objects.requireNonNull(states.ofTrigger()).setNamespace(start);
                for (Object element : elementsOf(key, session)) {
                    states.accumulators().add(element);
                    trigger.count().add(1L);
                }
                Objects.requireNonNull(states.sessions()).put(start, start + 40_000);
                Objects.requireNonNull(states.eventTimers()).register(start, start + 39_999);
                Objects.requireNonNull(states.processingTimers()).register(start, 7_000_000 + key);
            }
        }

        @Override
        List<String> assertRight(long key) throws Exception {
            List<String> timers = new ArrayList<>();
            Map<Long, Long> sessions = new TreeMap<>();
            for (long session = 0; session < 4; session++) {
                long start = startOf(session);
                boolean isThere = session < sessionsOf(key);
                List<Object> elements = elementsOf(key, session);
                states.contents().setNamespace(start);
                Objects.requireNonNull(states.ofTrigger()).setNamespace(start);
                assertThat(states.accumulators().result()).isEqualTo(isThere ? elements : null);
                assertThat(trigger.count().value()).isEqualTo(isThere ? (Long) (long) elements.size() : null);
                if (isThere) {
                    sessions.put(start, start + 40_000);
                    timers.add(timer("session", key, start, start + 39_999));
                    timers.add(timer("alarm", key, start, 7_000_000 + key));
                }
            }
            Map<Long, Long> found = new TreeMap<>();
            Objects.requireNonNull(states.sessions())
                    .entries()
                    .forEach(each -> found.put(each.getKey(), each.getValue()));
            assertThat(found).isEqualTo(sessions);
            return timers;
        }

        @Override
        TreeSet<String> allFired() throws Exception {
            TreeSet<String> fired = new TreeSet<>();
            fire(Objects.requireNonNull(states.eventTimers()), "session", fired);
            fire(Objects.requireNonNull(states.processingTimers()), "alarm", fired);
            return fired;
        }
    }
}
