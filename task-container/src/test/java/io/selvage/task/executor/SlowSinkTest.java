package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.MemorySize;
import io.selvage.protocol.wire.SubtaskCounters;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sink that takes nothing for a while stops its source, and nothing grows meanwhile: in a job on two executors, whose
 * subtasks hand over half of their elements in the process, and half through sockets.
 */
class SlowSinkTest {
    private static final int KEYS = 50;
    /** Elements that the sink takes before it is slow for the first time: more than may be under way. */
    private static final int FIRST = 10_000;
    /** The second time. */
    private static final int SECOND = 4 * FIRST;
    /** Each of the two readers has a split that neither has read to its end by then. */
    private static final int COUNT = 3 * SECOND;

    private static final int TEXT_LENGTH = 1000;
    private static final MemorySize BUFFER = MemorySize.ofKibibytes(16);
    /**
     * Of two exchanges, each of four channels, of which two go through sockets: rings, and buffers, of which a channel
     * has four at its receiver, two that wait to be sent, and one that is being filled; and a batch in each subtask.
     */
    private static final long MOST_UNDER_WAY = 2 * (2 * 1024 + 2 * 7 * BUFFER.bytes() / TEXT_LENGTH) + 6 * 128;
    /**
     * Rings may be full at one look and not at the other, and a barrier that has waited for long has what it overtakes
     * kept until the checkpoint is complete: some megabytes. Of 30,000 elements that are kept it would be 30.
     */
    private static final long SAME_BYTES = 12 << 20;
    /** Netty has it in pieces of 4 MiB, and takes another one for each thread that finds its own used up. */
    private static final long SAME_DIRECT_BYTES = 16 << 20;
    /** By both executors, and nothing moves meanwhile. */
    private static final int HEARTBEATS_OF_STALL = 10;

    private static final AtomicLong GIVEN = new AtomicLong();
    private static final AtomicInteger TAKEN = new AtomicInteger();
    private static final Semaphore MAY_TAKE = new Semaphore(FIRST);
    private static final Output OUTPUT = new Output();

    @TempDir
    Path directory;

    /** @param text so much of it that whoever keeps elements is found */
    record Element(long number, String text) {
        static Element of(long number) {
            return new Element(
                    number, Character.toString('a' + (int) (number % 26)).repeat(TEXT_LENGTH));
        }

        int key() {
            return (int) (number % KEYS);
        }
    }

    /** Of two splits, which have every other element: one for each reader. */
    record Elements() implements Source<Element, Integer> {
        @Override
        public Serde<Element> serde() {
            return Serdes.of(Element.class);
        }

        @Override
        public Serde<Integer> splitSerde() {
            return Serdes.INTEGER;
        }

        @Override
        public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
            return new SplitPlanner<>() {
                private boolean isComplete;

                @Override
                public List<Integer> discover() {
                    List<Integer> found = isComplete ? List.of() : List.of(0, 1);
                    isComplete = true;
                    return found;
                }

                @Override
                public boolean isComplete() {
                    return isComplete;
                }

                @Override
                public byte[] snapshot() {
                    return new byte[0]; // Nothing restores it.
                }
            };
        }

