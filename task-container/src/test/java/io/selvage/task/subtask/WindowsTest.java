package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessWindowFunction;
import io.selvage.api.graph.ListAggregate;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.ReduceAggregate;
import io.selvage.api.graph.WindowResult;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.ContinuousTrigger;
import io.selvage.api.window.CountTrigger;
import io.selvage.api.window.GlobalWindows;
import io.selvage.api.window.PurgingTrigger;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.TimeTrigger;
import io.selvage.api.window.Trigger;
import io.selvage.api.window.TumblingWindows;
import io.selvage.api.window.WindowAssigner;
import io.selvage.task.exchange.Timestamps;
import io.selvage.task.operator.Counters;
import io.selvage.task.subtask.SubtaskHarness.At;
import io.selvage.task.subtask.SubtaskHarness.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Windows of every kind, wherever they are interrupted. Elements are a key of one letter and what follows. */
class WindowsTest {
    private static final OutputTag<String> LATE = new OutputTag<>(SubtaskHarness.SIDE, String.class);

    /** A text that is changed in place. */
    static final class Joining implements AggregateFunction<String, List<String>, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public List<String> create() {
            return new ArrayList<>();
        }

        @Override
        public List<String> add(List<String> accumulator, String element) {
            accumulator.add(element.substring(1));
            return accumulator;
        }

        @Override
        public String result(List<String> accumulator) {
            return String.join("", accumulator);
        }

