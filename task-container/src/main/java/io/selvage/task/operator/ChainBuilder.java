package io.selvage.task.operator;

import io.selvage.api.connector.Sink;
import io.selvage.api.connector.Source;
import io.selvage.api.function.CoProcessFunction;
import io.selvage.api.function.FilterFunction;
import io.selvage.api.function.FlatMapFunction;
import io.selvage.api.function.MapFunction;
import io.selvage.api.function.ProcessFunction;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.Vertex;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.window.SessionWindows;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Opens a vertex's operators, which are opaque until then, under the job's class loader, and chains them; one subtask
 * has instances of its own. The casts here are the ones that the typed API has erased.
 */
@SuppressWarnings("unchecked")
public final class ChainBuilder {
    private final String jobId;
    private final long incarnation;
    private final int maxParallelism;
    private final ClassLoader loader;
    private final KeyedBackends backends;
    private final NanoClock clock;
    private final InstantSource wall;
    private final Duration markerInterval;

    public ChainBuilder(
            String jobId,
            long incarnation,
            int maxParallelism,
            ClassLoader loader,
            KeyedBackends backends,
            NanoClock clock) {
        this(jobId, incarnation, maxParallelism, loader, backends, clock, InstantSource.system(), Duration.ZERO);
    }

    /**
     * @param wall decides what is due in processing time
     * @param markerInterval between two latency markers of a source's subtask; zero: there are none
     */
    public ChainBuilder(
            String jobId,
            long incarnation,
            int maxParallelism,
            ClassLoader loader,
            KeyedBackends backends,
            NanoClock clock,
            InstantSource wall,
            Duration markerInterval) {
        this.jobId = jobId;
        this.incarnation = incarnation;
        this.maxParallelism = maxParallelism;
        this.loader = loader;
        this.backends = backends;
        this.clock = clock;
        this.wall = wall;
        this.markerInterval = markerInterval;
    }

    /**
     * A chain whose operators are made when it is opened, by the subtask's thread.
     *
     * @param output takes what the last operator emits
     * @param wake called by any thread that has given the chain's head something: the subtask is not to wait any longer
     */
    public OperatorChain build(Vertex vertex, int subtask, Output output, Counters counters, Runnable wake) {
        return new OperatorChain(() -> operators(vertex, subtask, output, counters, wake));
    }

    private List<RuntimeOperator> operators(
            Vertex vertex, int subtask, Output output, Counters counters, Runnable wake) {
        List<RuntimeOperator> operators = new ArrayList<>();
        Output next = output;
        for (int i = vertex.operators().size() - 1; i >= 0; i--) {
            Operator operator = vertex.operators().get(i);
            OperatorContext context = new OperatorContext(
                    jobId,
                    operator.uid(),
                    operator.name(),
                    subtask,
                    vertex.parallelism(),
                    maxParallelism,
                    incarnation,
                    loader);
            OperatorDefinition definition =
                    (OperatorDefinition) Opaque.read(operator.definition(), loader, operator.name());
            RuntimeOperator built = operator(vertex, definition, context, next, counters, wake);
            operators.add(built);
            next = built;
        }
        Collections.reverse(operators);
        return operators;
    }

    private RuntimeOperator operator(
            Vertex vertex,
            OperatorDefinition definition,
            OperatorContext context,
            Output output,
            Counters counters,
            Runnable wake) {
        if (definition instanceof OperatorDefinition.Map<?, ?> map) {
            return new MapOperator(context, output, (MapFunction<Object, Object>) map.function());
        } else if (definition instanceof OperatorDefinition.Filter<?> filter) {
            return new FilterOperator(context, output, (FilterFunction<Object>) filter.function());
        } else if (definition instanceof OperatorDefinition.FlatMap<?, ?> flatMap) {
            return new FlatMapOperator(context, output, (FlatMapFunction<Object, Object>) flatMap.function());
        } else if (definition instanceof OperatorDefinition.Process<?, ?> process) {
            return new ProcessOperator(context, output, (ProcessFunction<Object, Object>) process.function());
        } else if (definition instanceof OperatorDefinition.CoProcess<?, ?, ?> process) {
            return new CoProcessOperator(
                    context, output, (CoProcessFunction<Object, Object, Object>) process.function());
        } else if (definition instanceof OperatorDefinition.BroadcastProcess<?, ?, ?> process) {
            return new BroadcastProcessOperator(
                    context, output, (OperatorDefinition.BroadcastProcess<Object, Object, Object>) process);
        } else if (definition instanceof OperatorDefinition.KeyedBroadcastProcess<?, ?, ?, ?> process) {
            return new KeyedBroadcastProcessOperator(
                    context,
                    output,
                    (OperatorDefinition.KeyedBroadcastProcess<Object, Object, Object, Object>) process,
                    backends,
                    wall);
        } else if (definition instanceof OperatorDefinition.Async<?, ?> async) {
            return new AsyncOperator(context, output, (OperatorDefinition.Async<Object, Object>) async, clock, wake);
        } else if (definition instanceof OperatorDefinition.AssignTimestamps<?> assign) {
            return new AssignTimestampsOperator(
                    context, output, (WatermarkStrategy<Object>) assign.strategy(), counters, clock.nanos());
        } else if (definition instanceof OperatorDefinition.KeyedProcess<?, ?, ?> process) {
            return new KeyedProcessOperator(
                    context, output, (OperatorDefinition.KeyedProcess<Object, Object, Object>) process, backends, wall);
        } else if (definition instanceof OperatorDefinition.KeyedCoProcess<?, ?, ?, ?> process) {
            return new KeyedCoProcessOperator(
                    context,
                    output,
                    (OperatorDefinition.KeyedCoProcess<Object, Object, Object, Object>) process,
                    backends,
                    wall);
        } else if (definition instanceof OperatorDefinition.IntervalJoin<?, ?, ?, ?> join) {
            return new IntervalJoinOperator(
                    context,
                    output,
                    (OperatorDefinition.IntervalJoin<Object, Object, Object, Object>) join,
                    backends,
                    counters,
                    wall);
        } else if (definition instanceof OperatorDefinition.WindowAggregate<?, ?, ?, ?, ?> window) {
            OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object> windows =
                    (OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object>) window;
            return windows.trigger() == null && !(windows.windows() instanceof SessionWindows)
                    ? new WindowAggregateOperator(context, output, windows, backends, counters, wall)
                    : new TriggeredWindowOperator(context, output, windows, backends, counters, wall);
        } else if (definition instanceof OperatorDefinition.PartialAggregate<?, ?, ?> partial) {
            return new PartialAggregateOperator(
                    context,
                    output,
                    (OperatorDefinition.PartialAggregate<Object, Object, Object>) partial,
                    clock.nanos());
        } else if (definition instanceof OperatorDefinition.PlanSplits<?, ?> plan) {
            return new PlanSplitsOperator(context, output, (Source<Object, Object>) plan.source());
        } else if (definition instanceof OperatorDefinition.ReadSplits<?, ?> read) {
            return new ReadSplitsOperator(
                    context,
                    output,
                    (Source<Object, Object>) read.source(),
                    read.recordsPerSecond(),
                    counters,
                    new MarkerClock(vertex.id(), markerInterval.toNanos(), wall, clock.nanos()),
                    clock.nanos());
        } else if (definition instanceof OperatorDefinition.WriteSink<?, ?> write) {
            return new WriteSinkOperator(context, (Sink<Object, Object>) write.sink(), counters, wall);
        }
        throw new IllegalStateException("an operator definition that no runtime operator is known for: "
                + definition.getClass().getName());
    }
}
