package io.selvage.task.executor;

import io.selvage.api.graph.Edge;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Vertex;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailureListener;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.CheckedChannel;
import io.selvage.task.exchange.ExchangeTransport;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InProcessChannel;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.LocalChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.operator.ChainBuilder;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.NanoClock;
import io.selvage.task.subtask.Alignment;
import io.selvage.task.subtask.OutputEdge;
import io.selvage.task.subtask.Subtask;
import io.selvage.task.subtask.SubtaskInput;
import io.selvage.task.subtask.SubtaskListener;
import io.selvage.task.subtask.SubtaskWiring;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Builds the subtasks that a deployment starts in this process, with their channels: rings where both ends are here,
 * the transport's where one is not. No channel leads to a subtask that goes on from an earlier incarnation: a connected
 * part of the graph starts as a whole. Used once, by the preparing thread.
 */
final class SubtaskFactory {
    private final DeploymentId deployment;
    private final PreparedJob job;
    private final RestoredCheckpoint restored;
    private final RestoredChannels restoredChannels;
    private final JobConfig config;
    private final ExecutorId self;
    private final ExchangeTransport transport;
    private final ChannelFailureListener channelFailures;
    private final SubtaskListener listener;
    private final NanoClock clock;
    private final ChainBuilder chains;
    private final boolean held;

    private final Map<SubtaskId, ExecutorId> placement = new HashMap<>();
    private final Set<SubtaskId> goingOn = new HashSet<>();
    private final Map<ExecutorId, ExecutorAddress> addresses = new HashMap<>();
    private final Map<SubtaskId, Wakeup> wakeups = new HashMap<>();
    private final Map<ChannelId, InProcessChannel> localChannels = new HashMap<>();

    SubtaskFactory(
            DeploymentId deployment,
            Deploy deploy,
            PreparedJob job,
            RestoredCheckpoint restored,
            RestoredChannels restoredChannels,
            JobConfig config,
            ExecutorId self,
            ExchangeTransport transport,
            ChannelFailureListener channelFailures,
            SubtaskListener listener,
            KeyedBackends backends,
            NanoClock clock) {
        this.deployment = deployment;
        this.job = job;
        this.restored = restored;
        this.restoredChannels = restoredChannels;
        this.config = config;
        this.self = self;
        this.transport = transport;
        this.channelFailures = channelFailures;
        this.listener = listener;
        this.clock = clock;
        this.held = deploy.getHeld();
        this.chains = new ChainBuilder(
                deployment.job().value(),
                deployment.incarnation().value(),
                job.graph().maxParallelism(),
                job.loader(),
                backends,
                clock,
                InstantSource.system(),
                config.latencyInterval());
        for (SubtaskPlacement place : deploy.getSubtasksList()) {
            SubtaskId subtask = SubtaskId.of(place.getVertex(), place.getSubtask());
            placement.put(subtask, new ExecutorId(place.getExecutorId()));
            if (place.getSince() > 0) {
                goingOn.add(subtask);
            }
        }
        for (var address : deploy.getExecutorsList()) {
            ExecutorId executor = new ExecutorId(address.getExecutorId());
            addresses.put(executor, new ExecutorAddress(executor, address.getHost(), address.getDataPort()));
        }
    }

    /** Upstream vertices first. */
    List<Subtask> build() {
        List<Subtask> subtasks = new ArrayList<>();
        for (Vertex vertex : job.graph().vertices()) {
            for (int index = 0; index < vertex.parallelism(); index++) {
                SubtaskId id = SubtaskId.of(vertex.id(), index);
                if (isHere(id) && !goingOn.contains(id)) {
                    subtasks.add(build(vertex, id));
                }
            }
        }
        return subtasks;
    }

    private Subtask build(Vertex vertex, SubtaskId id) {
        int index = id.index();
        return new Subtask(new SubtaskWiring(
                id,
                wakeup(id),
                inputs(vertex, index),
                outputs(vertex, index),
                (output, counters) -> chains.build(vertex, index, output, counters, wakeup(id)::signal),
                uid -> restored.of(new StateOwner(id, uid), vertex.parallelism(), job.loader()),
                () -> restoredChannels.of(id),
                new Alignment(config.checkpointMode(), config.alignedTimeout().toNanos()),
                held,
                config.flushTimeout().toNanos(),
                clock,
                listener));
    }

