package io.selvage.task.executor;

import io.selvage.api.function.KeySelector;
import io.selvage.api.function.Partitioner;
import io.selvage.api.graph.Edge;
import io.selvage.api.graph.EdgeDefinition;
import io.selvage.api.graph.Vertex;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.KeyGrouper;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.ChannelsSnapshot;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.ElementDecoder;
import io.selvage.task.exchange.ElementLog;
import io.selvage.task.operator.OperatorException;
import io.selvage.task.subtask.ChannelState;
import io.selvage.task.subtask.RestoredChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * The elements that a restored checkpoint holds as under way; immutable. Read when a subtask asks for its own, by that
 * subtask's thread.
 *
 * <p>On the same number of subtasks each takes what was under way to it. On another one, each record goes to one of
 * them: with a key to the one that has its state, with a partitioner to the one that it chooses, on other edges channel
 * by channel in turn; what every subtask was to have is taken from one of those before.
 *
 * <p>If any subtasks before them are more or fewer than they were, event time starts anew from what the producing
 * subtasks announce: splits have changed hands, and a channel may go on where it was not yet.
 */
final class RestoredChannels {
    private final CheckpointMetadata metadata;
    private final SegmentReader segments;
    private final PreparedJob job;
    private final boolean keepsTime;

    /** @param metadata without subtasks: the job starts from the beginning */
    RestoredChannels(CheckpointMetadata metadata, SegmentReader segments, PreparedJob job) {
        this.metadata = metadata;
        this.segments = segments;
        this.job = job;
        this.keepsTime = job.graph().vertices().stream().allMatch(this::hasParallelismOfBefore);
    }

    private boolean hasParallelismOfBefore(Vertex vertex) {
        return metadata.getSubtasksList().stream()
                        .filter(each -> each.getVertex() == vertex.id())
                        .count()
                == vertex.parallelism();
    }

    List<RestoredChannel> of(SubtaskId subtask) {
        List<SubtaskSnapshot> snapshots = metadata.getSubtasksList().stream()
                .filter(each -> each.getVertex() == subtask.vertex().value() && each.hasChannels())
                .sorted(Comparator.comparingInt(SubtaskSnapshot::getSubtask))
                .toList();
        return snapshots.isEmpty() ? List.of() : new Share(subtask).of(snapshots);
    }

    /** What of it is one subtask's; owned by that one's thread. */
    private final class Share {
        private final SubtaskId subtask;
        private final Vertex vertex;
        private final Map<Integer, Edge> edges = new HashMap<>();
        private final Map<Integer, EdgeDefinition<Object, Object>> definitions = new HashMap<>();
        private final List<RestoredChannel> own = new ArrayList<>();
        private int spread; // Channels of which each goes to one subtask.

        Share(SubtaskId subtask) {
            this.subtask = subtask;
            this.vertex = job.graph().vertex(subtask.vertex().value());
            for (Edge edge : job.graph().edges()) {
                if (edge.to() == vertex.id()) {
                    edges.put(edge.id(), edge);
                    definitions.put(edge.id(), job.definition(edge));
                }
            }
        }

        List<RestoredChannel> of(List<SubtaskSnapshot> snapshots) {
            for (SubtaskSnapshot snapshot : snapshots) {
                ChannelsSnapshot channels = snapshot.getChannels();
                if (channels.getParallelism() != vertex.parallelism()) {
                    read(channels).forEach(state -> redistribute(state, snapshot.getSubtask(), channels));
                } else if (snapshot.getSubtask() == subtask.index()) {
                    read(channels).forEach(state -> add(state, keepsTime));
                }
            }
            return own;
        }

        private void redistribute(ChannelState state, int to, ChannelsSnapshot channels) {
            if (state.isEmpty()) {
                return;
            }
            switch (edgeOrThrow(state.edge()).partitioning()) {
                case HASH -> add(only(state, ownKeys(state.edge())), false);
                case CUSTOM -> add(only(state, chosen(state.edge())), false);
                case FORWARD, REBALANCE, RESCALE, SHUFFLE -> {
                    if (spread++ % vertex.parallelism() == subtask.index()) {
                        add(state, false);
                    }
                }
                case BROADCAST -> {
                    if (to == subtask.index() % channels.getParallelism()) {
                        add(state, false);
                    }
                }
            }
        }

        private void add(ChannelState state, boolean keepsTime) {
            Edge edge = edgeOrThrow(state.edge());
            own.add(new RestoredChannel(state, definition(state.edge()).serde(), keepsTime, edge.input()));
        }

        private Predicate<Object> ownKeys(int edge) {
            EdgeDefinition<Object, Object> definition = definition(edge);
            KeySelector<Object, Object> selector =
                    Objects.requireNonNull(definition.key(), "a hash edge without a key selector");
            KeyGrouper<Object> grouper = KeyGrouper.of(
                    Objects.requireNonNull(definition.keySerde(), "a hash edge without a key serde"),
                    metadata.getMaxParallelism());
            return element -> isOwn(grouper.groupOf(selector.key(element)));
        }

        private Predicate<Object> chosen(int edge) {
            EdgeDefinition<Object, Object> definition = definition(edge);
            KeySelector<Object, Object> selector =
                    Objects.requireNonNull(definition.key(), "a partitioned edge without a key selector");
            Partitioner<Object> partitioner =
                    Objects.requireNonNull(definition.partitioner(), "a partitioned edge without a partitioner");
            return element -> isChosen(partitioner.partition(selector.key(element), vertex.parallelism()));
        }

        /** No subtask would read an element that belongs to none. */
        private boolean isChosen(int index) {
            if (index < 0 || index >= vertex.parallelism()) {
                throw new OperatorException(
                        FailureKind.USER_CODE,
                        "The subtask that an element under way to " + vertex.name() + " is to go to is " + index
                                + ", and there are the subtasks 0 to " + (vertex.parallelism() - 1),
                        vertex.name(),
                        subtask.index(),
                        new IndexOutOfBoundsException(index));
            }
            return index == subtask.index();
        }

        private ChannelState only(ChannelState state, Predicate<Object> isOwn) {
            Serde<Object> serde = definition(state.edge()).serde();
            BinaryReader in = new BinaryReader(state.elements());
            ElementDecoder decoder = ElementLog.open(in, serde);
            ElementLog kept = new ElementLog(serde, 0);
            while (in.remaining() > 0) {
                Object element = decoder.read(in);
                if (!(element instanceof Control) && isOwn.test(element)) {
                    kept.append(element, decoder.timestampMillis());
                }
            }
            return new ChannelState(state.edge(), state.from(), Long.MIN_VALUE, kept.toByteArray());
        }

        private boolean isOwn(int group) {
            return KeyGroups.subtaskOf(group, vertex.parallelism(), metadata.getMaxParallelism()) == subtask.index();
        }

        private Edge edgeOrThrow(int edge) {
            Edge found = edges.get(edge);
            if (found == null) {
                throw new IllegalStateException("The checkpoint holds elements under way on the edge " + edge + " to "
                        + vertex.name() + ", and the job has no such edge.");
            }
            return found;
        }

        private EdgeDefinition<Object, Object> definition(int edge) {
            return Objects.requireNonNull(definitions.get(edge), "an edge without a definition");
        }
    }

    private List<ChannelState> read(ChannelsSnapshot channels) {
        if (!channels.hasState()) {
            return ChannelState.decode(channels.getSmallState().toByteArray());
        }
        try {
            return ChannelState.decode(segments.read(SegmentHandle.fromWire(channels.getState())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
