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
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.backend.RetainedState;
import io.selvage.protocol.config.CheckpointMode;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.task.exchange.Activity;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.CutKind;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.LatencyMarker;
import io.selvage.task.exchange.LocalChannel;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.exchange.Watermark;
import io.selvage.task.operator.ChainBuilder;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.OperatorCut;
import io.selvage.task.operator.RestoredState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs any operators in a subtask that is stepped by the test's thread, with a manual clock: straight, or with a
 * snapshot and a restore into a new subtask between every two inputs, and with outputs that refuse every other element.
 */
final class SubtaskHarness {
    /** How hard the operators are tried. */
    enum Mode {
        STRAIGHT(false, false, false),
        RESTORED_AFTER_EVERY_INPUT(true, false, false),
        REWOUND_AFTER_EVERY_INPUT(true, true, false),
        REFUSED_AT_EVERY_OUTPUT(false, false, true),
        RESTORED_AND_REFUSED(true, false, true);

        final boolean restores;
        /** Keyed state is not read again but taken back in place. */
        final boolean rewinds;

        final boolean refuses;

        Mode(boolean restores, boolean rewinds, boolean refuses) {
            this.restores = restores;
            this.rewinds = rewinds;
            this.refuses = refuses;
        }
    }

    /** An element with its timestamp. */
    record At(Object value, long timestampMillis) {}

    @SuppressWarnings("unchecked")
    private static final Serde<Object> SERDE = (Serde<Object>) (Serde<?>) Serdes.of(String.class);

    static final String SIDE = "side";

    private static final JobId JOB = new JobId("job-harness");

    private final Vertex vertex;
    private final Mode mode;
    private final Duration markerInterval;
    private final boolean hasInput;
    private final boolean hasSecondInput;
    private final boolean hasOutput;
    final AtomicLong nanos = new AtomicLong(1);
    final RefusingOutput output;
    /** Takes the side output that is named {@value #SIDE}. */
    final RefusingOutput side;

    final List<String> phases = new ArrayList<>();

    @Nullable
    Throwable failure;

    private Map<String, OperatorCut> lastCut = new HashMap<>();
    private int cutsTaken;

    @Nullable
    SubtaskCut newestCut;

    private Map<String, RetainedState> retained = Map.of();
    private long checkpoint;
    private long incarnation;
    private boolean inputEnded;
    private boolean held;
    private LocalChannel input;
    private LocalChannel secondInput;
    private Subtask subtask;
    private final Map<Counters.Figure, Long> earlierCounts = new HashMap<>();

    SubtaskHarness(Mode mode, OperatorDefinition... definitions) {
        this(mode, Duration.ZERO, definitions);
    }

    /** @param markerInterval of latency markers; zero: there are none */
    SubtaskHarness(Mode mode, Duration markerInterval, OperatorDefinition... definitions) {
        this.mode = mode;
        this.markerInterval = markerInterval;
        List<Operator> operators = new ArrayList<>();
        for (int i = 0; i < definitions.length; i++) {
            String name = definitions[i].getClass().getSimpleName();
            operators.add(
                    new Operator("uid-" + i, name, true, OperatorRole.TRANSFORM, Opaque.write(definitions[i], name)));
        }
        this.vertex = new Vertex(1, "harness", 1, operators);
        this.hasInput = !(definitions[0] instanceof OperatorDefinition.PlanSplits);
        this.hasSecondInput = definitions[0] instanceof OperatorDefinition.KeyedCoProcess
                || definitions[0] instanceof OperatorDefinition.IntervalJoin
                || definitions[0] instanceof OperatorDefinition.CoProcess
                || definitions[0] instanceof OperatorDefinition.BroadcastProcess
                || definitions[0] instanceof OperatorDefinition.KeyedBroadcastProcess;
        this.hasOutput = !(definitions[definitions.length - 1] instanceof OperatorDefinition.WriteSink);
        this.output = new RefusingOutput(channelId(9), mode.refuses);
        this.side = new RefusingOutput(channelId(8), mode.refuses);
        this.input = newInput(1);
        this.secondInput = newInput(2);
        this.subtask = newSubtask();
        subtask.open();
    }

