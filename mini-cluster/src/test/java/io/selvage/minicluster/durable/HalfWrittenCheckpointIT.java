package io.selvage.minicluster.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.selvage.checkpoint.content.CheckpointVerifier;
import io.selvage.checkpoint.content.ReadProgress;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.SubtaskSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.MiniDFSCluster.DataNodeProperties;
import org.apache.hadoop.hdfs.client.HdfsClientConfigKeys;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of which HDFS takes the first block and not the second, whether their writer can clean up after it or not. */
@Tag("own-cluster")
final class HalfWrittenCheckpointIT {
    private static final int BLOCK_BYTES = 1 << 20;
    /** In the midst of the second block. */
    private static final int FIRST_BYTES = BLOCK_BYTES + BLOCK_BYTES / 2;

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final JobId JOB = new JobId("job-a");

    @TempDir
    private static java.nio.file.Path folder;

    private static MiniDFSCluster cluster;
    private static DistributedFileSystem hdfs;

    private final byte[] state = new byte[4 * BLOCK_BYTES];
    private Path root;
    private DurableStore store;
    private CheckpointStore checkpoints;
    private CheckpointLayout layout;

    @BeforeAll
    static void startHdfs() throws IOException {
        Configuration configuration = new HdfsConfiguration();
        configuration.setLong(HdfsClientConfigKeys.DFS_BLOCK_SIZE_KEY, BLOCK_BYTES);
        cluster = new MiniDFSCluster.Builder(
                        configuration, folder.resolve("hdfs").toFile())
                .numDataNodes(1)
                .build();
        cluster.waitActive();
        hdfs = cluster.getFileSystem();
    }

    @AfterAll
    static void stopHdfs() {
        cluster.shutdown();
    }

    @BeforeEach
    void takeTheFirst(TestInfo test) throws IOException {
        root = hdfs.makeQualified(new Path("/state/" + test.getDisplayName().replaceAll("\\W", "-")
                + test.getTestMethod().orElseThrow().getName()));
        store = DurableStore.open(root, hdfs.getConf());
        checkpoints = new CheckpointStore(store);
        layout = CheckpointLayout.of("application_1_0001", JOB);
        new Random(4711).nextBytes(state);
        complete(1);
    }

    private interface Step {
        void run() throws IOException;
    }

    private String path(long checkpoint) {
        return layout.dataFile(new CheckpointId(checkpoint), new ExecutorId("container_1"), new Incarnation(1));
    }

    /** An executor's part; the fault comes while the second block is written. */
    private SegmentHandle write(SnapshotFileWriter writer, Step fault) throws IOException {
        SegmentHandle segment = writer.append(out -> {
            out.write(state, 0, FIRST_BYTES);
            fault.run();
            out.write(state, FIRST_BYTES, state.length - FIRST_BYTES);
        });
        writer.finish();
        return segment;
    }

    private CheckpointMetadata metadata(long checkpoint, SegmentHandle segment) {
        return CheckpointMetadata.newBuilder()
                .setFormat(CheckpointStore.METADATA_FORMAT)
                .setJobId(JOB.value())
                .setCheckpoint(checkpoint)
                .setIncarnation(1)
                .setEpoch(1)
                .setMaxParallelism(1)
                .addSubtasks(SubtaskSnapshot.newBuilder()
                        .addOperators(OperatorSnapshot.newBuilder()
                                .setOperatorUid("operator")
                                .setParallelism(1)
                                .setOperatorState(segment.toWire().toBuilder().setCheckpoint(checkpoint))))
                .build();
    }

    private void complete(long checkpoint) throws IOException {
        SegmentHandle segment;
        try (SnapshotFileWriter writer = new SnapshotFileWriter(store, path(checkpoint))) {
            segment = write(writer, () -> {});
        }
        String file = checkpoints.writeMetadata(layout, metadata(checkpoint, segment));
        assertThat(problems(file)).isEmpty();
        assertThat(new SegmentReader(store).read(segment)).isEqualTo(state);
    }

    private List<String> problems(String path) throws IOException {
        CheckpointVerifier verifier = new CheckpointVerifier(store, () -> {
            throw new AssertionError("there is no state of RocksDB");
        });
        return verifier.verify(path, ReadProgress.SILENT).problems();
    }

    /** What the file would be, were it whole. */
    private SegmentHandle wholeOf(long checkpoint) {
        CRC32C crc = new CRC32C();
        crc.update(state, 0, state.length);
        return new SegmentHandle(store.qualify(path(checkpoint)), Long.BYTES, state.length, (int) crc.getValue());
    }

