package io.selvage.benchmarks;

import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.KeyedCut;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Keyed state on the heap: what an element costs that looks up its key and replaces a value, and what a snapshot does.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HeapStateBenchmark {
    private static final int MAX_PARALLELISM = 128;
    /** Odd, so that it visits all keys before it returns to one; far enough for no cache line to be met again. */
    private static final int STRIDE = 7919;

    private static final int ELEMENTS_BETWEEN_CUTS = 1000;

    @Param({"1000", "100000"})
    public int keys;

    private final RowKeyedStateBackend<Long> backend = new RowKeyedStateBackend<>(
            "benchmark", Serdes.LONG, MAX_PARALLELISM, KeyGroups.rangeOf(0, 1, MAX_PARALLELISM), KeyedOrigin.NOTHING);
    private final ValueState<Long> state = backend.states().value(new ValueStateDescriptor<>("count", Long.class));

    private Long[] boxed = {};
    private int next;
    private int sinceCut;
    private long checkpoint;

    @Setup
    public void fill() {
        backend.opened();
        boxed = new Long[keys];
        for (int i = 0; i < keys; i++) {
            boxed[i] = (long) i;
            backend.setCurrentKey(boxed[i]);
            state.update(0L);
        }
    }

    @Benchmark
    public void get(Blackhole hole) {
        backend.setCurrentKey(nextKey());
        hole.consume(state.value());
    }

    @Benchmark
    public void getAndUpdate() {
        backend.setCurrentKey(nextKey());
        Long count = state.value();
        state.update(count == null ? 1L : count + 1);
    }

    /** An element's share of a cut for every 1,000 elements included, each of another key as long as there are any. */
    @Benchmark
    public void getAndUpdateWithCuts() {
        getAndUpdate();
        if (++sinceCut == ELEMENTS_BETWEEN_CUTS) {
            sinceCut = 0;
            backend.snapshot(++checkpoint).complete();
            backend.confirm(checkpoint);
        }
    }

    /** Of all keys: the state is so small that nothing is chained. */
    @Benchmark
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public KeyedCut snapshot() {
        KeyedCut cut = backend.snapshot(++checkpoint).complete();
        backend.confirm(checkpoint);
        return cut;
    }

    private Long nextKey() {
        next += STRIDE;
        if (next >= keys) {
            next %= keys;
        }
        return boxed[next];
    }
}
