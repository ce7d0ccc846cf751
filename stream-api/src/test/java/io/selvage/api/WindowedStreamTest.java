package io.selvage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.function.ProcessWindowFunction;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.window.ContinuousTrigger;
import io.selvage.api.window.CountTrigger;
import io.selvage.api.window.GlobalWindows;
import io.selvage.api.window.PurgingTrigger;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.Trigger;
import io.selvage.api.window.TumblingWindows;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What windows and joins become, and which are refused; the programs here are those of docs/api.md. */
class WindowedStreamTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final OutputTag<Reading> LATE = new OutputTag<>("late", Reading.class);

    record Reading(String sensor, double value) {}

    record Mean(double sum, long count) {}

    record Hourly(String sensor, long endMillis, double average) {}

    record Average() implements AggregateFunction<Reading, Mean, Double> {
        @Override
        public Mean create() {
            return new Mean(0, 0);
        }

        @Override
        public Mean add(Mean mean, Reading reading) {
            return new Mean(mean.sum() + reading.value(), mean.count() + 1);
        }

        @Override
        public Double result(Mean mean) {
            return mean.sum() / mean.count();
        }

        @Override
        public Mean merge(Mean mean, Mean other) {
            return new Mean(mean.sum() + other.sum(), mean.count() + other.count());
        }
    }

    record WithoutMerge() implements AggregateFunction<Reading, Long, Long> {
        @Override
        public Long create() {
            return 0L;
        }

        @Override
        public Long add(Long count, Reading reading) {
            return count + 1;
        }

        @Override
        public Long result(Long count) {
            return count;
        }
    }

    static final class Range extends ProcessWindowFunction<String, Reading, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String sensor, Context context, Iterable<Reading> readings, Collector<String> out) {
            readings.forEach(reading -> out.collect(sensor + reading.value()));
        }
    }

    /** Keeps a value, of which two can't be joined. */
    static final class FirstOnly implements Trigger<Object> {
        private static final long serialVersionUID = 1L;
        private transient @Nullable ValueState<Boolean> hasFired;

        @Override
        public void openState(StateAccess states) {
            hasFired = states.value(new ValueStateDescriptor<>("has-fired", Boolean.class));
        }

        @Override
        public Result onElement(Object element, long timestampMillis, Context context) {
            return hasFired == null ? Result.FIRE : Result.CONTINUE;
        }
    }

    private final StreamEnvironment env = StreamEnvironment.create();
    private final DataStream<Reading> readings =
            env.from(new StreamEnvironmentTest.Lines(), "lines").map(line -> new Reading(line, line.length()));

    private KeyedStream<Reading, String> keyed() {
        return readings.keyBy(Reading::sensor);
    }

    private <T> Object definitionOf(DataStream<T> step) {
        step.uid("step").sinkTo(new StreamEnvironmentTest.Nowhere<>(), "nowhere");
        JobGraph graph = env.graph("windows");
        return graph.vertices().stream()
                .flatMap(vertex -> vertex.operators().stream())
                .filter(operator -> operator.uid().equals("step"))
                .map(operator -> Opaque.read(operator.definition(), getClass().getClassLoader(), "step"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void slidingWindowsTravelWithTheirLatenessAndTheirLateElements() {
        DataStream<Hourly> hourly = keyed().window(SlidingWindows.of(Duration.ofHours(1), Duration.ofMinutes(5)))
                .allowedLateness(Duration.ofMinutes(10))
                .sideOutputLateData(LATE)
                .aggregate(new Average(), (sensor, window, average) -> new Hourly(sensor, window.endMillis(), average));
        hourly.sideOutput(LATE).sinkTo(new StreamEnvironmentTest.Nowhere<>(), "late");
        assertThat(definitionOf(hourly)).isInstanceOfSatisfying(OperatorDefinition.WindowAggregate.class, window -> {
            assertThat(window.windows()).isEqualTo(SlidingWindows.of(Duration.ofHours(1), Duration.ofMinutes(5)));
            assertThat(window.allowedLatenessMillis()).isEqualTo(600_000);
            assertThat(window.lateTag()).isNotNull();
        });
    }

    @Test
    void elementsAreReducedOrAllOfThemProcessed() {
        DataStream<Reading> largest =
                keyed().window(SessionWindows.withGap(MINUTE)).reduce((a, b) -> a.value() > b.value() ? a : b);
        assertThat(largest.serde().schema()).isEqualTo(readings.serde().schema());
        assertThat(keyed().window(TumblingWindows.of(MINUTE).inProcessingTime())
                        .process(new Range())
                        .serde()
                        .schema())
                .isEqualTo("string");
        assertThat(keyed().window(TumblingWindows.of(MINUTE))
                        .aggregate(new Average())
                        .serde()
                        .schema())
                .isEqualTo("f64");
    }

    @Test
    void anAggregateThatCanNotMergeIsRefusedWhereItHasTo() {
        for (var windows : List.of(SlidingWindows.of(MINUTE, Duration.ofSeconds(1)), SessionWindows.withGap(MINUTE))) {
            assertThatThrownBy(() -> keyed().window(windows).aggregate(new WithoutMerge()))
                    .isInstanceOf(InvalidProgramException.class)
                    .hasMessageContaining("WithoutMerge has no merge(...)")
                    .hasMessageContaining("Implement it, or use process(...)");
        }
        keyed().window(TumblingWindows.of(MINUTE)).aggregate(new WithoutMerge());
    }

    @Test
    void theFirstOfTwoStagesHasANameOfTheSecond() {
        DataStream<Double> means = keyed().window(SlidingWindows.of(Duration.ofSeconds(90), MINUTE))
                .twoStage()
                .aggregate(new Average());
        means.uid("means").sinkTo(new StreamEnvironmentTest.Nowhere<>(), "nowhere");
        List<Operator> operators = env.graph("two stages").vertices().stream()
                .flatMap(vertex -> vertex.operators().stream())
                .toList();
        assertThat(operators).extracting(Operator::uid).contains("means", "means-partials");
        assertThat(operators.stream()
                        .filter(operator -> operator.uid().equals("means-partials"))
                        .map(operator ->
                                Opaque.read(operator.definition(), getClass().getClassLoader(), "first"))
                        .findFirst())
                .hasValueSatisfying(first -> assertThat(first)
                        .isInstanceOfSatisfying(
                                OperatorDefinition.PartialAggregate.class,
                                partial -> assertThat(partial.paneMillis()).isEqualTo(30_000)));
    }

    @Test
    void whatCanNotBeFoldedInTwoStagesIsRefused() {
        assertThatThrownBy(() ->
                        keyed().window(TumblingWindows.of(MINUTE)).twoStage().aggregate(new WithoutMerge()))
                .hasMessageContaining("WithoutMerge has no merge(...)");
        assertThatThrownBy(() ->
                        keyed().window(TumblingWindows.of(MINUTE)).twoStage().process(new Range()))
                .hasMessageContaining("Use reduce(...) or aggregate(...)");
        assertThatThrownBy(() -> keyed().window(TumblingWindows.of(MINUTE))
                        .sideOutputLateData(LATE)
                        .twoStage()
                        .aggregate(new Average()))
                .hasMessageContaining("about single elements");
        for (var windows : List.of(
                SessionWindows.withGap(MINUTE), TumblingWindows.of(MINUTE).inProcessingTime())) {
            assertThatThrownBy(() -> keyed().window(windows).twoStage().aggregate(new Average()))
                    .isInstanceOf(InvalidProgramException.class)
                    .hasMessageContaining("Leave twoStage() out");
        }
    }

    @Test
    void globalWindowsWithoutATriggerAreRefused() {
        assertThatThrownBy(() -> keyed().window(GlobalWindows.create()).aggregate(new Average()))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("Add .trigger(...)");
        keyed().window(GlobalWindows.create())
                .trigger(PurgingTrigger.of(CountTrigger.of(100)))
                .aggregate(new Average());
    }

    @Test
    void aTriggerWhoseStatesCanNotBeJoinedIsRefusedForSessions() {
        assertThatThrownBy(() -> keyed().window(SessionWindows.withGap(MINUTE)).trigger(new FirstOnly()))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("\"has-fired\" is a value or a map")
                .hasMessageContaining("Make it a ReducingState");
        keyed().window(TumblingWindows.of(MINUTE)).trigger(new FirstOnly());
        keyed().window(SessionWindows.withGap(MINUTE)).trigger(ContinuousTrigger.everyProcessingTime(MINUTE));
    }

    @Test
    void nothingIsLateInProcessingTime() {
        assertThatThrownBy(() -> keyed().window(TumblingWindows.of(MINUTE).inProcessingTime())
                        .allowedLateness(MINUTE))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("Leave it out");
    }

    @Test
    void windowsThatDoNotMoveAreRefused() {
        assertThatThrownBy(() -> SlidingWindows.of(MINUTE, Duration.ZERO)).hasMessageContaining("do not move");
        assertThatThrownBy(() -> SessionWindows.withGap(Duration.ZERO)).hasMessageContaining("never last");
        assertThatThrownBy(() -> CountTrigger.of(0)).hasMessageContaining("every 0 elements");
    }

    // ---- joins ---------------------------------------------------------------------------------------------------

    static final class Pairing extends ProcessJoinFunction<Reading, Reading, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(Reading left, Reading right, Context context, Collector<String> out) {
            out.collect(left.sensor() + right.value());
        }
    }

    @Test
    void anIntervalJoinKeepsStateAndHasBounds() {
        DataStream<String> joined = keyed().intervalJoin(keyed())
                .between(Duration.ofMinutes(-5), Duration.ofHours(1))
                .upperBoundExclusive()
                .process(new Pairing());
        assertThatThrownBy(() -> {
                    joined.sinkTo(new StreamEnvironmentTest.Nowhere<>(), "none");
                    env.graph("no uid");
                })
                .hasMessageContaining("In interval join: the step keeps state but has no uid");
        assertThat(definitionOf(joined)).isInstanceOfSatisfying(OperatorDefinition.IntervalJoin.class, join -> {
            assertThat(join.lowerMillis()).isEqualTo(-300_000);
            assertThat(join.upperMillis()).isEqualTo(3_599_999);
        });
    }

    @Test
    void anIntervalThatIsMissingOrEmptyIsRefused() {
        assertThatThrownBy(() -> keyed().intervalJoin(keyed()).process(new Pairing()))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("Call between(lower, upper)");
        assertThatThrownBy(() -> keyed().intervalJoin(keyed()).between(MINUTE, Duration.ZERO))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("is empty");
    }

    @Test
    void aWindowJoinIsAWindowOfBothStreams() {
        DataStream<String> joined = readings.join(readings.filter(reading -> reading.value() > 1))
                .where(Reading::sensor)
                .equalTo(Reading::sensor)
                .window(TumblingWindows.of(MINUTE))
                .apply((one, other) -> one.sensor() + other.value());
        assertThat(definitionOf(joined))
                .isInstanceOfSatisfying(
                        OperatorDefinition.WindowAggregate.class,
                        window -> assertThat(window.accumulatorSerde().schema()).startsWith("list<either<record "));
    }
}