        /** As careless as can be: what it returns may be either. */
        @Override
        public List<String> merge(List<String> accumulator, List<String> other) {
            if (accumulator.isEmpty()) {
                return other;
            }
            accumulator.addAll(other);
            return accumulator;
        }
    }

    /** Says what there is, and aside how many. */
    static final class All extends ProcessWindowFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String key, Context context, Iterable<String> elements, Collector<String> out) {
            StringBuilder all = new StringBuilder();
            int count = 0;
            for (String each : elements) {
                all.append(each.substring(1));
                count++;
            }
            context.output(LATE, key + count);
            out.collect(key + "[" + context.window().startMillis() + ","
                    + context.window().endMillis() + ")=" + all);
        }
    }

    private static OperatorDefinition windows(
            WindowAssigner windows, @Nullable Trigger<Object> trigger, long latenessMillis) {
        return new OperatorDefinition.WindowAggregate<String, String, List<String>, String, String>(
                element -> element.substring(0, 1),
                Serdes.STRING,
                windows,
                new Joining(),
                Serdes.list(Serdes.STRING),
                new WindowResult.Applied<>((key, window, joined) ->
                        key + "[" + window.startMillis() + "," + window.endMillis() + ")=" + joined),
                trigger,
                latenessMillis,
                LATE);
    }

    private static SubtaskHarness harness(Mode mode, WindowAssigner windows, @Nullable Trigger<Object> trigger) {
        return new SubtaskHarness(mode, windows(windows, trigger, 0));
    }

    private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }

    // ---- sliding -------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aSlidingWindowHasWhatItsPanesHave(Mode mode) {
        SubtaskHarness harness = harness(mode, SlidingWindows.of(millis(10), millis(4)), null)
                .element("a1", 1)
                .element("a2", 5)
                .element("b3", 6)
                .element("a4", 11)
                .watermark(12)
                .element("a5", 13)
                .watermark(40);
        assertThat(harness.records())
                .containsExactlyInAnyOrder(
                        new At("a[-8,2)=1", 1),
                        new At("a[-4,6)=12", 5),
                        new At("a[0,10)=12", 9),
                        new At("b[0,10)=3", 9),
                        new At("a[4,14)=245", 13),
                        new At("b[4,14)=3", 13),
                        new At("a[8,18)=45", 17),
                        new At("a[12,22)=5", 21));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void windowsThatSlideByMoreThanTheirSizeLeaveOutWhatIsBetween(Mode mode) {
        SubtaskHarness harness = harness(mode, SlidingWindows.of(millis(4), millis(10)), null)
                .element("a1", 1)
                .element("a2", 5)
                .element("a3", 13)
                .watermark(40);
        assertThat(harness.records()).containsExactly(new At("a[0,4)=1", 3), new At("a[10,14)=3", 13));
        assertThat(harness.count(Counters.Figure.RECORDS_LATE)).isZero();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void anElementThatIsTooLateForAFewWindowsIsInTheOthers(Mode mode) {
        SubtaskHarness harness = harness(mode, SlidingWindows.of(millis(10), millis(5)), null)
                .element("a1", 1)
                .watermark(9)
                .element("a2", 2)
                .element("a3", 7)
                .watermark(14)
                .element("a4", 9)
                .watermark(30);
        assertThat(harness.records())
                .containsExactly(new At("a[-5,5)=1", 4), new At("a[0,10)=1", 9), new At("a[5,15)=3", 14));
        assertThat(harness.sideRecords()).containsExactly(new At("a2", 2), new At("a4", 9));
        assertThat(harness.count(Counters.Figure.RECORDS_LATE)).isEqualTo(2);
    }

    // ---- lateness ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aWindowThatIsAllowedLateElementsFiresAgainForEach(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(mode, windows(TumblingWindows.of(millis(10)), null, 5))
                .element("a1", 3)
                .watermark(9)
                .element("a2", 4)
                .watermark(13)
                .element("a3", 5)
                .element("b1", 6)
                .watermark(14)
                .element("a4", 7)
                .watermark(40);
        assertThat(harness.records())
                .containsExactly(
                        new At("a[0,10)=1", 9),
                        new At("a[0,10)=12", 9),
                        new At("a[0,10)=123", 9),
                        new At("b[0,10)=1", 9));
        assertThat(harness.sideRecords()).containsExactly(new At("a4", 7));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void lateElementsOfSlidingWindowsFireThoseThatHaveFired(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(mode, windows(SlidingWindows.of(millis(10), millis(5)), null, 6))
                .element("a1", 6)
                .watermark(10)
                .element("a2", 7)
                .watermark(15)
                .element("a3", 8)
                .watermark(40);
        assertThat(harness.records())
                .containsExactly(
                        new At("a[0,10)=1", 9),
                        new At("a[0,10)=12", 9),
                        new At("a[5,15)=12", 14),
                        new At("a[5,15)=123", 14));
    }

    // ---- sessions ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aSessionEndsAGapAfterItsLastElement(Mode mode) {
        SubtaskHarness harness = harness(mode, SessionWindows.withGap(millis(10)), null)
                .element("a1", 1)
                .element("a2", 8)
                .element("b1", 9)
                .watermark(16)
                .element("a3", 17)
                .element("a4", 40)
                .watermark(49);
        assertThat(harness.records())
                .containsExactlyInAnyOrder(
                        new At("b[9,19)=1", 18), new At("a[1,27)=123", 26), new At("a[40,50)=4", 49));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void anElementBetweenTwoSessionsJoinsThem(Mode mode) {
        SubtaskHarness harness = harness(mode, SessionWindows.withGap(millis(10)), null)
                .element("a2", 20)
                .element("a1", 1)
                .element("a3", 40)
                .element("a4", 11)
                .watermark(29)
                .element("a5", 35)
                .watermark(100);
        assertThat(harness.records()).containsExactly(new At("a[1,30)=124", 29), new At("a[35,50)=35", 49));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aSessionThatIsOverTakesElementsWithinTheLatenessAndFiresAgain(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(mode, windows(SessionWindows.withGap(millis(10)), null, 20))
                .element("a1", 1)
                .watermark(15)
                .element("a2", 3)
                .element("a3", 11)
                .watermark(20)
                .watermark(33)
                .element("a4", 18)
                .watermark(100);
        assertThat(harness.records())
                .containsExactly(
                        new At("a[1,11)=1", 10),
                        new At("a[1,13)=12", 12),
                        new At("a[1,21)=123", 20),
                        new At("a[1,28)=1234", 27));
        harness.element("a5", 5);
        assertThat(harness.sideRecords()).containsExactly(new At("a5", 5));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void sessionsOfATriggerAreJoinedWithItsStates(Mode mode) {
        SubtaskHarness harness = harness(
                        mode, SessionWindows.withGap(millis(10)), PurgingTrigger.of(CountTrigger.of(3)))
                .element("a1", 1)
                .element("a2", 20)
                .element("a3", 11)
                .element("a4", 30)
                .watermark(100)
                .element("a5", 200)
                .element("a6", 201)
                .element("a7", 202);
        assertThat(harness.records()).containsExactly(new At("a[1,30)=123", 29), new At("a[200,212)=567", 211));
    }

    // ---- triggers ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aGlobalWindowFiresWhenItsTriggerSaysSo(Mode mode) {
        SubtaskHarness harness = harness(mode, GlobalWindows.create(), PurgingTrigger.of(CountTrigger.of(2)))
                .element("a1", Timestamps.NONE)
                .element("b1", Timestamps.NONE)
                .element("a2", Timestamps.NONE)
                .element("a3", Timestamps.NONE)
                .element("a4", Timestamps.NONE)
                .endOfInput();
        String global = "[" + Long.MIN_VALUE + "," + Long.MAX_VALUE + ")=";
        assertThat(harness.records())
                .containsExactly(
                        new At("a" + global + "12", Timestamps.NONE), new At("a" + global + "34", Timestamps.NONE));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aContinuousTriggerGivesEarlyResultsIfThereIsSomethingNew(Mode mode) {
        SubtaskHarness harness = harness(
                        mode, TumblingWindows.of(millis(100)), ContinuousTrigger.everyEventTime(millis(10)))
                .element("a1", 1)
                .watermark(10)
                .watermark(35)
                .element("a2", 36)
                .element("a3", 37)
                .watermark(50)
                .watermark(99)
                .watermark(200);
        assertThat(harness.records())
                .containsExactly(new At("a[0,100)=1", 99), new At("a[0,100)=123", 99), new At("a[0,100)=123", 99));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aTriggerOfTimeDoesWhatWindowsDoByThemselves(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(
                        mode, windows(SlidingWindows.of(millis(10), millis(5)), TimeTrigger.create(), 6))
                .element("a1", 6)
                .watermark(10)
                .element("a2", 7)
                .watermark(15)
                .element("a3", 8)
                .watermark(21)
                .element("a4", 8)
                .watermark(40);
        assertThat(harness.records())
                .containsExactly(
                        new At("a[0,10)=1", 9),
                        new At("a[0,10)=12", 9),
                        new At("a[5,15)=12", 14),
                        new At("a[5,15)=123", 14));
        assertThat(harness.sideRecords()).containsExactly(new At("a4", 8));
    }

    // ---- processing time -----------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Mode.class)
    void windowsOfProcessingTimeHaveWhatComesInTheirTime(Mode mode) {
        SubtaskHarness harness = harness(mode, TumblingWindows.of(millis(100)).inProcessingTime(), null)
                .element("a1", Timestamps.NONE)
                .passMillis(50)
                .element("a2", Timestamps.NONE)
                .passMillis(49)
                .element("a3", Timestamps.NONE);
        assertThat(harness.records()).isEmpty();
        harness.passMillis(1).element("a4", Timestamps.NONE);
        assertThat(harness.records()).containsExactly(new At("a[0,100)=123", 99));
        harness.endOfInput();
        assertThat(harness.records()).contains(new At("a[100,200)=4", 199));
        assertThat(harness.output.lastWatermark()).isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void windowsOfProcessingTimeDoNotCareForEventTime(Mode mode) {
        SubtaskHarness harness = harness(mode, TumblingWindows.of(millis(100)).inProcessingTime(), null)
                .watermark(1_000_000)
                .element("a1", 7)
                .passMillis(100);
        assertThat(harness.records()).containsExactly(new At("a[0,100)=1", 99));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void slidingWindowsAndSessionsGoByTheWallClockToo(Mode mode) {
        SubtaskHarness sliding = harness(
                        mode, SlidingWindows.of(millis(100), millis(50)).inProcessingTime(), null)
                .element("a1", Timestamps.NONE)
                .passMillis(60)
                .element("a2", Timestamps.NONE)
                .passMillis(1000);
        assertThat(sliding.records())
                .containsExactly(new At("a[-50,50)=1", 49), new At("a[0,100)=12", 99), new At("a[50,150)=2", 149));
        SubtaskHarness sessions = harness(
                        mode, SessionWindows.withGap(millis(100)).inProcessingTime(), null)
                .element("a1", Timestamps.NONE)
                .passMillis(60)
                .element("a2", Timestamps.NONE)
                .passMillis(99)
                .passMillis(1)
                .element("a3", Timestamps.NONE)
                .endOfInput();
        assertThat(sessions.records()).containsExactly(new At("a[0,160)=12", 159), new At("a[160,260)=3", 259));
    }

    // ---- reduce and process --------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(Mode.class)
    void elementsAreReducedAcrossPanes(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(
                        mode,
                        new OperatorDefinition.WindowAggregate<String, String, String, String, String>(
                                element -> element.substring(0, 1),
                                Serdes.STRING,
                                SlidingWindows.of(millis(10), millis(5)),
                                new ReduceAggregate<>((one, other) -> one + other.substring(1)),
                                Serdes.STRING,
                                new WindowResult.Plain<>(),
                                null,
                                0,
                                null))
                .element("a1", 1)
                .element("a2", 6)
                .element("a3", 7)
                .watermark(40);
        assertThat(harness.records()).containsExactly(new At("a1", 4), new At("a123", 9), new At("a23", 14));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aFunctionIsGivenAllElementsInTheirOrder(Mode mode) {
        for (WindowAssigner each : List.of(
                TumblingWindows.of(millis(10)),
                SlidingWindows.of(millis(10), millis(10)),
                SessionWindows.withGap(millis(6)))) {
            SubtaskHarness harness = new SubtaskHarness(
                            mode,
                            new OperatorDefinition.WindowAggregate<String, String, List<String>, List<String>, String>(
                                    element -> element.substring(0, 1),
                                    Serdes.STRING,
                                    each,
                                    new ListAggregate<>(),
                                    Serdes.list(Serdes.STRING),
                                    new WindowResult.ProcessedAll<>(new All()),
                                    null,
                                    0,
                                    null))
                    .element("a2", 2)
                    .element("a1", 0)
                    .element("a3", 4)
                    .watermark(40);
            assertThat(harness.records()).containsExactly(new At("a[0,10)=213", 9));
            assertThat(harness.sideRecords()).containsExactly(new At("a3", 9));
        }
    }

    // ---- timers --------------------------------------------------------------------------------------------------

    /** Registers a timer of each clock for each element, and says which come. */
    static final class BothClocks extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String element, Context<String> context, Collector<String> out) {
            if (element.endsWith("-")) {
                context.deleteEventTimeTimer(50);
                context.deleteProcessingTimeTimer(50);
                return;
            }
            context.registerEventTimeTimer(50);
            context.registerProcessingTimeTimer(50);
        }

        @Override
        public void onTimer(long timestampMillis, OnTimerContext<String> context, Collector<String> out) {
            out.collect(context.key() + " at " + timestampMillis + " of " + context.timeDomain());
            if (context.timeDomain() == TimeDomain.PROCESSING_TIME
                    && context.key().equals("a")) {
                context.registerProcessingTimeTimer(timestampMillis + 100);
            }
        }
    }

    private static SubtaskHarness bothClocks(Mode mode) {
        return new SubtaskHarness(
                mode,
                new OperatorDefinition.KeyedProcess<String, String, String>(
                        element -> element.substring(0, 1), Serdes.STRING, new BothClocks()));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void timersOfEitherClockAreKeptApart(Mode mode) {
        SubtaskHarness harness =
                bothClocks(mode).element("a", 1).element("b", 2).element("b-", 3);
        harness.passMillis(49);
        assertThat(harness.records()).isEmpty();
        harness.passMillis(1);
        assertThat(harness.records()).containsExactly(new At("a at 50 of PROCESSING_TIME", Timestamps.NONE));
        harness.watermark(50);
        assertThat(harness.records()).contains(new At("a at 50 of EVENT_TIME", 50));
        harness.passMillis(100);
        assertThat(harness.records()).contains(new At("a at 150 of PROCESSING_TIME", Timestamps.NONE));
        assertThat(harness.records()).hasSize(3);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void atTheEndOfTheInputTimersOfProcessingTimeFireOnceAndAtOnce(Mode mode) {
        SubtaskHarness harness = bothClocks(mode).element("a", 1).endOfInput();
        assertThat(harness.records())
                .containsExactly(
                        new At("a at 50 of EVENT_TIME", 50), new At("a at 50 of PROCESSING_TIME", Timestamps.NONE));
        harness.passMillis(1000);
        assertThat(harness.records()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource(
            value = Mode.class,
            names = {"STRAIGHT", "REWOUND_AFTER_EVERY_INPUT"})
    void aTimerWhoseTimeHasPassedWhileTheJobWasDownFiresAtOnce(Mode mode) {
        SubtaskHarness harness = bothClocks(mode).element("a", 1);
        harness.complete(harness.cut(false), false);
        harness.nanos.addAndGet(millis(500).toNanos());
        harness.restore();
        harness.step();
        assertThat(harness.records()).startsWith(new At("a at 50 of PROCESSING_TIME", Timestamps.NONE));
    }
}
