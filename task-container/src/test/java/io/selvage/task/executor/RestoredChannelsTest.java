package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.selvage.api.function.KeySelector;
import io.selvage.api.graph.Edge;
import io.selvage.api.graph.EdgeDefinition;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.graph.Vertex;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.KeyGrouper;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.ChannelEdge;
import io.selvage.protocol.wire.ChannelsSnapshot;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.ElementDecoder;
import io.selvage.task.exchange.ElementLog;
import io.selvage.task.exchange.Watermark;
import io.selvage.task.subtask.ChannelState;
import io.selvage.task.subtask.RestoredChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who replays what was under way to three subtasks from two, twenty records on each channel. */
class RestoredChannelsTest {
    private static final int MAX_PARALLELISM = 16;
    private static final int PRODUCERS = 2;
    private static final int CONSUMERS = 3;
    private static final int EACH = 20;

    @SuppressWarnings("unchecked")
    private static final Serde<Object> SERDE = (Serde<Object>) (Serde<?>) Serdes.of(Long.class);

    @TempDir
    Path directory;

    /** A record is its own key. */
    record Itself() implements KeySelector<Long, Long> {
        @Override
        public Long key(Long element) {
            return element;
        }
    }

    private static boolean isByKey(Partitioning partitioning) {
        return partitioning == Partitioning.HASH || partitioning == Partitioning.CUSTOM;
    }

    private static int chosen(Long key, int parallelism) {
        return (int) (key / 10 % parallelism);
    }

    private RestoredChannels restored(Partitioning partitioning, int producers, int consumers) throws IOException {
        return restored(partitioning, 1, producers, consumers);
    }

    /** @param first those whose elements the producers take */
    private RestoredChannels restored(Partitioning partitioning, int first, int producers, int consumers)
            throws IOException {
        byte[] definition = Opaque.write(
                new EdgeDefinition<>(
                        Serdes.of(Long.class),
                        isByKey(partitioning) ? new Itself() : null,
                        partitioning == Partitioning.HASH ? Serdes.of(Long.class) : null,
                        partitioning == Partitioning.CUSTOM ? RestoredChannelsTest::chosen : null),
                "the edge");
        JobGraph graph = new JobGraph(
                "job",
                MAX_PARALLELISM,
                Map.of(),
                List.of(vertex(3, first), vertex(1, producers), vertex(2, consumers)),
                List.of(
                        new Edge(6, 3, 1, Partitioning.RESCALE, definition, 0, "", false),
                        new Edge(7, 1, 2, partitioning, definition, 1, "", false)));
        return new RestoredChannels(
                metadata(),
                new SegmentReader(
                        DurableStore.open(new org.apache.hadoop.fs.Path(directory.toUri()), new Configuration())),
                new PreparedJob(graph, RestoredChannelsTest.class.getClassLoader()));
    }

    private static Vertex vertex(int id, int parallelism) {
        String uid = "uid-" + id;
        return new Vertex(
                id,
                uid,
                parallelism,
                List.of(new Operator(uid, uid, true, OperatorRole.TRANSFORM, Opaque.write("x", uid))));
    }

    private static CheckpointMetadata metadata() {
        CheckpointMetadata.Builder metadata = CheckpointMetadata.newBuilder().setMaxParallelism(MAX_PARALLELISM);
        for (int producer = 0; producer < PRODUCERS; producer++) {
            metadata.addSubtasks(SubtaskSnapshot.newBuilder().setVertex(1).setSubtask(producer));
        }
        metadata.addSubtasks(SubtaskSnapshot.newBuilder().setVertex(3));
        for (int to = 0; to < CONSUMERS; to++) {
            List<ChannelState> states = new ArrayList<>();
            for (int from = 0; from < PRODUCERS; from++) {
                ElementLog log = new ElementLog(SERDE, 0);
                for (long record : records(from, to)) {
                    log.append(record, record);
                    log.append(new Watermark(record), 0);
                }
                states.add(new ChannelState(7, from, 5, log.toByteArray()));
            }
            metadata.addSubtasks(SubtaskSnapshot.newBuilder()
                    .setVertex(2)
                    .setSubtask(to)
                    .setChannels(ChannelsSnapshot.newBuilder()
                            .setParallelism(CONSUMERS)
                            .addEdges(ChannelEdge.newBuilder().setEdge(7))
                            .setSmallState(ByteString.copyFrom(ChannelState.encode(states)))));
        }
        return metadata.build();
    }

    private static List<Long> records(int from, int to) {
        List<Long> records = new ArrayList<>();
        for (long number = 0; number < EACH; number++) {
            records.add(1000L * to + 100L * from + number);
        }
        return records;
    }

