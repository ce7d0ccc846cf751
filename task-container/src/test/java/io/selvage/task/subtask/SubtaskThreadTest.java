package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.graph.EdgeDefinition;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.graph.Vertex;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.config.CheckpointMode;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.LocalChannel;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.operator.ChainBuilder;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.RestoredState;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A subtask on its own thread: how it is ended, whatever it waits for. */
@Timeout(60)
class SubtaskThreadTest {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @SuppressWarnings("unchecked")
    private static final Serde<Object> SERDE = (Serde<Object>) (Serde<?>) Serdes.of(String.class);

    private final LocalChannel channel = new LocalChannel(
            new ChannelId(new JobId("job-1"), new Incarnation(1), 0, 0, 0),
            SERDE,
            Duration.ofSeconds(1),
            new Wakeup(),
            new Wakeup());

    /** Has splits for ever. */
    record Endless() implements Source<Integer, Integer> {
        @Override
        public Serde<Integer> serde() {
            return Serdes.of(Integer.class);
        }

        @Override
        public Serde<Integer> splitSerde() {
            return Serdes.of(Integer.class);
        }

        @Override
        public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
            return new SplitPlanner<>() {
                @Override
                public List<Integer> discover() {
                    return List.of(1, 2, 3);
                }

                @Override
                public boolean isComplete() {
                    return false;
                }

                @Override
                public byte[] snapshot() {
                    return new byte[0];
                }
            };
        }

