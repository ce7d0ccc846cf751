package io.selvage.task.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.selvage.api.function.Collector;
import io.selvage.api.function.FilterFunction;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.MapFunction;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Vertex;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.LocalChannel;
import io.selvage.task.exchange.Wakeup;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the engine's own code allocates for an element: nothing, whichever compiler has seen it. */
class AllocationTest {
    private static final int KEYS = 1_000;
    private static final int ELEMENTS = 400_000;
    /**
     * The ring's references lie in arrays that are new each time around (decision 0046); 8 bytes where heaps are large.
     */
    private static final double RING_BYTES = 10;
    /** For all that is not there for an element. */
    private static final double TOLERANCE = 0.5;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Its key is an object already, and its values are so small that the JVM has them. */
    record Reading(Long sensor, int quality) {}

    private final Reading[] readings = new Reading[KEYS];
    private final Counting end = new Counting();

    AllocationTest() {
        for (int i = 0; i < KEYS; i++) {
            readings[i] = new Reading(1_000L + i, 1);
        }
    }

    /** The second reading of each key and all after it. */
    private static final class Repeated extends KeyedProcessFunction<Long, Reading, Reading> {
        private static final long serialVersionUID = 1L;

        private transient @Nullable ValueState<Integer> seen;

        @Override
        public void openState(StateAccess states) {
            seen = states.value(new ValueStateDescriptor<>("seen", Integer.class));
        }

        @Override
        public void process(Reading reading, Context<Long> context, Collector<Reading> out) throws Exception {
            ValueState<Integer> state = Objects.requireNonNull(seen);
            Integer before = state.value();
            state.update(before == null ? 0 : (before + 1) & 63);
            if (before != null) {
                out.collect(reading);
            }
        }
    }

    /** The end of a chain. */
    private static final class Counting implements Output {
        private long count;
        private @Nullable Object last; // Kept, so that no compiler leaves an element out.

        @Override
        public void emit(Object value, long timestampMillis) {
            count++;
            last = value;
        }

        @Override
        public void watermark(long millis) {}

        @Override
        public void idle(boolean isIdle) {}
    }

    private static OperatorChain chain(Output out, OperatorDefinition... definitions) {
        List<Operator> operators = new ArrayList<>();
        for (int i = 0; i < definitions.length; i++) {
            String name = "operator-" + i;
            operators.add(new Operator(name, name, false, OperatorRole.TRANSFORM, Opaque.write(definitions[i], name)));
        }
        ChainBuilder builder = new ChainBuilder(
                "job-allocation", 1, 128, AllocationTest.class.getClassLoader(), KeyedBackends.HEAP, System::nanoTime);
        OperatorChain chain = builder.build(new Vertex(1, "chain", 1, operators), 0, out, new Counters(), () -> {});
        chain.open(uid -> RestoredState.NONE);
        return chain;
    }

    private static OperatorChain stateless(Output out) {
        return chain(
                out,
                new OperatorDefinition.Map<>((MapFunction<Reading, Reading>) reading -> reading),
                new OperatorDefinition.Filter<>((FilterFunction<Reading>) reading -> reading.quality() > 0));
    }

    private static OperatorChain keyed(Output out) {
        return chain(
                out,
                new OperatorDefinition.KeyedProcess<>(
                        (KeySelector<Reading, Long>) Reading::sensor, Serdes.LONG, new Repeated()));
    }

    @FunctionalInterface
    private interface Step {
        void take(Reading reading, long timestampMillis);
    }

    /** Bytes that this thread allocates for an element, once each key has been seen. */
    private double bytesForEach(Step step) {
        feed(step, 20 * KEYS);
        long before = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
        feed(step, ELEMENTS);
        return (double) (THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - before) / ELEMENTS;
    }

    private void feed(Step step, int elements) {
        for (int i = 0; i < elements; i++) {
            step.take(readings[i % KEYS], i);
        }
    }

    @Test
    void aChainAllocatesNothing() {
        OperatorChain chain = stateless(end);
        assertThat(bytesForEach(chain::emit)).isLessThan(TOLERANCE);
        assertThat(end.count).isEqualTo(ELEMENTS + 20 * KEYS);
    }

    @Test
    void keyedStateInTheHeapAllocatesNothingForAValueThatIsThere() {
        OperatorChain chain = keyed(end);
        assertThat(bytesForEach(chain::emit)).isLessThan(TOLERANCE);
        assertThat(end.count).isEqualTo(ELEMENTS + 19 * KEYS);
    }

    @Test
    void aRingAllocatesItsReferencesAlone() {
        LocalChannel ring = ring();
        assertThat(bytesForEach((reading, timestampMillis) -> {
                    assertTaken(ring.tryEmit(reading, timestampMillis));
                    end.emit(Objects.requireNonNull(ring.poll()), ring.timestampMillis());
                    ring.release(timestampMillis);
                }))
                .isLessThan(RING_BYTES);
    }

    /** No assertion library for each element: that allocates. */
    private static void assertTaken(boolean isTaken) {
        if (!isTaken) {
            throw new AssertionError("The ring is full.");
        }
    }

    @SuppressWarnings("unchecked")
    private static LocalChannel ring() {
        return new LocalChannel(
                new ChannelId(new JobId("job-allocation"), new Incarnation(1), 1, 0, 0),
                (Serde<Object>) (Serde<?>) Serdes.LONG,
                Duration.ofSeconds(1),
                new Wakeup(),
                new Wakeup());
    }

    /** It would be seen. */
    @Test
    void whatAFunctionAllocatesIsCounted() {
        OperatorChain chain = chain(end, new OperatorDefinition.Map<>((MapFunction<Reading, Reading>)
                reading -> new Reading(reading.sensor(), 2)));
        assertThat(bytesForEach(chain::emit)).isGreaterThan(8);
        assertThat(end.last).isEqualTo(new Reading(readings[KEYS - 1].sensor(), 2));
    }
}