    private LocalChannel newInput(int edge) {
        return new LocalChannel(channelId(edge), SERDE, Duration.ofSeconds(1), new Wakeup(), new Wakeup());
    }

    private ChannelId channelId(int edge) {
        return new ChannelId(JOB, new Incarnation(1), edge, 0, 0);
    }

    private Subtask newSubtask() {
        incarnation++;
        ChainBuilder chains = new ChainBuilder(
                JOB.value(),
                incarnation,
                16,
                SubtaskHarness.class.getClassLoader(),
                KeyedBackends.HEAP,
                nanos::get,
                this::wall,
                markerInterval);
        EdgeDefinition<Object, Object> edge = anyEdge();
        return new Subtask(new SubtaskWiring(
                SubtaskId.of(1, 0),
                new Wakeup(),
                inputs(),
                hasOutput
                        ? List.of(
                                new OutputEdge("harness", Partitioning.FORWARD, edge, "", List.of(output), 16),
                                new OutputEdge("harness", Partitioning.FORWARD, edge, SIDE, List.of(side), 16))
                        : List.of(),
                (out, counters) -> chains.build(vertex, 0, out, counters, () -> {}),
                uid -> restored(lastCut.get(uid), retained.get(uid)),
                List::of,
                new Alignment(CheckpointMode.EXACTLY_ONCE, Long.MAX_VALUE / 2),
                held,
                TimeUnit.MILLISECONDS.toNanos(1),
                nanos::get,
                new SubtaskListener() {
                    @Override
                    public void onPhase(SubtaskId id, SubtaskPhase phase, @Nullable Throwable thrown) {
                        phases.add(phase.name());
                        failure = thrown;
                    }

                    @Override
                    public void onCut(SubtaskCut cut) {
                        cutsTaken++;
                        newestCut = cut;
                        lastCut = new HashMap<>();
                        cut.operators().forEach(each -> lastCut.put(each.operatorUid(), each));
                    }

                    @Override
                    public void onThreadEnd(SubtaskId id) {}
                }));
    }

    /** The wall clock goes with the other one. */
    private Instant wall() {
        return Instant.ofEpochMilli(TimeUnit.NANOSECONDS.toMillis(nanos.get()));
    }

