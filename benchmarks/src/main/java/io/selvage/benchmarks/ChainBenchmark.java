package io.selvage.benchmarks;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.FilterFunction;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.MapFunction;
import io.selvage.api.function.WindowFunction;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Vertex;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.TumblingWindows;
import io.selvage.task.operator.ChainBuilder;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.OperatorChain;
import io.selvage.task.operator.Output;
import io.selvage.task.operator.RestoredState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** Elements through the operators of one subtask, without input and output: what an operator adds to an element. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChainBenchmark {
    private static final int BATCH = 1024;
    private static final int KEYS = 256;
    private static final int MAX_PARALLELISM = 128;
    /** Event time goes on by this with each element, so that a window closes every 60,000 of them. */
    private static final long STEP_MILLIS = 1;

    private static final Duration WINDOW = Duration.ofMinutes(1);

    private final Hole out = new Hole();
    private final Reading[] readings = new Reading[KEYS];
    private final OperatorChain stateless = chain(
            new OperatorDefinition.Map<>((MapFunction<Reading, Reading>) reading -> new Reading(
                    reading.sensor(), reading.timeMillis(), reading.value() * 2, reading.place(), reading.quality())),
            new OperatorDefinition.Filter<>((FilterFunction<Reading>) reading -> reading.quality() > 0),
            new OperatorDefinition.Map<>((MapFunction<Reading, Double>) Reading::value));
    private final OperatorChain windowed = chain(new OperatorDefinition.WindowAggregate<>(
            (KeySelector<Reading, Long>) Reading::sensor,
            Serdes.LONG,
            TumblingWindows.of(WINDOW),
            new Sum(),
            Serdes.DOUBLE,
            (WindowFunction<Long, Double, Double>) (key, window, result) -> result));

    private final OperatorChain sliding = chain(new OperatorDefinition.WindowAggregate<>(
            (KeySelector<Reading, Long>) Reading::sensor,
            Serdes.LONG,
            SlidingWindows.of(WINDOW, WINDOW.dividedBy(4)),
            new Sum(),
            Serdes.DOUBLE,
            (WindowFunction<Long, Double, Double>) (key, window, result) -> result));
    private final OperatorChain timed = chain(new OperatorDefinition.KeyedProcess<>(
            (KeySelector<Reading, Long>) Reading::sensor, Serdes.LONG, new Alarm()));

    private long time;

    @Setup
    public void open() {
        for (int i = 0; i < KEYS; i++) {
            readings[i] = Reading.sample(i);
        }
        stateless.open(uid -> RestoredState.NONE);
        windowed.open(uid -> RestoredState.NONE);
        sliding.open(uid -> RestoredState.NONE);
        timed.open(uid -> RestoredState.NONE);
    }

    /** Map, filter, map. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void mapFilterMap(Blackhole hole) {
        out.hole = hole;
        for (int i = 0; i < BATCH; i++) {
            stateless.emit(readings[i % KEYS], i);
        }
    }

    /** A sum for each key and minute, in heap state; with a watermark after each batch. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void keyedWindow(Blackhole hole) {
        out.hole = hole;
        for (int i = 0; i < BATCH; i++) {
            time += STEP_MILLIS;
            windowed.emit(readings[i % KEYS], time);
        }
        windowed.watermark(time - 1);
    }

    /** The same in four windows, one of which begins every 15 s. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void keyedSlidingWindow(Blackhole hole) {
        out.hole = hole;
        for (int i = 0; i < BATCH; i++) {
            time += STEP_MILLIS;
            sliding.emit(readings[i % KEYS], time);
        }
        sliding.watermark(time - 1);
    }

    /** A timer for each element, which fires at the next batch's watermark. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void keyedTimer(Blackhole hole) {
        out.hole = hole;
        for (int i = 0; i < BATCH; i++) {
            time += STEP_MILLIS;
            timed.emit(readings[i % KEYS], time);
        }
        timed.watermark(time - 1);
    }

    private OperatorChain chain(OperatorDefinition... definitions) {
        List<Operator> operators = new ArrayList<>();
        for (int i = 0; i < definitions.length; i++) {
            String name = "operator-" + i;
            operators.add(new Operator(name, name, false, OperatorRole.TRANSFORM, Opaque.write(definitions[i], name)));
        }
        ChainBuilder builder = new ChainBuilder(
                "job-benchmark",
                1,
                MAX_PARALLELISM,
                ChainBenchmark.class.getClassLoader(),
                KeyedBackends.HEAP,
                System::nanoTime);
        return builder.build(new Vertex(1, "chain", 1, operators), 0, out, new Counters(), () -> {});
    }

    /** Tells of each element once event time has come to it. */
    private static final class Alarm extends KeyedProcessFunction<Long, Reading, Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(Reading reading, Context<Long> context, Collector<Long> out) {
            context.registerEventTimeTimer(context.timestampMillis());
        }

        @Override
        public void onTimer(long timestampMillis, OnTimerContext<Long> context, Collector<Long> out) {
            out.collect(context.key());
        }
    }

    private static final class Sum implements AggregateFunction<Reading, Double, Double> {
        private static final long serialVersionUID = 1L;

        @Override
        public Double create() {
            return 0.0;
        }

        @Override
        public Double add(Double sum, Reading reading) {
            return sum + reading.value();
        }

        @Override
        public Double result(Double sum) {
            return sum;
        }
    }

    /** The end of a chain. */
    private static final class Hole implements Output {
        @Override
        public void idle(boolean isIdle) {}

        private Blackhole hole = new Blackhole(
                "Today's password is swordfish. I understand instantiating Blackholes directly is dangerous.");

        @Override
        public void emit(Object value, long timestampMillis) {
            hole.consume(value);
        }

        @Override
        public void watermark(long millis) {}
    }
}
