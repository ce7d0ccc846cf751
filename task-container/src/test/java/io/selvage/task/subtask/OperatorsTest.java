package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.connector.BadInputException;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.MapFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.TumblingWindows;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.task.exchange.Timestamps;
import io.selvage.task.exchange.Watermark;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.OperatorException;
import io.selvage.task.subtask.SubtaskHarness.At;
import io.selvage.task.subtask.SubtaskHarness.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What operators give must not depend on where they are interrupted, nor on how fast their output is taken. */
class OperatorsTest {
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

    /** Fails on poison, and on timers. */
    static final class Failing extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String element, Context<String> context, Collector<String> out) {
            if (element.startsWith("poison")) {
                throw new IllegalStateException("poisoned");
            }
            context.registerEventTimeTimer(context.timestampMillis() + 1);
        }

        @Override
        public void onTimer(long timestampMillis, OnTimerContext<String> context, Collector<String> out) {
            throw new IllegalStateException("no timers");
        }
    }

    /** Says where event time is. */
    static final class WatermarkAtTimer extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String element, Context<String> context, Collector<String> out) {
            context.registerEventTimeTimer(context.timestampMillis() + 1);
            out.collect("at " + context.watermarkMillis());
        }

        @Override
        public void onTimer(long timestampMillis, OnTimerContext<String> context, Collector<String> out) {
            out.collect("timer at " + context.watermarkMillis());
        }
    }

    /** Declares its state as a number or as text. */
    static final class ChangingItsMind extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;
        static boolean isText;

        @Override
        public void openState(StateAccess states) {
            if (isText) {
                states.value(new ValueStateDescriptor<>("count", String.class));
            } else {
                states.value(new ValueStateDescriptor<>("count", Long.class));
            }
        }

        @Override
        public void process(String element, Context<String> context, Collector<String> out) {}
    }

    private static OperatorDefinition window() {
        return new OperatorDefinition.WindowAggregate<String, String, Long, Long, String>(
                element -> element.substring(0, 1),
                Serdes.of(String.class),
                TumblingWindows.of(Duration.ofMillis(10)),
                new Counting(),
                Serdes.of(Long.class),
                (key, window, count) -> key + "[" + window.startMillis() + ")=" + count);
    }

    @Test
    void aRestoredOperatorTellsThoseDownstreamWhereEventTimeIs() {
        SubtaskHarness harness = new SubtaskHarness(Mode.STRAIGHT, window());
        harness.watermark(100);
        harness.cut(false);
        harness.restore();
        harness.watermark(90).watermark(95).watermark(101);
        assertThat(harness.output.controls(Watermark.class))
                .containsExactly(new Watermark(100), new Watermark(100), new Watermark(101));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void mapFilterAndFlatMapKeepOrderAndTimestamps(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(
                mode,
                new OperatorDefinition.Filter<String>(text -> !text.isEmpty()),
                new OperatorDefinition.FlatMap<String, String>((text, out) -> {
                    for (String word : text.split(" ")) {
                        out.collect(word);
                    }
                }),
                new OperatorDefinition.Map<String, Integer>(String::length));
        harness.element("a bb ccc", 5)
                .element("", 6)
                .element("dddd", Timestamps.NONE)
                .watermark(7);
        assertThat(harness.records())
                .containsExactly(new At(1, 5), new At(2, 5), new At(3, 5), new At(4, Timestamps.NONE));
        assertThat(harness.output.lastWatermark()).isEqualTo(7);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void windowsGiveOneResultForEachKeyAndDropWhatComesTooLate(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(mode, window());
        harness.element("a1", 3)
                .element("b1", 4)
                .element("a2", 12)
                .watermark(8)
                .element("a3", 9)
                .watermark(9)
                .element("a4", 5)
                .element("a5", 19)
                .watermark(25);
        assertThat(harness.records())
                .containsExactlyInAnyOrder(new At("a[0)=2", 9), new At("b[0)=1", 9), new At("a[10)=2", 19));
        assertThat(harness.count(Counters.Figure.RECORDS_LATE)).isEqualTo(1);
        assertThat(harness.output.lastWatermark()).isEqualTo(25);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void theEndOfInputFiresAllWindowsBeforeItIsPassedOn(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(mode, window());
        harness.element("a", 3).endOfInput();
        assertThat(harness.records()).containsExactly(new At("a[0)=1", 9));
        assertThat(harness.output.lastWatermark()).isEqualTo(Long.MAX_VALUE);
        assertThat(harness.output.hasEnded()).isTrue();
        assertThat(harness.phases).contains("DRAINED");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void keyedFunctionsHaveStateAndTimersOfTheirKey(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(
                mode,
                new OperatorDefinition.KeyedProcess<String, String, String>(
                        element -> element, Serdes.of(String.class), new Numbering()));
        harness.element("x", 1)
                .element("y", 2)
                .element("x", 3)
                .watermark(7)
                .watermark(8)
                .element("x", 10)
                .watermark(20);
        assertThat(harness.records())
                .containsExactly(
                        new At("x1", 1),
                        new At("y1", 2),
                        new At("x2", 3),
                        new At("y had 1", 7),
                        new At("x had 2", 8),
                        new At("x1", 10),
                        new At("x had 1", 15));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void watermarksFollowTheGreatestTimestampAndNeverGoBack(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(
                mode,
                new OperatorDefinition.AssignTimestamps<Long>(
                        WatermarkStrategy.boundedOutOfOrderness(Duration.ofMillis(3), value -> value)));
        harness.element(10L, Timestamps.NONE).element(20L, Timestamps.NONE).element(15L, Timestamps.NONE);
        harness.passMillis(1000);
        assertThat(harness.records()).containsExactly(new At(10L, 10), new At(20L, 20), new At(15L, 15));
        assertThat(harness.output.lastWatermark()).isEqualTo(16);
        harness.element(5L, Timestamps.NONE).passMillis(1000);
        assertThat(harness.output.lastWatermark()).isEqualTo(16);
        harness.endOfInput();
        assertThat(harness.output.lastWatermark()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void anExceptionOfTheUsersNamesOperatorAndSubtask() {
        SubtaskHarness harness = new SubtaskHarness(Mode.STRAIGHT, new OperatorDefinition.Map<String, String>(text -> {
            throw new IllegalStateException("no " + text);
        }));
        assertThatThrownBy(() -> harness.element("a", 1))
                .isInstanceOfSatisfying(OperatorException.class, thrown -> {
                    assertThat(thrown.kind()).isEqualTo(FailureKind.USER_CODE);
                    assertThat(thrown.operator()).isEqualTo("Map");
                    assertThat(thrown.subtask()).isZero();
                })
                .hasMessageContaining("Map (1/1)")
                .hasMessageContaining("no a");
    }

    @Test
    void aFailureNamesTheElementItsTimestampAndItsKey() {
        SubtaskHarness harness = new SubtaskHarness(
                Mode.STRAIGHT,
                new OperatorDefinition.KeyedProcess<String, String, String>(
                        element -> element.substring(0, 1), Serdes.of(String.class), new Failing()));
        assertThatThrownBy(() -> harness.element("poison" + "!".repeat(300), 7))
                .isInstanceOfSatisfying(
                        OperatorException.class,
                        thrown -> assertThat(thrown.position())
                                .isEqualTo("element poison" + "!".repeat(194) + "[...], timestamp 7, key p"));
        SubtaskHarness other = new SubtaskHarness(
                Mode.STRAIGHT,
                new OperatorDefinition.KeyedProcess<String, String, String>(
                        element -> element.substring(0, 1), Serdes.of(String.class), new Failing()));
        other.element("timer", 7);
        assertThatThrownBy(() -> other.watermark(8))
                .isInstanceOfSatisfying(
                        OperatorException.class,
                        thrown -> assertThat(thrown.position()).isEqualTo("timer at 8, key t"));
    }

    /** What comes next is looked at before it is processed. */
    @Test
    void aKeyThatCanNotBeToldFailsInItsTurn() {
        SubtaskHarness harness = new SubtaskHarness(
                Mode.STRAIGHT,
                new OperatorDefinition.KeyedProcess<String, String, String>(
                        element -> {
                            if (element.startsWith("poison")) {
                                throw new IllegalStateException("no key");
                            }
                            return element.substring(0, 1);
                        },
                        Serdes.of(String.class),
                        new Numbering()));
        List.of("ax", "b", "ay", "poison", "az").forEach(harness::offerElement);
        assertThatThrownBy(harness::runOnce)
                .isInstanceOfSatisfying(
                        OperatorException.class,
                        thrown -> assertThat(thrown.position()).startsWith("element poison"))
                .hasMessageContaining("no key");
        assertThat(harness.records()).map(At::value).containsExactly("ax1", "b1", "ay2");
    }

    /** More than are looked at ahead at once, and others before those that were. */
    @Test
    void keysThatWereToldAheadAreThoseOfTheirElements() {
        SubtaskHarness harness = new SubtaskHarness(
                Mode.STRAIGHT,
                new OperatorDefinition.KeyedProcess<String, String, String>(
                        element -> element.substring(0, 1), Serdes.of(String.class), new Numbering()));
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            String element = (char) ('a' + i % 7) + "";
            harness.offerElement(element);
            expected.add(element + (i / 7 + 1));
            if (i % 50 == 49) {
                harness.watermark(-1000 + i); // Also ends what is looked at.
            }
        }
        harness.step();
        assertThat(harness.records()).map(At::value).isEqualTo(expected);
    }

    @Test
    void aTimerSeesTheWatermarkThatHasMadeItDue() {
        SubtaskHarness harness = new SubtaskHarness(
                Mode.STRAIGHT,
                new OperatorDefinition.KeyedProcess<String, String, String>(
                        element -> element, Serdes.of(String.class), new WatermarkAtTimer()));
        harness.watermark(3).element("a", 5).watermark(9);
        assertThat(harness.records()).containsExactly(new At("at 3", 5), new At("timer at 9", 6));
    }

    @Test
    void aStateThatHasChangedItsTypeIsNotWorthARestart() {
        SubtaskHarness harness = new SubtaskHarness(
                Mode.STRAIGHT,
                new OperatorDefinition.KeyedProcess<String, String, String>(
                        element -> element, Serdes.of(String.class), new ChangingItsMind()));
        ChangingItsMind.isText = false;
        harness.element("a", 1).cut(false);
        ChangingItsMind.isText = true;
        assertThatThrownBy(harness::restore)
                .isInstanceOfSatisfying(
                        OperatorException.class,
                        thrown -> assertThat(thrown.kind()).isEqualTo(FailureKind.FATAL))
                .hasMessageContaining(
                        "The state \"count\" of operator KeyedProcess does not fit what was written: it was written as i64");
    }

    @Test
    void badInputIsToldApartFromFailingCode() {
        SubtaskHarness harness = new SubtaskHarness(Mode.STRAIGHT, new OperatorDefinition.Map<String, String>(text -> {
            throw new BadInputException("line 3, column 2");
        }));
        assertThatThrownBy(() -> harness.element("a", 1))
                .isInstanceOfSatisfying(
                        OperatorException.class,
                        thrown -> assertThat(thrown.kind()).isEqualTo(FailureKind.BAD_INPUT))
                .hasMessage("line 3, column 2");
    }

    /** A function that catches everything must not hide what went wrong behind it. */
    @Test
    void aFailureFurtherDownTheChainCanNotBeSwallowed() {
        MapFunction<String, String> failing = text -> {
            throw new IllegalStateException("behind");
        };
        SubtaskHarness harness = new SubtaskHarness(
                Mode.STRAIGHT,
                new OperatorDefinition.FlatMap<String, String>((text, out) -> {
                    try {
                        out.collect(text);
                    } catch (RuntimeException e) {
                        // Swallowed on purpose: this is the user's mistake that the test is about.
                        return;
                    }
                }),
                new OperatorDefinition.Map<>(failing));
        assertThatThrownBy(() -> harness.element("a", 1)).hasMessageContaining("behind");
    }

    @Test
    void anElementWithoutTimestampIsRefusedByWindowsWithTheRemedy() {
        SubtaskHarness harness = new SubtaskHarness(Mode.STRAIGHT, window());
        assertThatThrownBy(() -> harness.element("a", Timestamps.NONE)).hasMessageContaining("assignTimestamps");
    }

    @Test
    void drainedSubtasksServeBarriersAndFinishWithTheTerminalCheckpoint() {
        SubtaskHarness harness = new SubtaskHarness(Mode.STRAIGHT, window());
        harness.element("a", 3).endOfInput();
        harness.complete(harness.cut(false), false);
        assertThat(harness.output.barriers()).hasSize(1);
        harness.complete(harness.cut(true), true);
        assertThat(harness.output.barriers()).hasSize(2);
        assertThat(harness.phases).isEqualTo(List.of("OPENING", "RUNNING", "DRAINED", "FINISHED"));
    }
}
