package io.selvage.local.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.DataStream;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.ProcessWindowFunction;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.ReducingState;
import io.selvage.api.state.ReducingStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.window.PurgingTrigger;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.TimeTrigger;
import io.selvage.api.window.TumblingWindows;
import io.selvage.api.window.WindowAssigner;
import io.selvage.local.harness.OperatorHarnessTest.Way;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** States of functions of windows, and lists that are replaced. */
class FunctionStatesTest {
    /** Numbers the results of each window, and of each key. */
    static final class Numbering extends ProcessWindowFunction<String, String, String> {
        private static final long serialVersionUID = 1L;
        private transient ReducingState<Integer> ofKey;
        private transient ReducingState<Integer> ofWindow;

        @Override
        public void openState(StateAccess states) {
            ofKey = states.reducing(new ReducingStateDescriptor<>("results", Integer.class, Integer::sum));
        }

        @Override
        public void openWindowState(StateAccess states) {
            ofWindow = states.reducing(new ReducingStateDescriptor<>("results-of-window", Integer.class, Integer::sum));
        }

        @Override
        public void process(String key, Context context, Iterable<String> elements, Collector<String> out)
                throws Exception {
            ofKey.add(1);
            ofWindow.add(1);
            List<String> all = new ArrayList<>();
            elements.forEach(all::add);
            out.collect(key + context.window().startMillis() + all + " #" + ofWindow.value() + " #" + ofKey.value());
        }
    }

    /** Of a key alone. */
    static final class NumberingOfKey extends ProcessWindowFunction<String, String, String> {
        private static final long serialVersionUID = 1L;
        private transient ReducingState<Integer> ofKey;

        @Override
        public void openState(StateAccess states) {
            ofKey = states.reducing(new ReducingStateDescriptor<>("results", Integer.class, Integer::sum));
        }

        @Override
        public void process(String key, Context context, Iterable<String> elements, Collector<String> out)
                throws Exception {
            ofKey.add(1);
            out.collect(key + context.window().startMillis() + " #" + ofKey.value());
        }
    }

    private static DataStream<String> numbered(
            DataStream<String> input, WindowAssigner windows, ProcessWindowFunction<String, String, String> function) {
        return input.keyBy(element -> element.substring(0, 1))
                .window(windows)
                .allowedLateness(Duration.ofMillis(5))
                .process(function)
                .uid("windows");
    }

