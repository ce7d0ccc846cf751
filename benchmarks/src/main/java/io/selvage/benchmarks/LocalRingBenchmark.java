package io.selvage.benchmarks;

import io.selvage.task.exchange.ElementRing;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import org.openjdk.jmh.infra.Control;

/** Elements handed from one subtask to another of the same process: within one thread, and from thread to thread. */
@State(Scope.Group)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LocalRingBenchmark {
    private static final int BATCH = 256;

    private final ElementRing ring = new ElementRing();
    private final Object element = Reading.sample(1);

    /** No contention: what the ring itself costs. */
    @Benchmark
    @Group("oneThread")
    @GroupThreads(1)
    @OperationsPerInvocation(BATCH)
    public void oneThread(Blackhole hole) {
        for (int i = 0; i < BATCH; i++) {
            ring.offer(element, i);
        }
        for (int i = 0; i < BATCH; i++) {
            hole.consume(ring.poll());
        }
    }

    @Benchmark
    @Group("handover")
    @GroupThreads(1)
    @OperationsPerInvocation(BATCH)
    public void produce(Control control) {
        for (int i = 0; i < BATCH; i++) {
            while (!ring.offer(element, i)) {
                if (control.stopMeasurement) {
                    return;
                }
                Thread.onSpinWait();
            }
        }
    }

    @Benchmark
    @Group("handover")
    @GroupThreads(1)
    @OperationsPerInvocation(BATCH)
    public void consume(Control control, Blackhole hole) {
        for (int i = 0; i < BATCH; i++) {
            Object polled = ring.poll();
            while (polled == null) {
                if (control.stopMeasurement) {
                    return;
                }
                Thread.onSpinWait();
                polled = ring.poll();
            }
            hole.consume(polled);
        }
    }
}
