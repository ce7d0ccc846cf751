package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.selvage.task.exchange.ElementLog;
import io.selvage.task.exchange.LocalChannel;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.operator.ChainBuilder;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.RestoredState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A subtask whose consumer has stopped: it is in the midst of an element, and its input is full as well. */
@Timeout(60)
class CutUnderPressureTest {
    @SuppressWarnings("unchecked")
    private static final Serde<Object> SERDE = (Serde<Object>) (Serde<?>) Serdes.of(Integer.class);

    private static final JobId JOB = new JobId("job-1");

    private final Wakeup wakeup = new Wakeup();
    private final LocalChannel in = new LocalChannel(id(0), SERDE, Duration.ofHours(1), new Wakeup(), wakeup);
    private final LocalChannel out = new LocalChannel(id(1), SERDE, Duration.ofHours(1), wakeup, new Wakeup());
    private final BlockingQueue<SubtaskCut> cuts = new LinkedBlockingQueue<>();

    private static ChannelId id(int edge) {
        return new ChannelId(JOB, new Incarnation(1), edge, 0, 0);
    }

    @Test
    void cutsAndSendsTheBarrierAheadOfAllThatNobodyTakes() throws Exception {
        Subtask subtask = subtask();
        Thread thread = new Thread(subtask, "subtask");
        thread.start();
        try {
            int sent = fill();
            Barrier barrier = new Barrier(new CheckpointId(1), 0, false);
            assertThat(in.tryAnnounce(barrier)).isTrue();
            SubtaskCut cut = cuts.poll(20, TimeUnit.SECONDS);
            assertThat(cut).as("nobody has taken anything").isNotNull();
            assertThat(out.announced()).isEqualTo(barrier.overtaking());
            ElementLog overtaken = out.newLog();
            out.logQueued(overtaken);
            List<Object> all = InputGateTest.elements(overtaken.toByteArray(), SERDE);
            int emitted = all.size();
            all.addAll(InputGateTest.elements(cut.inFlight().get(0).elements(), SERDE));
            assertThat(all).isEqualTo(numbers(sent));
            assertThat(drain(sent)).containsExactlyElementsOf(withBarrier(numbers(sent), emitted, barrier));
        } finally {
            subtask.cancel();
            thread.join(20_000);
        }
    }

    private static List<Object> numbers(int count) {
        List<Object> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            numbers.add(i);
        }
        return numbers;
    }

    private static List<Object> withBarrier(List<Object> numbers, int before, Barrier barrier) {
        numbers.add(before, barrier.overtaking());
        return numbers;
    }

    /** Both channels, and one element that is on its way from one to the other. */
    private int fill() {
        int full = 1024 - 1024 / 16;
        int sent = 0;
        while (sent < 2 * full + 1) {
            if (in.tryEmit(sent, sent)) {
                sent++;
            } else {
                in.flush();
                Thread.onSpinWait();
            }
        }
        return sent;
    }

    private List<Object> drain(int count) {
        List<Object> drained = new ArrayList<>();
        while (drained.size() < count + 1) {
            Object element = out.poll();
            if (element != null) {
                drained.add(element);
                out.release(System.nanoTime());
            }
        }
        return drained;
    }

    private Subtask subtask() {
        OperatorDefinition map = new OperatorDefinition.Map<Integer, Integer>(value -> value);
        Vertex vertex = new Vertex(
                1,
                "test",
                1,
                List.of(new Operator("uid", "test", true, OperatorRole.TRANSFORM, Opaque.write(map, "test"))));
        ChainBuilder chains = new ChainBuilder(
                JOB.value(), 1, 16, CutUnderPressureTest.class.getClassLoader(), KeyedBackends.HEAP, System::nanoTime);
        return new Subtask(new SubtaskWiring(
                SubtaskId.of(1, 0),
                wakeup,
                List.of(SubtaskInput.of(in)),
                List.of(new OutputEdge(
                        "test", Partitioning.FORWARD, new EdgeDefinition<>(SERDE, null, null), "", List.of(out), 16)),
                (output, counters) -> chains.build(vertex, 0, output, counters, wakeup::signal),
                uid -> RestoredState.NONE,
                List::of,
                new Alignment(CheckpointMode.EXACTLY_ONCE, TimeUnit.MILLISECONDS.toNanos(20)),
                false,
                TimeUnit.MILLISECONDS.toNanos(1),
                System::nanoTime,
                new SubtaskListener() {
                    @Override
                    public void onPhase(SubtaskId id, SubtaskPhase phase, @Nullable Throwable failure) {}

                    @Override
                    public void onCut(SubtaskCut cut) {
                        cuts.add(cut);
                    }

                    @Override
                    public void onThreadEnd(SubtaskId id) {}
                }));
    }
}