    private static OperatorHarness<String, String> open(
            Way way, WindowAssigner windows, ProcessWindowFunction<String, String, String> function) {
        return way.apply(OperatorHarness.<String, String>of(String.class, input -> numbered(input, windows, function)))
                .open();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void aFunctionOfWindowsHasStatesOfTheWindowAndOfTheKey(Way way) {
        try (OperatorHarness<String, String> harness =
                open(way, TumblingWindows.of(Duration.ofMillis(10)), new Numbering())) {
            harness.element("a1", 3).element("b1", 4).element("a2", 12).watermark(9);
            assertThat(harness.take()).containsExactlyInAnyOrder("a0[a1] #1 #1", "b0[b1] #1 #1");
            harness.element("a3", 5).element("a4", 6);
            assertThat(harness.take()).containsExactly("a0[a1, a3] #2 #2", "a0[a1, a3, a4] #3 #3");
            harness.watermark(19);
            assertThat(harness.take()).containsExactly("a10[a2] #1 #4");
            harness.element("a5", 25).watermark(29);
            assertThat(harness.take()).containsExactly("a20[a5] #1 #5");
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void slidingWindowsHaveTheirsEach(Way way) {
        try (OperatorHarness<String, String> harness =
                open(way, SlidingWindows.of(Duration.ofMillis(10), Duration.ofMillis(5)), new Numbering())) {
            harness.element("a1", 7).watermark(9);
            assertThat(harness.take()).containsExactly("a0[a1] #1 #1");
            harness.element("a2", 8).watermark(14);
            assertThat(harness.take()).containsExactly("a0[a1, a2] #2 #2", "a5[a1, a2] #1 #3");
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void stateOfTheKeyAloneLeavesWindowsAsTheyAre(Way way) {
        for (WindowAssigner windows :
                List.of(TumblingWindows.of(Duration.ofMillis(10)), SessionWindows.withGap(Duration.ofMillis(10)))) {
            try (OperatorHarness<String, String> harness = open(way, windows, new NumberingOfKey())) {
                harness.element("a1", 0).element("b1", 0).watermark(15);
                assertThat(harness.take()).containsExactlyInAnyOrder("a0 #1", "b0 #1");
                harness.element("a2", 30).watermark(45);
                assertThat(harness.take()).containsExactly("a30 #2");
            }
        }
    }

    private static int stateBytes(OperatorHarness<String, String> harness) {
        return harness.snapshot().parts.stream()
                .mapToInt(part -> Objects.requireNonNull(part.keyed()).length)
                .sum();
    }

    @Test
    void stateOfAWindowGoesWithItAndNotWhenItIsPurged() {
        try (OperatorHarness<String, String> harness = OperatorHarness.<String, String>of(
                        String.class,
                        input -> input.keyBy(element -> element)
                                .window(TumblingWindows.of(Duration.ofMillis(10)))
                                .trigger(PurgingTrigger.of(TimeTrigger.create()))
                                .allowedLateness(Duration.ofMillis(5))
                                .process(new WindowsOnly())
                                .uid("windows"))
                .open()) {
            int emptyBytes = stateBytes(harness);
            harness.element("a", 3).watermark(9);
            assertThat(harness.element("a", 4).take()).containsExactly("1 #1", "1 #2");
            assertThat(stateBytes(harness)).isGreaterThan(emptyBytes);
            harness.watermark(14);
            assertThat(stateBytes(harness)).isEqualTo(emptyBytes);
        }
    }

    static final class WindowsOnly extends ProcessWindowFunction<String, String, String> {
        private static final long serialVersionUID = 1L;
        private transient ReducingState<Integer> fired;

        @Override
        public void openWindowState(StateAccess states) {
            fired = states.reducing(new ReducingStateDescriptor<>("fired", Integer.class, Integer::sum));
        }

        @Override
        public void process(String key, Context context, Iterable<String> elements, Collector<String> out)
                throws Exception {
            fired.add(1);
            int count = 0;
            for (String each : elements) {
                count += each.length();
            }
            out.collect(count + " #" + fired.value());
        }
    }

    @Test
    void stateOfWindowsThatMayBecomeOneIsRefused() {
        assertThatThrownBy(() -> open(Way.PLAIN, SessionWindows.withGap(Duration.ofMillis(10)), new Numbering()))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContainingAll("session windows", "openState(...)");
        assertThatThrownBy(() -> OperatorHarness.<String, String>of(
                                String.class,
                                input -> input.keyBy(element -> element)
                                        .window(TumblingWindows.of(Duration.ofMillis(10)))
                                        .twoStage()
                                        .reduce(String::concat, new Numbering())
                                        .uid("windows"))
                        .open())
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("twoStage()");
    }

    static final class NamedAsOurs extends ProcessWindowFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void openState(StateAccess states) {
            states.reducing(new ReducingStateDescriptor<>("window", Integer.class, Integer::sum));
        }

        @Override
        public void process(String key, Context context, Iterable<String> elements, Collector<String> out) {}
    }

    @Test
    void aNameThatWindowsHaveThemselvesIsRefusedWithTheRemedy() {
        assertThatThrownBy(() -> open(Way.PLAIN, TumblingWindows.of(Duration.ofMillis(10)), new NamedAsOurs()))
                .hasStackTraceContaining("\"window\", of which one may be the operator's own. Give yours another name");
    }

    // ---- lists ---------------------------------------------------------------------------------------------------

    /** Keeps the newest elements that are no longer than the last one. */
    static final class Shorter extends KeyedProcessFunction<String, String, Integer> {
        private static final long serialVersionUID = 1L;
        private transient ListState<String> kept;

        @Override
        public void openState(StateAccess states) {
            kept = states.list(new ListStateDescriptor<>("kept", String.class));
        }

        @Override
        public void process(String element, Context<String> context, Collector<Integer> out) {
            if (element.equals("a!")) {
                kept.update(List.of());
            } else if (element.equals("a?")) {
                kept.update(kept.elements());
            } else if (element.endsWith("-")) {
                List<String> shorter = new ArrayList<>();
                kept.elements().forEach(each -> {
                    if (each.length() <= element.length()) {
                        shorter.add(each);
                    }
                });
                kept.update(shorter);
            } else {
                kept.add(element);
            }
            int count = 0;
            for (String ignored : kept.elements()) {
                count++;
            }
            out.collect(count);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PLAIN", "ON_DISK", "THREE_SUBTASKS"})
    void aListIsReplacedHoweverLongItIs(Way way) {
        try (OperatorHarness<String, Integer> harness = way.apply(OperatorHarness.<String, Integer>of(
                        String.class,
                        input -> input.keyBy(element -> element.substring(0, 1))
                                .process(new Shorter())
                                .uid("shorter")))
                .open()) {
            IntStream.range(0, 1_500).forEach(number -> harness.element("a" + number));
            harness.take();
            harness.element("a?").element("a---").element("ab");
            harness.restore(harness.snapshot());
            harness.element("a-").element("a!").element("a1");
            assertThat(harness.take()).containsExactly(1_500, 1_000, 1_001, 11, 0, 1);
        }
    }
}
