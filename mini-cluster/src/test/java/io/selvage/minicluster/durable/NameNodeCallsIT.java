package io.selvage.minicluster.durable;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SegmentFiles;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CheckpointMetadata;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.metrics2.AbstractMetric;
import org.apache.hadoop.metrics2.MetricsCollector;
import org.apache.hadoop.metrics2.MetricsInfo;
import org.apache.hadoop.metrics2.MetricsRecordBuilder;
import org.apache.hadoop.metrics2.MetricsSource;
import org.apache.hadoop.metrics2.MetricsTag;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a checkpoint asks of the NameNode, call by call, as the NameNode itself counts. */
@Tag("own-cluster")
final class NameNodeCallsIT {
    private static final String COUNT = "NumOps";
    /** Of DataNodes. */
    private static final Set<String> OF_OTHERS =
            Set.of("SendHeartbeat", "BlockReceivedAndDeleted", "BlockReport", "RegisterDatanode", "VersionRequest");

    private static final CheckpointLayout LAYOUT = CheckpointLayout.of("application_1_0001", new JobId("job-a"));

    @TempDir
    private static java.nio.file.Path folder;

    private static MiniDFSCluster cluster;
    private static DurableStore store;

    @BeforeAll
    static void startHdfs() throws IOException {
        cluster = new MiniDFSCluster.Builder(
                        new HdfsConfiguration(), folder.resolve("hdfs").toFile())
                .numDataNodes(1)
                .build();
        cluster.waitActive();
        store = DurableStore.open(new Path(cluster.getURI() + "/state"), new HdfsConfiguration());
        write(1, 10); // What a client asks once is asked.
    }

    @AfterAll
    static void stopHdfs() {
        cluster.shutdown();
    }

    /** What one container does for a checkpoint, whatever its subtasks have. */
    private static List<SegmentHandle> write(long checkpoint, int subtasks) throws IOException {
        return write(checkpoint, "container_1", subtasks);
    }

    private static List<SegmentHandle> write(long checkpoint, String container, int subtasks) throws IOException {
        String path = LAYOUT.dataFile(new CheckpointId(checkpoint), new ExecutorId(container), new Incarnation(1));
        List<SegmentHandle> segments = new ArrayList<>();
        try (SnapshotFileWriter writer = new SnapshotFileWriter(store, path)) {
            for (int subtask = 0; subtask < subtasks; subtask++) {
                segments.add(writer.append(new byte[100_000 + subtask]));
            }
            writer.finish();
        }
        return segments;
    }

    @Test
    void aContainerMakesTwoCallsForACheckpointBesideItsBlocks() throws IOException {
        Map<String, Long> before = calls();
        write(2, 50);
        // A close is repeated until the DataNode has told of the block: that is no call of ours.
        assertThat(since(before))
                .containsOnly(Map.entry("Create", 1L), Map.entry("AddBlock", 1L), Map.entry("Complete", 1L));
    }

    @Test
    void aContainerWhoseSubtasksHaveNothingForAFileMakesNone() throws IOException {
        Map<String, Long> before = calls();
        write(3, 0);
        assertThat(since(before)).isEmpty();
    }

    @Test
    void theMasterMakesThreeCallsForTheMetadataBesideItsBlockHoweverManyContainersThereAre() throws IOException {
        CheckpointStore checkpoints = new CheckpointStore(store);
        Map<String, Long> before = calls();
        String path = checkpoints.writeMetadata(
                LAYOUT,
                CheckpointMetadata.newBuilder()
                        .setFormat(1)
                        .setJobId("job-a")
                        .setCheckpoint(4)
                        .setIncarnation(1)
                        .setEpoch(1)
                        .build());
        assertThat(since(before))
                .containsOnly(
                        Map.entry("Create", 1L),
                        Map.entry("AddBlock", 1L),
                        Map.entry("Complete", 1L),
                        Map.entry("Rename2", 1L));
        assertThat(checkpoints.readMetadata(path).getCheckpoint()).isEqualTo(4);
    }

