package io.selvage.checkpoint.content;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.backend.RocksReplica;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.checkpoint.corpus.SampleState;
import io.selvage.checkpoint.corpus.SampleWriter;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.StateBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a restore, of whatever process, does with state that is not what was written. */
final class DamagedStateTest {
    private static final int TRIED = 400; // Bytes of a file.

    @TempDir
    private Path root;

    private RocksEnvironment environment;

    private StateReplica empty(StateBackend backend, KeyGroupRange groups) {
        return backend == StateBackend.HEAP
                ? new KeyedReplica(SampleState.UID, groups)
                : new RocksReplica(SampleState.UID, groups, environment);
    }

    /** Wherever the bit is: also in a length, or in what says how many of something follow. */
    @ParameterizedTest
    @EnumSource(names = {"HEAP", "ROCKSDB"})
    void aFlippedBitNeverBecomesStateAndNamesItsFile(StateBackend backend) throws Exception {
        environment = new RocksEnvironment(root.resolve("state"), 1 << 20, 1 << 16);
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(root.resolve("store").toUri()), new Configuration());
        new SampleWriter(store, backend == StateBackend.ROCKSDB ? environment : null).savepoint("sp", 7);
        CheckpointMetadata metadata =
                new CheckpointReader(store).read("sp", ReadProgress.SILENT).metadata();
        OperatorSnapshot operator = metadata.getSubtasksList().stream()
                .flatMap(subtask -> subtask.getOperatorsList().stream())
                .filter(each -> each.getOperatorUid().equals(SampleState.UID) && each.getKeyedStateCount() > 0)
                .findFirst()
                .orElseThrow();
        var segment = operator.getKeyedState(0);
        Path file = Path.of(java.net.URI.create(segment.getFile()));
        byte[] whole = Files.readAllBytes(file);
        load(store, metadata, operator);

        int length = (int) segment.getLength();
        int step = Math.max(1, length / TRIED);
        for (int at = 0; at < length; at += at < TRIED / 2 ? 1 : step) {
            for (int bit : new int[] {at % 8, 7 - at % 8}) {
                byte[] damaged = whole.clone();
                damaged[(int) segment.getOffset() + at] ^= (byte) (1 << bit);
                CheckpointContentsTest.overwrite(file, damaged);
                assertThatThrownBy(() -> load(store, metadata, operator))
                        .as("bit %s of byte %s of %s", bit, at, length)
                        .isInstanceOf(SegmentDamagedException.class)
                        .hasMessageContaining(file.getFileName().toString());
            }
        }
        for (int left : new int[] {0, 1, length / 2, length - 1}) {
            CheckpointContentsTest.overwrite(file, Arrays.copyOf(whole, (int) segment.getOffset() + left));
            assertThatThrownBy(() -> load(store, metadata, operator))
                    .as("%s bytes of %s", left, length)
                    .isInstanceOf(SegmentDamagedException.class)
                    .hasMessageContaining(file.getFileName().toString());
        }
    }

    private void load(DurableStore store, CheckpointMetadata metadata, OperatorSnapshot operator) throws IOException {
        KeyGroupRange groups = KeyedStateLoader.rangeOf(operator, metadata.getMaxParallelism());
        StateReplica replica = empty(operator.getBackend(), groups);
        new KeyedStateLoader(new SegmentReader(store)::open)
                .load(replica, groups, metadata.getMaxParallelism(), List.of(operator), length -> {});
        replica.close();
    }
}