    private List<SubtaskInput> inputs() {
        if (hasSecondInput) {
            return List.of(new SubtaskInput(input, 0, false), new SubtaskInput(secondInput, 1, false));
        }
        return hasInput ? List.of(SubtaskInput.of(input)) : List.of();
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static EdgeDefinition<Object, Object> anyEdge() {
        return new EdgeDefinition(Serdes.of(String.class), null, null);
    }

    private RestoredState restored(@Nullable OperatorCut cut, @Nullable RetainedState keyed) {
        if (cut == null) {
            return RestoredState.NONE;
        }
        return new RestoredState() {
            @Override
            public int parallelism() {
                return 1;
            }

            @Override
            public List<byte[]> operatorState(int ofSubtask) {
                return ofSubtask == 0 && cut.operatorState() != null ? List.of(cut.operatorState()) : List.of();
            }

            @Override
            public KeyedOrigin keyed() {
                if (cut.keyed() == null) {
                    return KeyedOrigin.NOTHING;
                }
                if (keyed != null && keyed.tryRewind(checkpoint)) {
                    return keyed;
                }
                assertThat(mode.rewinds).isFalse();
                // The states here are so small that every cut stands alone.
                KeyedReplica replica = new KeyedReplica("harness", new KeyGroupRange(0, 16));
                replica.apply(cut.keyed().bytes(), checkpoint);
                return replica;
            }
        };
    }

    Subtask subtask() {
        return subtask;
    }

    SubtaskHarness element(Object value, long timestampMillis) {
        offer(value, timestampMillis);
        return betweenInputs();
    }

    SubtaskHarness elementOfSecond(Object value, long timestampMillis) {
        offer(secondInput, value, timestampMillis);
        return betweenInputs();
    }

    /** On all inputs. */
    SubtaskHarness watermark(long millis) {
        offer(new Watermark(millis), 0);
        return betweenInputs();
    }

    SubtaskHarness idle(boolean isIdle) {
        offer(Activity.of(isIdle), 0);
        return betweenInputs();
    }

    SubtaskHarness marker(LatencyMarker marker) {
        offer(marker, 0);
        return betweenInputs();
    }

    SubtaskHarness endOfInput() {
        inputEnded = true;
        offer(EndOfInput.INSTANCE, 0);
        return betweenInputs();
    }

    /** A control element goes to all inputs. */
    private void offer(Object element, long timestampMillis) {
        offer(input, element, timestampMillis);
        if (element instanceof Control && hasSecondInput) {
            offer(secondInput, element, timestampMillis);
        }
    }

    private static void offer(LocalChannel to, Object element, long timestampMillis) {
        boolean accepted =
                element instanceof Control control ? to.tryEmit(control) : to.tryEmit(element, timestampMillis);
        if (!accepted) {
            throw new IllegalStateException("the harness's input is full");
        }
    }

    /** Lets the clock go on, and the subtask do all it can. */
    SubtaskHarness passMillis(long millis) {
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
        return betweenInputs();
    }

    private SubtaskHarness betweenInputs() {
        step();
        if (mode.restores) {
            long id = cut(false);
            complete(id, false);
            restore();
            step();
        }
        return this;
    }

    void offerElement(Object value) {
        offer(value, 0);
    }

    void runOnce() {
        subtask.runOnce();
    }

    void step() {
        while (subtask.runOnce() > 0) {
            nanos.addAndGet(10);
        }
    }

    /** Takes a checkpoint; answers its id. */
    long cut(boolean terminal) {
        long id = trigger(terminal);
        step();
        return id;
    }

    /** Lets a barrier arrive, and no more; answers the checkpoint's id. */
    long beginCut() {
        long id = trigger(false);
        subtask.runOnce();
        return id;
    }

    private long trigger(boolean terminal) {
        return trigger(terminal ? CutKind.TERMINAL : CutKind.CHECKPOINT);
    }

    /** Takes a cut of that kind; answers its number. */
    long cut(CutKind kind) {
        long id = trigger(kind);
        step();
        return id;
    }

    void abort(long id) {
        subtask.post(new Mail.Abort(new CheckpointId(id), false));
        step();
    }

    /** From the last cut, and only to commit what that holds. */
    void restoreHeld() {
        held = true;
        restore();
    }

    private long trigger(CutKind kind) {
        long id = ++checkpoint;
        Barrier barrier = new Barrier(new CheckpointId(id), 0, kind, kind.isSavepoint() ? "/savepoints/s" : "");
        if (hasInput) {
            offer(barrier, 0);
        } else {
            subtask.post(new Mail.Trigger(barrier));
        }
        return id;
    }

    /** Checkpoints for which all state has been written. */
    int cutsTaken() {
        return cutsTaken;
    }

    void complete(long id, boolean terminal) {
        subtask.post(new Mail.Complete(new CheckpointId(id), terminal));
        step();
    }

    /** Goes on in a new subtask from the last checkpoint. */
    void restore() {
        for (Counters.Figure figure : Counters.Figure.values()) {
            earlierCounts.merge(figure, subtask.count(figure), Long::sum);
        }
        subtask.close();
        retained = mode.rewinds ? subtask.retain() : Map.of();
        input = newInput(1);
        secondInput = newInput(2);
        subtask = newSubtask();
        subtask.open();
        if (inputEnded) {
            offer(EndOfInput.INSTANCE, 0);
        }
    }

    long count(Counters.Figure figure) {
        return earlierCounts.getOrDefault(figure, 0L) + subtask.count(figure);
    }

    List<At> records() {
        return records(output);
    }

    List<At> sideRecords() {
        return records(side);
    }

    private static List<At> records(RefusingOutput of) {
        return of.records().stream()
                .map(element -> new At(element.value(), element.timestampMillis()))
                .toList();
    }
}