    /** As its thread reads them: state by state, whichever container has written it ({@code FollowRunTest}). */
    @Test
    void aStandbyMakesOneCallForTheFileOfEachContainerHoweverManySubtasksItHasHad() throws IOException {
        List<SegmentHandle> ofOne = write(6, "container_1", 50);
        List<SegmentHandle> ofOther = write(6, "container_2", 50);
        Map<String, Long> before = calls();
        try (SegmentFiles files = new SegmentReader(store).files(file -> true)) {
            for (int subtask = 0; subtask < 50; subtask++) {
                for (SegmentHandle segment : List.of(ofOne.get(subtask), ofOther.get(49 - subtask))) {
                    try (InputStream head = files.open(segment)) {
                        assertThat(head.readNBytes(10)).hasSize(10); // And the rest later.
                    }
                    try (InputStream in = files.open(segment)) {
                        assertThat(in.readAllBytes()).hasSize((int) segment.length());
                    }
                }
            }
        }
        assertThat(since(before)).containsExactly(Map.entry("GetBlockLocations", 2L));
    }

    @Test
    void whatIsWrittenWithoutACallToSyncIsThere() throws IOException {
        String path = LAYOUT.dataFile(new CheckpointId(5), new ExecutorId("container_1"), new Incarnation(1));
        try (SnapshotFileWriter writer = new SnapshotFileWriter(store, path)) {
            var segment = writer.append(new byte[300_000]);
            assertThat(writer.finish()).isEqualTo(300_008);
            assertThat(new SegmentReader(store).read(segment)).hasSize(300_000);
        }
    }

    private static Map<String, Long> since(Map<String, Long> before) {
        Map<String, Long> made = new TreeMap<>();
        calls().forEach((call, count) -> {
            long more = count - before.getOrDefault(call, 0L);
            if (more > 0 && !OF_OTHERS.contains(call)) {
                made.put(call, call.equals("Complete") ? 1 : more);
            }
        });
        return made;
    }

    /** Since the NameNode's start, by the name of the call. */
    private static Map<String, Long> calls() {
        MetricsSource source =
                DefaultMetricsSystem.instance().getSource("RpcDetailedActivityForPort" + cluster.getNameNodePort());
        Map<String, Long> calls = new TreeMap<>();
        source.getMetrics(new Counting(calls), true);
        return calls;
    }

    /** Owned by one reading of the NameNode's own counters. */
    private static final class Counting extends MetricsRecordBuilder implements MetricsCollector {
        private final Map<String, Long> calls;

        Counting(Map<String, Long> calls) {
            this.calls = calls;
        }

        @Override
        public MetricsRecordBuilder addCounter(MetricsInfo info, long value) {
            // Beside its calls the NameNode counts them once more with the time that they have waited.
            if (info.name().endsWith(COUNT) && !info.name().startsWith("Overall")) {
                calls.put(info.name().substring(0, info.name().length() - COUNT.length()), value);
            }
            return this;
        }

        @Override
        public MetricsRecordBuilder addCounter(MetricsInfo info, int value) {
            return addCounter(info, (long) value);
        }

        @Override
        public MetricsRecordBuilder addRecord(String name) {
            return this;
        }

        @Override
        public MetricsRecordBuilder addRecord(MetricsInfo info) {
            return this;
        }

        @Override
        public MetricsRecordBuilder tag(MetricsInfo info, String value) {
            return this;
        }

        @Override
        public MetricsRecordBuilder add(MetricsTag tag) {
            return this;
        }

        @Override
        public MetricsRecordBuilder add(AbstractMetric metric) {
            return this;
        }

        @Override
        public MetricsRecordBuilder setContext(String value) {
            return this;
        }

        @Override
        public MetricsRecordBuilder addGauge(MetricsInfo info, int value) {
            return this;
        }

        @Override
        public MetricsRecordBuilder addGauge(MetricsInfo info, long value) {
            return this;
        }

        @Override
        public MetricsRecordBuilder addGauge(MetricsInfo info, float value) {
            return this;
        }

        @Override
        public MetricsRecordBuilder addGauge(MetricsInfo info, double value) {
            return this;
        }

        @Override
        public MetricsCollector parent() {
            return this;
        }
    }
}