    private List<SubtaskInput> inputs(Vertex vertex, int index) {
        List<SubtaskInput> inputs = new ArrayList<>();
        for (Edge edge : job.graph().edges()) {
            if (edge.to() == vertex.id()) {
                Vertex producer = job.graph().vertex(edge.from());
                for (int from = 0; from < producer.parallelism(); from++) {
                    if (isConnected(edge, from, index)) {
                        inputs.add(new SubtaskInput(input(edge, from, index), edge.input(), edge.timeless()));
                    }
                }
            }
        }
        return inputs;
    }

    private InputChannel input(Edge edge, int from, int to) {
        SubtaskId producer = SubtaskId.of(edge.from(), from);
        ChannelId channel = channel(edge, from, to);
        return isHere(producer)
                ? local(edge, channel)
                : transport.registerInput(
                        definition(edge, channel), wakeup(SubtaskId.of(edge.to(), to)), channelFailures);
    }

    private List<OutputEdge> outputs(Vertex vertex, int index) {
        List<OutputEdge> outputs = new ArrayList<>();
        JobGraph graph = job.graph();
        for (Edge edge : graph.edges()) {
            if (edge.from() == vertex.id()) {
                List<OutputChannel> channels = new ArrayList<>();
                for (int to = 0; to < graph.vertex(edge.to()).parallelism(); to++) {
                    if (isConnected(edge, index, to)) {
                        channels.add(output(edge, index, to));
                    }
                }
                outputs.add(new OutputEdge(
                        vertex.name(),
                        edge.partitioning(),
                        job.definition(edge),
                        edge.output(),
                        channels,
                        graph.maxParallelism()));
            }
        }
        return outputs;
    }

    private OutputChannel output(Edge edge, int from, int to) {
        SubtaskId consumer = SubtaskId.of(edge.to(), to);
        ChannelId channel = channel(edge, from, to);
        return isHere(consumer)
                ? local(edge, channel)
                : transport.openOutput(
                        definition(edge, channel),
                        addressOrThrow(consumer),
                        wakeup(SubtaskId.of(edge.from(), from)),
                        channelFailures);
    }

    private InProcessChannel local(Edge edge, ChannelId channel) {
        return localChannels.computeIfAbsent(
                channel, id -> config.checksImmutability() ? checked(edge, id) : unchecked(edge, id));
    }

    private LocalChannel unchecked(Edge edge, ChannelId channel) {
        return new LocalChannel(
                channel,
                job.definition(edge).serde(),
                config.inFlightTarget(),
                wakeup(SubtaskId.of(edge.from(), channel.fromSubtask())),
                wakeup(SubtaskId.of(edge.to(), channel.toSubtask())));
    }

    private CheckedChannel checked(Edge edge, ChannelId channel) {
        return new CheckedChannel(
                channel,
                job.definition(edge).serde(),
                config.inFlightTarget(),
                wakeup(SubtaskId.of(edge.from(), channel.fromSubtask())),
                wakeup(SubtaskId.of(edge.to(), channel.toSubtask())),
                job.graph().vertex(edge.from()).name(),
                job.graph().vertex(edge.to()).name());
    }

    private ChannelDefinition definition(Edge edge, ChannelId channel) {
        return new ChannelDefinition(
                channel,
                job.definition(edge).serde(),
                Math.toIntExact(config.bufferSize().bytes()),
                config.flushTimeout(),
                config.inFlightTarget());
    }

    private ChannelId channel(Edge edge, int from, int to) {
        return new ChannelId(deployment.job(), deployment.incarnation(), edge.id(), from, to);
    }

    private boolean isConnected(Edge edge, int from, int to) {
        JobGraph graph = job.graph();
        return edge.partitioning()
                .connects(
                        from,
                        graph.vertex(edge.from()).parallelism(),
                        to,
                        graph.vertex(edge.to()).parallelism());
    }

    private Wakeup wakeup(SubtaskId subtask) {
        return wakeups.computeIfAbsent(subtask, id -> new Wakeup());
    }

    private boolean isHere(SubtaskId subtask) {
        return self.equals(executorOrThrow(subtask));
    }

    private ExecutorAddress addressOrThrow(SubtaskId subtask) {
        ExecutorId executor = executorOrThrow(subtask);
        ExecutorAddress address = addresses.get(executor);
        if (address == null) {
            throw new IllegalStateException(
                    deployment + " puts " + subtask + " on " + executor + ", whose address it does not give");
        }
        return address;
    }

    private ExecutorId executorOrThrow(SubtaskId subtask) {
        ExecutorId executor = placement.get(subtask);
        if (executor == null) {
            throw new IllegalStateException(deployment + " does not say where " + subtask + " is");
        }
        return executor;
    }
}