        @Override
        public SplitReader<Integer> reader(Integer split, byte @Nullable [] position, SourceContext context) {
            return new SplitReader<>() {
                @Override
                public Status read(SourceOutput<Integer> out, int maxElements) {
                    out.collect(split);
                    return Status.MORE;
                }

                @Override
                public byte[] position() {
                    return new byte[0];
                }
            };
        }
    }

    private static final CountDownLatch IN_FUNCTION = new CountDownLatch(1);

    private Subtask subtask(OperatorDefinition definition, boolean channelIsInput) {
        return subtask(definition, channelIsInput, List.of("element"));
    }

    private Subtask subtask(OperatorDefinition definition, boolean channelIsInput, List<Object> input) {
        Vertex vertex = new Vertex(
                1,
                "test",
                1,
                List.of(new Operator("uid", "test", true, OperatorRole.TRANSFORM, Opaque.write(definition, "test"))));
        ChainBuilder chains = new ChainBuilder(
                "job-1", 1, 16, SubtaskThreadTest.class.getClassLoader(), KeyedBackends.HEAP, System::nanoTime);
        Wakeup wakeup = new Wakeup();
        LocalChannel wired = new LocalChannel(channel.id(), SERDE, Duration.ofSeconds(1), wakeup, wakeup);
        if (channelIsInput) {
            input.forEach(each -> {
                if (each instanceof Control control) {
                    wired.tryEmit(control);
                } else {
                    wired.tryEmit(each, 0);
                }
            });
        }
        return new Subtask(new SubtaskWiring(
                SubtaskId.of(1, 0),
                wakeup,
                channelIsInput ? List.of(SubtaskInput.of(wired)) : List.of(),
                channelIsInput
                        ? List.of()
                        : List.of(new OutputEdge("test", Partitioning.FORWARD, edge(), "", List.of(wired), 16)),
                (out, counters) -> chains.build(vertex, 0, out, counters, wakeup::signal),
                uid -> RestoredState.NONE,
                List::of,
                new Alignment(CheckpointMode.EXACTLY_ONCE, Long.MAX_VALUE / 2),
                false,
                TimeUnit.MILLISECONDS.toNanos(1),
                System::nanoTime,
                new SubtaskListener() {
                    @Override
                    public void onPhase(SubtaskId id, SubtaskPhase phase, @Nullable Throwable failure) {
                        heard.add(phase + (failure == null ? "" : " " + failure.getMessage()));
                    }

                    @Override
                    public void onCut(SubtaskCut cut) {
                        heard.add("cut");
                    }

                    @Override
                    public void onThreadEnd(SubtaskId id) {
                        heard.add("end");
                    }
                }));
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static EdgeDefinition<Object, Object> edge() {
        return new EdgeDefinition(Serdes.of(Integer.class), null, null);
    }

    private void expect(String... words) throws InterruptedException {
        for (String word : words) {
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo(word);
        }
    }

    private static void awaitParked(Thread thread) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (thread.getState() != Thread.State.TIMED_WAITING) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void endsWhileItWaitsForRoomInAFullChannel() throws Exception {
        Subtask subtask = subtask(new OperatorDefinition.PlanSplits<>(new Endless()), false);
        Thread thread = new Thread(subtask);
        thread.start();
        expect("OPENING", "RUNNING");
        awaitParked(thread);
        assertThat(subtask.backPressured().nanos(System.nanoTime() + 1)).isPositive();
        assertThat(subtask.idle().nanos(System.nanoTime() + 1)).isZero();
        subtask.cancel();
        expect("CANCELED", "end");
        thread.join(20_000);
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void isIdleWhileItWaitsForInput() throws Exception {
        Subtask subtask = subtask(new OperatorDefinition.Map<String, String>(text -> text), true, List.of());
        Thread thread = new Thread(subtask);
        thread.start();
        expect("OPENING", "RUNNING");
        awaitParked(thread);
        assertThat(subtask.idle().nanos(System.nanoTime() + 1)).isPositive();
        assertThat(subtask.backPressured().nanos(System.nanoTime() + 1)).isZero();
        subtask.cancel();
        expect("CANCELED", "end");
    }

    @Test
    void endsWhileTheUsersCodeBlocks() throws Exception {
        Subtask subtask = subtask(
                new OperatorDefinition.Map<String, String>(text -> {
                    IN_FUNCTION.countDown();
                    new CountDownLatch(1).await();
                    return text;
                }),
                true);
        new Thread(subtask).start();
        IN_FUNCTION.await();
        subtask.cancel();
        expect("OPENING", "RUNNING", "CANCELED", "end");
    }

    @Test
    void endsBeforeItHasBegunIfItIsToldSoBeforehand() throws Exception {
        Subtask subtask = subtask(new OperatorDefinition.PlanSplits<>(new Endless()), false);
        subtask.cancel();
        new Thread(subtask).start();
        expect("CANCELED", "end");
    }

    /** Blocks where it is told to, and keeps in a static field what was committed. */
    record BlockingSink(String where) implements Sink<String, String> {
        static final Map<String, CountDownLatch> BLOCKED = new ConcurrentHashMap<>();
        static final Map<String, List<String>> COMMITTED = new ConcurrentHashMap<>();

        BlockingSink {
            BLOCKED.putIfAbsent(where, new CountDownLatch(1));
            COMMITTED.putIfAbsent(where, new CopyOnWriteArrayList<>());
        }

        private void block() throws InterruptedException {
            BLOCKED.get(where).countDown();
            new CountDownLatch(1).await();
        }

        @Override
        public Serde<String> committableSerde() {
            return Serdes.of(String.class);
        }

        @Override
        public SinkWriter<String, String> writer(SinkContext context) {
            List<String> written = new ArrayList<>();
            return new SinkWriter<>() {
                @Override
                public void write(String element, long timestampMillis) throws InterruptedException {
                    if (element.equals("block in write")) {
                        block();
                    }
                    written.add(element);
                }

                @Override
                public List<String> prepare(long checkpoint) {
                    List<String> prepared = List.copyOf(written);
                    written.clear();
                    return prepared;
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Committer<String> committer(SinkContext context) {
            return new Committer<>() {
                @Override
                public void commit(List<String> committables) throws InterruptedException {
                    if (where.equals("commit") && BLOCKED.get(where).getCount() > 0) {
                        block();
                    }
                    COMMITTED.get(where).addAll(committables);
                }

                @Override
                public void recover(List<String> committables) {}
            };
        }
    }

    private static Barrier barrier(long checkpoint) {
        return new Barrier(new CheckpointId(checkpoint), 0, false);
    }

    /** A job that is canceled has no next incarnation that would commit what this one has not. */
    @Test
    void commitsWhatIsKnownToBeCompleteBeforeItEnds() throws Exception {
        Subtask subtask = subtask(
                new OperatorDefinition.WriteSink<>(new BlockingSink("write")),
                true,
                List.of("a", barrier(1), "b", barrier(2), "block in write"));
        new Thread(subtask).start();
        expect("OPENING", "RUNNING", "cut", "cut");
        BlockingSink.BLOCKED.get("write").await();
        subtask.post(new Mail.Abort(new CheckpointId(1), false));
        subtask.post(new Mail.Complete(new CheckpointId(1), false));
        subtask.cancel();
        expect("CANCELED", "end");
        assertThat(BlockingSink.COMMITTED.get("write")).as("and no more").containsExactly("a");
    }

    @Test
    void commitsAgainWhatTheOrderToEndHasInterrupted() throws Exception {
        Subtask subtask =
                subtask(new OperatorDefinition.WriteSink<>(new BlockingSink("commit")), true, List.of("a", barrier(1)));
        new Thread(subtask).start();
        expect("OPENING", "RUNNING", "cut");
        subtask.post(new Mail.Complete(new CheckpointId(1), false));
        BlockingSink.BLOCKED.get("commit").await();
        subtask.cancel();
        expect("CANCELED", "end");
        assertThat(BlockingSink.COMMITTED.get("commit")).containsExactly("a");
    }

    @Test
    void reportsAFailureFromOutsideAsItsOwn() throws Exception {
        Subtask subtask = subtask(new OperatorDefinition.PlanSplits<>(new Endless()), false);
        new Thread(subtask).start();
        expect("OPENING", "RUNNING");
        subtask.fail(new IOException("the peer is gone"));
        expect("FAILED the peer is gone", "end");
    }
}
