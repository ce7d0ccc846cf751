package io.selvage.local.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.DataStream;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.FlatMapFunction;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.OpenContext;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.TumblingWindows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorHarnessTest {
    /** How the same steps are run. */
    enum Way {
        PLAIN,
        ON_DISK,
        RESTORED,
        RESTORED_ON_DISK,
        THREE_SUBTASKS;

        <I, O> OperatorHarness.Builder<I, O> apply(OperatorHarness.Builder<I, O> to) {
            return switch (this) {
                case PLAIN -> to;
                case ON_DISK -> to.rocksDb();
                case RESTORED -> to.restoringAfterEachInput();
                case RESTORED_ON_DISK -> to.rocksDb().restoringAfterEachInput();
                case THREE_SUBTASKS -> to.parallelism(3);
            };
        }
    }

    /** Numbers a key's elements, and says how many there were five milliseconds of event time after the last. */
    static final class Numbering extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;
        private transient ValueState<Long> count;
        private transient ValueState<Long> timer;

        @Override
        public void openState(StateAccess states) {
            count = states.value(new ValueStateDescriptor<>("count", Long.class));
            timer = states.value(new ValueStateDescriptor<>("timer", Long.class));
        }

        @Override
        public void process(String element, Context<String> context, Collector<String> out) {
            if (element.equals("poison")) {
                throw new IllegalStateException("poisoned");
            }
            Long before = count.value();
            long now = before == null ? 1 : before + 1;
            count.update(now);
            if (timer.value() != null) {
                context.deleteEventTimeTimer(timer.value());
            }
            timer.update(context.timestampMillis() + 5);
            context.registerEventTimeTimer(context.timestampMillis() + 5);
            out.collect(element + now);
        }

        @Override
        public void onTimer(long timestampMillis, OnTimerContext<String> context, Collector<String> out) {
            out.collect(context.key() + " had " + count.value());
            count.clear();
            timer.clear();
        }
    }

    /** Counts, and forgets to keep the count where it would outlive the function. */
    static final class Forgetful implements FlatMapFunction<String, Integer> {
        private static final long serialVersionUID = 1L;
        private int count;

        @Override
        public void flatMap(String element, Collector<Integer> out) {
            out.collect(++count);
        }
    }

    static final class Counting implements AggregateFunction<String, Long, Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public Long create() {
            return 0L;
        }

        @Override
        public Long add(Long accumulator, String element) {
            return accumulator + 1;
        }

        @Override
        public Long result(Long accumulator) {
            return accumulator;
        }
    }

    private static DataStream<String> numbering(DataStream<String> input) {
        return input.keyBy(element -> element).process(new Numbering()).uid("numbering");
    }

    private static DataStream<String> windows(DataStream<String> input) {
        return windowsOf(input, 10, 0);
    }

    private static DataStream<String> windowsOf(DataStream<String> input, long sizeMillis, long latenessMillis) {
        return input.keyBy(element -> element.substring(0, 1))
                .window(TumblingWindows.of(Duration.ofMillis(sizeMillis)))
                .allowedLateness(Duration.ofMillis(latenessMillis))
                .aggregate(new Counting(), (key, window, count) -> key + window.startMillis() + "=" + count)
                .uid("windows");
    }

    private static OperatorHarness<String, String> open(
            Way way, Function<DataStream<String>, DataStream<String>> steps) {
        return way.apply(OperatorHarness.of(String.class, steps)).open();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aKeyedFunctionHasItsStateAndItsTimers(Way way) {
        try (OperatorHarness<String, String> harness = open(way, OperatorHarnessTest::numbering)) {
            harness.element("x", 1).element("y", 2).element("x", 3);
            assertThat(harness.takeEmitted())
                    .containsExactly(new Emitted<>("x1", 1), new Emitted<>("y1", 2), new Emitted<>("x2", 3));
            assertThat(harness.take()).as("it was taken").isEmpty();
            harness.watermark(7);
            assertThat(harness.takeEmitted()).containsExactly(new Emitted<>("y had 1", 7));
            harness.watermark(8).element("x", 10);
            assertThat(harness.take()).containsExactly("x had 2", "x1");
            assertThat(harness.watermarkMillis()).isEqualTo(8);
            harness.endOfInput();
            assertThat(harness.take()).containsExactly("x had 1");
            assertThat(harness.watermarkMillis()).isEqualTo(Long.MAX_VALUE);
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void windowsFireWithTheWatermarkAndDropWhatComesLater(Way way) {
        try (OperatorHarness<String, String> harness = open(way, OperatorHarnessTest::windows)) {
            harness.element("a1", 3).element("b1", 4).element("a2", 12).watermark(8);
            assertThat(harness.take()).isEmpty();
            harness.element("a3", 9).watermark(9);
            assertThat(harness.takeEmitted())
                    .containsExactlyInAnyOrder(new Emitted<>("a0=2", 9), new Emitted<>("b0=1", 9));
            harness.element("a4", 5).watermark(30);
            assertThat(harness.take()).containsExactly("a10=1");
            assertThat(harness.lateElements()).isOne();
        }
    }

    @Test
    void processingTimePassesOnlyWhenTheTestSaysSo() {
        try (OperatorHarness<Long, Long> harness = OperatorHarness.<Long, Long>of(
                        Long.class,
                        numbers -> numbers.assignTimestamps(
                                WatermarkStrategy.boundedOutOfOrderness(Duration.ofMillis(3), number -> number)))
                .open()) {
            harness.element(10L).element(20L).element(15L);
            assertThat(harness.watermarkMillis())
                    .as("watermarks come every 200 ms")
                    .isEqualTo(Long.MIN_VALUE);
            harness.passTime(Duration.ofMillis(199));
            assertThat(harness.watermarkMillis()).isEqualTo(Long.MIN_VALUE);
            harness.passTime(Duration.ofMillis(1));
            assertThat(harness.watermarkMillis()).isEqualTo(16);
            assertThat(harness.takeEmitted())
                    .containsExactly(new Emitted<>(10L, 10), new Emitted<>(20L, 20), new Emitted<>(15L, 15));
        }
    }

    @Test
    void aStreamWithoutElementsIsIdleUntilTheNextOne() {
        try (OperatorHarness<Long, Long> harness = OperatorHarness.<Long, Long>of(
                        Long.class,
                        numbers ->
                                numbers.assignTimestamps(WatermarkStrategy.<Long>monotonousTimestamps(number -> number)
                                        .withIdleness(Duration.ofSeconds(5))))
                .open()) {
            harness.passTime(Duration.ofMillis(4_999));
            assertThat(harness.isIdle()).isFalse();
            harness.element(10L).passTime(Duration.ofMillis(4_999));
            assertThat(harness.isIdle()).as("an element has come meanwhile").isFalse();
            harness.element(20L).passTime(Duration.ofMillis(5_000));
            assertThat(harness.isIdle()).isTrue();
            assertThat(harness.watermarkMillis()).isEqualTo(19);
            harness.element(15L);
            assertThat(harness.isIdle()).isFalse();
            assertThat(harness.passTime(Duration.ofSeconds(1)).watermarkMillis())
                    .as("it never goes back")
                    .isEqualTo(19);
            harness.passTime(Duration.ofHours(1)).endOfInput();
            assertThat(harness.isIdle()).as("an end is no pause").isFalse();
            assertThat(harness.watermarkMillis()).isEqualTo(Long.MAX_VALUE);
            assertThat(harness.passTime(Duration.ofHours(1)).isIdle()).isFalse();
        }
    }

    @Test
    void withoutIdlenessAStreamIsNeverIdle() {
        try (OperatorHarness<Long, Long> harness = OperatorHarness.<Long, Long>of(
                        Long.class,
                        numbers -> numbers.assignTimestamps(WatermarkStrategy.monotonousTimestamps(number -> number)))
                .open()) {
            assertThat(harness.element(1L).passTime(Duration.ofDays(1)).isIdle())
                    .isFalse();
        }
    }

    @Test
    void operatorsPassOnThatTheirInputIsIdle() {
        try (OperatorHarness<String, String> harness = open(Way.PLAIN, OperatorHarnessTest::windows)) {
            assertThat(harness.idle(true).isIdle()).isTrue();
            assertThat(harness.idle(false).isIdle()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSnapshotIsRestoredAtAnyParallelismAndAnyNumberOfTimes(boolean isOnDisk) {
        List<String> keys =
                IntStream.range(0, 50).mapToObj(each -> "key-" + each).toList();
        OperatorHarness.Builder<String, String> builder =
                OperatorHarness.of(String.class, OperatorHarnessTest::numbering).parallelism(2);
        try (OperatorHarness<String, String> harness =
                isOnDisk ? builder.rocksDb().open() : builder.open()) {
            keys.forEach(key -> harness.element(key, 1));
            Snapshot one = harness.snapshot();
            keys.forEach(key -> harness.element(key, 2));
            assertThat(harness.take()).hasSize(100).contains("key-7" + 1, "key-7" + 2);
            for (int parallelism : new int[] {3, 1, 2, 5}) {
                harness.restore(one, parallelism);
                keys.forEach(key -> harness.element(key, 3));
                assertThat(harness.take())
                        .containsExactlyElementsOf(
                                keys.stream().map(key -> key + 2).toList());
                harness.watermark(8);
                assertThat(harness.take())
                        .containsExactlyInAnyOrderElementsOf(
                                keys.stream().map(key -> key + " had 2").toList());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Way.class,
            names = {"PLAIN", "ON_DISK"})
    void windowsOfAnotherSizeAreNotRestored(Way way) {
        Snapshot left;
        try (OperatorHarness<String, String> harness = open(way, OperatorHarnessTest::windows)) {
            left = harness.element("a1", 3).snapshot();
        }
        Function<DataStream<String>, DataStream<String>> larger = input -> windowsOf(input, 20, 0);
        assertThatThrownBy(() -> way.apply(OperatorHarness.of(String.class, larger))
                        .from(left)
                        .open())
                .hasMessageContainingAll("windows of 10 ms each 10 ms", "windows of 20 ms each 20 ms", "another uid");
        try (OperatorHarness<String, String> harness = open(way, larger)) {
            assertThatThrownBy(() -> harness.restore(left)).hasMessageContaining("windows of 10 ms each 10 ms");
        }
    }

    @Test
    void windowsThatWereOpenWhenTheLatenessChangedGoInTheEnd() {
        int[] bytes = new int[2];
        for (int elements = 0; elements < 2; elements++) {
            Snapshot left;
            try (OperatorHarness<String, String> harness = open(Way.PLAIN, OperatorHarnessTest::windows)) {
                left = (elements == 0 ? harness : harness.element("a1", 3)).snapshot();
            }
            Function<DataStream<String>, DataStream<String>> lenient = input -> windowsOf(input, 10, 5);
            try (OperatorHarness<String, String> harness =
                    OperatorHarness.of(String.class, lenient).from(left).open()) {
                harness.watermark(12);
                assertThat(harness.take()).hasSize(elements);
                if (elements == 1) {
                    assertThat(harness.element("a2", 4).take()).as("late").containsExactly("a0=2");
                }
                bytes[elements] = Objects.requireNonNull(
                                harness.watermark(14).snapshot().parts.get(0).keyed())
                        .length;
            }
        }
        assertThat(bytes[1]).as("nothing is left of it").isEqualTo(bytes[0]);
    }

    @Test
    void aSnapshotOutlivesItsHarness() {
        Snapshot left;
        try (OperatorHarness<String, String> harness = open(Way.PLAIN, OperatorHarnessTest::numbering)) {
            left = harness.element("x", 1).snapshot();
        }
        try (OperatorHarness<String, String> harness = OperatorHarness.of(String.class, OperatorHarnessTest::numbering)
                .from(left)
                .open()) {
            assertThat(harness.element("x", 2).take()).containsExactly("x2");
        }
    }

    @Test
    void whatAFunctionKeepsOutsideOfItsStateIsFoundByRestoring() {
        Function<DataStream<String>, DataStream<Integer>> steps = input -> input.flatMap(new Forgetful());
        try (OperatorHarness<String, Integer> plain =
                        OperatorHarness.of(String.class, steps).open();
                OperatorHarness<String, Integer> restored = OperatorHarness.of(String.class, steps)
                        .restoringAfterEachInput()
                        .open()) {
            assertThat(plain.element("a").element("b").take()).containsExactly(1, 2);
            assertThat(restored.element("a").element("b").take()).containsExactly(1, 1);
        }
    }

    @Test
    void whatAFunctionThrowsComesOutWithOperatorAndElement() {
        try (OperatorHarness<String, String> harness = open(Way.PLAIN, OperatorHarnessTest::numbering)) {
            assertThatThrownBy(() -> harness.element("poison", 1))
                    .hasMessageContainingAll("process (1/1)", "poisoned")
                    .hasRootCauseMessage("poisoned");
        }
    }

    @Test
    void severalStepsAreRunInTheirOrder() {
        try (OperatorHarness<String, String> harness = OperatorHarness.<String, String>of(
                        String.class,
                        words -> words.filter(word -> !word.isEmpty())
                                .map(word -> word + "!")
                                .keyBy(word -> word)
                                .process(new Numbering())
                                .uid("numbering")
                                .map(text -> "<" + text + ">"))
                .open()) {
            assertThat(harness.element("a", 1).element("", 2).element("a", 3).take())
                    .containsExactly("<a!1>", "<a!2>");
        }
    }

    @Test
    void stepsThatAHarnessCanNotRunAreRefusedWithTheRemedy() {
        assertThatThrownBy(
                        () -> OperatorHarness.of(String.class, input -> input).open())
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("no step");
        assertThatThrownBy(() -> OperatorHarness.<String, String>of(
                                String.class, words -> numbering(words.map(word -> word + "!")))
                        .parallelism(2)
                        .open())
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("begin with keyBy, or use one subtask");
        assertThatThrownBy(() -> OperatorHarness.of(String.class, OperatorHarnessTest::numbering)
                        .parallelism(129)
                        .open())
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("128");
    }

    private static final AtomicInteger OPEN = new AtomicInteger();

    /** Fails while it is opened, if it is the second. */
    static final class Closing implements FlatMapFunction<String, String> {
        private static final long serialVersionUID = 1L;
        private final int failing;

        Closing(int failing) {
            this.failing = failing;
        }

        @Override
        public void open(OpenContext context) {
            OPEN.incrementAndGet();
            if (context.subtask() == failing) {
                throw new IllegalStateException("not this one");
            }
        }

        @Override
        public void flatMap(String element, Collector<String> out) {}

        @Override
        public void close() {
            OPEN.decrementAndGet();
        }
    }

    @Test
    void everyFunctionIsClosedWhateverHappens() {
        OPEN.set(0);
        OperatorHarness.<String, String>of(String.class, input -> input.flatMap(new Closing(-1)))
                .parallelism(3)
                .restoringAfterEachInput()
                .open()
                .element("a")
                .close();
        assertThat(OPEN).hasValue(0);
        assertThatThrownBy(
                        () -> OperatorHarness.<String, String>of(String.class, input -> input.flatMap(new Closing(1)))
                                .parallelism(3)
                                .open())
                .hasMessageContaining("not this one");
        assertThat(OPEN).hasValue(0);
    }

    /** Gives its state a list, and goes on changing it. */
    static final class Sharing extends KeyedProcessFunction<String, String, Integer> {
        private static final long serialVersionUID = 1L;
        private final List<String> all = new ArrayList<>();
        private transient ValueState<List<String>> seen;

        @Override
        public void openState(StateAccess states) {
            seen = states.value(new ValueStateDescriptor<>("seen", Serdes.list(Serdes.STRING)));
        }

        @Override
        public void process(String element, Context<String> context, Collector<Integer> out) {
            seen.value();
            all.add(element);
            seen.update(all);
            out.collect(all.size());
        }
    }

    @Test
    void aValueThatIsChangedAfterItWasGivenToAStateIsFound() {
        try (OperatorHarness<String, Integer> harness = OperatorHarness.<String, Integer>of(
                        String.class,
                        words -> words.keyBy(word -> word)
                                .process(new Sharing())
                                .name("share")
                                .uid("share"))
                .open()) {
            harness.element("a", 1).element("b", 2);
            assertThatThrownBy(() -> harness.element("a", 3))
                    .hasMessageContainingAll("The state \"seen\" of operator share", "key a");
        }
    }
}