    private static List<Long> all() {
        List<Long> all = new ArrayList<>();
        for (int to = 0; to < CONSUMERS; to++) {
            for (int from = 0; from < PRODUCERS; from++) {
                all.addAll(records(from, to));
            }
        }
        return all;
    }

    private static List<Long> records(List<RestoredChannel> channels) {
        List<Long> records = new ArrayList<>();
        for (RestoredChannel channel : channels) {
            BinaryReader in = new BinaryReader(channel.state().elements());
            ElementDecoder decoder = ElementLog.open(in, channel.serde());
            while (in.remaining() > 0) {
                Object element = decoder.read(in);
                if (!(element instanceof Control)) {
                    records.add((Long) element);
                    assertThat(decoder.timestampMillis()).isEqualTo((Long) element);
                }
            }
        }
        return records;
    }

    @Test
    void theSameSubtasksReplayTheirOwnWithItsEventTime() throws IOException {
        RestoredChannels restored = restored(Partitioning.HASH, PRODUCERS, CONSUMERS);
        for (int to = 0; to < CONSUMERS; to++) {
            List<RestoredChannel> own = restored.of(SubtaskId.of(2, to));
            assertThat(records(own)).containsExactlyElementsOf(all().subList(to * 40, to * 40 + 40));
            assertThat(own).allMatch(RestoredChannel::keepsTime);
        }
        assertThat(restored.of(SubtaskId.of(1, 0))).isEmpty();
    }

    @Test
    void channelsFromOtherProducersHaveNoEventTimeYet() throws IOException {
        assertThat(restored(Partitioning.HASH, 3, CONSUMERS).of(SubtaskId.of(2, 1)))
                .hasSize(PRODUCERS)
                .noneMatch(RestoredChannel::keepsTime);
    }

    @Test
    void channelsBehindOtherSourcesHaveNoEventTimeYet() throws IOException {
        assertThat(restored(Partitioning.HASH, 2, PRODUCERS, CONSUMERS).of(SubtaskId.of(2, 1)))
                .hasSize(PRODUCERS)
                .noneMatch(RestoredChannel::keepsTime);
    }

    @ParameterizedTest
    @CsvSource({
        "HASH,1",
        "HASH,2",
        "HASH,5",
        "REBALANCE,1",
        "REBALANCE,2",
        "REBALANCE,5",
        "FORWARD,2",
        "FORWARD,4",
        "RESCALE,2",
        "RESCALE,5",
        "SHUFFLE,2",
        "CUSTOM,1",
        "CUSTOM,2",
        "CUSTOM,5"
    })
    void eachRecordGoesToOneSubtaskOfAnotherNumber(Partitioning partitioning, int consumers) throws IOException {
        RestoredChannels restored = restored(partitioning, PRODUCERS, consumers);
        KeyGrouper<Long> grouper = KeyGrouper.of(Serdes.of(Long.class), MAX_PARALLELISM);
        List<Long> replayed = new ArrayList<>();
        for (int to = 0; to < consumers; to++) {
            List<RestoredChannel> own = restored.of(SubtaskId.of(2, to));
            assertThat(own).noneMatch(RestoredChannel::keepsTime).allMatch(channel -> channel.ordinal() == 1);
            for (long record : records(own)) {
                replayed.add(record);
                if (partitioning == Partitioning.HASH) {
                    assertThat(KeyGroups.subtaskOf(grouper.groupOf(record), consumers, MAX_PARALLELISM))
                            .isEqualTo(to);
                }
                if (partitioning == Partitioning.CUSTOM) {
                    assertThat(chosen(record, consumers)).isEqualTo(to);
                }
            }
        }
        assertThat(replayed).containsExactlyInAnyOrderElementsOf(all());
    }

    @Test
    void whatAllWereToHaveComesFromOneOfThoseBefore() throws IOException {
        RestoredChannels restored = restored(Partitioning.BROADCAST, PRODUCERS, 5);
        for (int to = 0; to < 5; to++) {
            int before = to % CONSUMERS;
            assertThat(records(restored.of(SubtaskId.of(2, to))))
                    .containsExactlyElementsOf(all().subList(before * 40, before * 40 + 40));
        }
    }

    @Test
    void elementsOfAnEdgeThatIsNotThereAreRefused() throws IOException {
        JobGraph other = new JobGraph("job", MAX_PARALLELISM, Map.of(), List.of(vertex(2, CONSUMERS)), List.of());
        RestoredChannels restored = new RestoredChannels(
                metadata(),
                new SegmentReader(
                        DurableStore.open(new org.apache.hadoop.fs.Path(directory.toUri()), new Configuration())),
                new PreparedJob(other, RestoredChannelsTest.class.getClassLoader()));
        assertThatThrownBy(() -> restored.of(SubtaskId.of(2, 0))).hasMessageContaining("edge 7");
    }
}