        @Override
        public SplitReader<Element> reader(Integer split, byte @Nullable [] position, SourceContext context) {
            return new SplitReader<>() {
                private long next = split;

                @Override
                public Status read(SourceOutput<Element> out, int maxElements) {
                    for (int i = 0; i < maxElements && next < COUNT; i++) {
                        GIVEN.incrementAndGet();
                        out.collect(Element.of(next));
                        next += 2;
                    }
                    return next < COUNT ? Status.MORE : Status.END;
                }

                @Override
                public byte[] position() {
                    return new byte[0];
                }
            };
        }
    }

    /** @param nth of its key, from one */
    record Numbered(Element element, long nth) {}

    static final class Numbering extends KeyedProcessFunction<Integer, Element, Numbered> {
        private static final long serialVersionUID = 1L;
        private transient ValueState<Long> count;

        @Override
        public void openState(StateAccess states) {
            count = states.value(new ValueStateDescriptor<>("count", Long.class));
        }

        @Override
        public void process(Element element, Context<Integer> context, Collector<Numbered> out) {
            Long before = count.value();
            long nth = before == null ? 1 : before + 1;
            count.update(nth);
            out.collect(new Numbered(element, nth));
        }
    }

    /** What the sink has been given, in no more memory than a bit for each. Guarded by itself. */
    private static final class Output {
        private final BitSet numbers = new BitSet(COUNT);
        private final BitSet places = new BitSet(COUNT); // Of each key, by what its state says.

        synchronized void add(Numbered row) {
            Element element = row.element();
            int place = (int) (row.nth() - 1) * KEYS + element.key();
            if (!element.equals(Element.of(element.number()))
                    || numbers.get((int) element.number())
                    || places.get(place)) {
                throw new IllegalStateException("it was there before, or is damaged: " + row);
            }
            numbers.set((int) element.number());
            places.set(place);
        }

        synchronized void requireAll() {
            assertThat(numbers.nextClearBit(0))
                    .as("the first number that is missing")
                    .isEqualTo(COUNT);
            assertThat(places.nextClearBit(0))
                    .as("the first place that is missing")
                    .isEqualTo(COUNT);
            assertThat(numbers.length()).isEqualTo(COUNT);
            assertThat(places.length()).isEqualTo(COUNT);
        }
    }

    /** Waits before each element until it may take one more. */
    record SlowSink() implements Sink<Numbered, String> {
        @Override
        public Serde<String> committableSerde() {
            return Serdes.STRING;
        }

        @Override
        public SinkWriter<Numbered, String> writer(SinkContext context) {
            return new SinkWriter<>() {
                @Override
                public void write(Numbered element, long timestampMillis) throws InterruptedException {
                    MAY_TAKE.acquire();
                    OUTPUT.add(element);
                    TAKEN.incrementAndGet();
                }

                @Override
                public List<String> prepare(long checkpoint) {
                    return List.of();
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Committer<String> committer(SinkContext context) {
            return new Committer<>() {
                @Override
                public void commit(List<String> committables) {}

                @Override
                public void recover(List<String> committables) {}
            };
        }
    }

    private static JobGraph graph(String name) {
        StreamEnvironment env = StreamEnvironment.create().parallelism(2).maxParallelism(16);
        env.from(new Elements(), "elements")
                .keyBy(Element::key)
                .process(new Numbering(), Serdes.of(Numbered.class))
                .uid("numbering")
                .rebalance()
                .sinkTo(new SlowSink(), "out");
        return env.graph(name);
    }

    @Test
    @Timeout(120)
    void nothingGrowsWhileASinkTakesNothing() throws Exception {
        String name = "job-slow-sink";
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        List<Usage> stalled = new ArrayList<>();
        try (ScriptedMaster master = new ScriptedMaster(List.of(graph(name)), name, store, directory, 2)) {
            master.settings = Map.of(
                    JobConfig.BUFFER_SIZE.name(),
                    BUFFER.toString(),
                    // As much may lie in queues as they hold.
                    JobConfig.IN_FLIGHT_TARGET.name(),
                    "1h");
            Stall stall = new Stall(master);
            master.run(new SplittableRandom(1), 0, () -> {}, () -> {
                assertThat(master.failures).isEmpty();
                requireBounded();
                if (stalled.isEmpty() && stall.holdsAt(FIRST)) {
                    stalled.add(Usage.now());
                    MAY_TAKE.release(SECOND - FIRST);
                } else if (stalled.size() == 1 && stall.holdsAt(SECOND)) {
                    stalled.add(Usage.now());
                    MAY_TAKE.release(COUNT - SECOND);
                }
                return true;
            });
            assertThat(master.restarts).as("deployments").isEqualTo(1);
        } finally {
            MAY_TAKE.release(COUNT); // Whatever has failed, no thread waits on.
        }
        OUTPUT.requireAll();
        System.out.println(
                "Used while the sink was slow, after " + FIRST + " elements and after " + SECOND + ": " + stalled);
        Usage first = stalled.get(0);
        Usage second = stalled.get(1);
        assertThat(second.heapBytes()).as("heap: %s", stalled).isLessThan(first.heapBytes() + SAME_BYTES);
        assertThat(second.directBytes())
                .as("direct buffers: %s", stalled)
                .isLessThanOrEqualTo(first.directBytes() + SAME_DIRECT_BYTES);
    }

    /** What is taken meanwhile makes the difference less, never more, than it is. */
    private static void requireBounded() {
        long given = GIVEN.get();
        long taken = TAKEN.get();
        assertThat(given - taken).as("elements under way").isLessThanOrEqualTo(MOST_UNDER_WAY);
    }

    /** Owned by the test's thread: tells when everything before the sink stands still. */
    private static final class Stall {
        private final ScriptedMaster master;
        private long given = -1;
        private int sinceHeartbeat;

        Stall(ScriptedMaster master) {
            this.master = master;
        }

        /** Whether the sink has taken so many, and the readers can give nothing for a while now, and know why. */
        boolean holdsAt(int taken) {
            long now = GIVEN.get();
            List<SubtaskCounters> readers = master.counters.values().stream()
                    .filter(each -> each.getRecordsRead() > 0)
                    .toList();
            if (TAKEN.get() != taken
                    || now != given
                    || readers.size() != 2
                    || !readers.stream().allMatch(each -> each.getBackPressuredPermille() > 900)) {
                given = now;
                sinceHeartbeat = master.heartbeats;
            }
            return master.heartbeats - sinceHeartbeat >= HEARTBEATS_OF_STALL;
        }
    }

    /** @param heapBytes that are reachable */
    private record Usage(long elementsUnderWay, long heapBytes, long directBytes) {
        private static final int LOOKS = 5;

        static Usage now() {
            MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
            long heap = Long.MAX_VALUE;
            // Some thread allocates between collection and look, or a cleaner is late.
            for (int i = 0; i < LOOKS; i++) {
                memory.gc();
                heap = Math.min(heap, memory.getHeapMemoryUsage().getUsed());
            }
            long direct = PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory()
                    + ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                            .mapToLong(BufferPoolMXBean::getMemoryUsed)
                            .sum();
            return new Usage(GIVEN.get() - TAKEN.get(), heap, direct);
        }
    }
}