    /** The first block can still be had, and no other. */
    private void setQuotaWithinTheNextFile() throws IOException {
        long used = hdfs.getContentSummary(root).getSpaceConsumed();
        hdfs.setQuota(root, HdfsConstants.QUOTA_DONT_SET, used + FIRST_BYTES);
    }

    private void awaitSecondBlock(long checkpoint) throws IOException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (hdfs.getFileStatus(new Path(store.qualify(path(checkpoint)))).getLen() < BLOCK_BYTES) {
            assertThat(System.nanoTime()).as("a second block is begun").isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    /** @param isLost the process that writes it, which deletes nothing then */
    private void assertNotWritten(long checkpoint, boolean isLost, Step fault, String reason) throws IOException {
        SnapshotFileWriter writer = new SnapshotFileWriter(store, path(checkpoint));
        assertThatThrownBy(() -> write(writer, fault))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(reason);
        if (!isLost) {
            try {
                writer.close();
            } catch (IOException again) {
                // It is told once more that the file is not whole.
            }
        }
        Path file = new Path(store.qualify(path(checkpoint)));
        assertThat(hdfs.exists(file)).isEqualTo(isLost);
        if (isLost) {
            assertThat(hdfs.getFileStatus(file).getLen()).isLessThan(state.length);
        }
    }

    private void assertTheNextOneSucceeds(long half) throws IOException {
        assertThat(checkpoints.newestWithMetadata(layout)).hasValue(new CheckpointId(half - 1));
        SegmentHandle taken = wholeOf(half);
        // It is too short, or HDFS does not know yet how long it is: whatever it says, nothing is read as if it were
        // whole.
        assertThatThrownBy(() -> new SegmentReader(store).read(taken)).isInstanceOf(IOException.class);
        complete(half + 1);
        checkpoints.deleteBetween(layout, 0, new CheckpointId(half + 1), Set.of());
        assertThat(checkpoints.list(layout)).containsExactly(new CheckpointId(half + 1));
        // Metadata that nobody should have written.
        assertThat(problems(checkpoints.writeMetadata(layout, metadata(half + 2, taken))))
                .isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFileWhoseSecondBlockIsOverTheQuotaIsNeverTakenForWhole(boolean isLost) throws IOException {
        setQuotaWithinTheNextFile();
        assertNotWritten(2, isLost, () -> {}, "quota");
        hdfs.setQuota(root, HdfsConstants.QUOTA_DONT_SET, HdfsConstants.QUOTA_RESET);
        assertTheNextOneSucceeds(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFileWhoseDataNodeIsLostInItsSecondBlockIsNeverTakenForWhole(boolean isLost) throws IOException {
        DataNodeProperties[] stopped = new DataNodeProperties[1];
        try {
            assertNotWritten(
                    2,
                    isLost,
                    () -> {
                        awaitSecondBlock(2);
                        stopped[0] = cluster.stopDataNode(0);
                    },
                    "");
        } finally {
            if (stopped[0] != null) {
                cluster.restartDataNode(stopped[0], true);
                cluster.waitActive();
            }
        }
        assertTheNextOneSucceeds(2);
    }

    @Test
    void metadataWhoseSecondBlockIsOverTheQuotaAreNotThereAndCanBeWrittenLater() throws IOException {
        SegmentHandle segment;
        try (SnapshotFileWriter writer = new SnapshotFileWriter(store, path(2))) {
            segment = write(writer, () -> {});
        }
        CheckpointMetadata.Builder large = metadata(2, segment).toBuilder();
        large.addSubtasksBuilder()
                .addOperatorsBuilder()
                .setOperatorUid("another")
                .setParallelism(1)
                .setSmallOperatorState(ByteString.copyFrom(state));
        setQuotaWithinTheNextFile();
        assertThatThrownBy(() -> checkpoints.writeMetadata(layout, large.build()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("quota");
        assertThat(checkpoints.newestWithMetadata(layout)).hasValue(new CheckpointId(1));
        assertThatThrownBy(() -> checkpoints.metadataFile(layout.checkpointDirectory(new CheckpointId(2))))
                .isInstanceOf(SegmentDamagedException.class);
        hdfs.setQuota(root, HdfsConstants.QUOTA_DONT_SET, HdfsConstants.QUOTA_RESET);
        assertThat(problems(checkpoints.writeMetadata(layout, large.build()))).isEmpty();
        assertThat(checkpoints.newestWithMetadata(layout)).hasValue(new CheckpointId(2));
    }
}
