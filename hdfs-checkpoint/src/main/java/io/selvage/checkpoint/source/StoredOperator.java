package io.selvage.checkpoint.source;

import io.selvage.api.connector.BadInputException;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyedReplica;
import io.selvage.checkpoint.backend.RocksReplica;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.checkpoint.backend.StateSchema;
import io.selvage.checkpoint.content.KeyedStateLoader;
import io.selvage.checkpoint.content.SubtaskCoverage;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentHandle;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.HdfsConfiguration;

/** Immutable. What a checkpoint or savepoint holds of one operator's keyed state. */
final class StoredOperator {
    private final String uid;
    private final String metadataFile;
    private final CheckpointMetadata metadata;
    private final List<OperatorSnapshot> snapshots;
    private final SegmentReader segments;

    private StoredOperator(
            String uid,
            String metadataFile,
            CheckpointMetadata metadata,
            List<OperatorSnapshot> snapshots,
            SegmentReader segments) {
        this.uid = uid;
        this.metadataFile = metadataFile;
        this.metadata = metadata;
        this.snapshots = snapshots;
        this.segments = segments;
    }

    /**
     * @param path the directory of a checkpoint or savepoint, or the metadata in it
     * @throws BadInputException if there is none, it is damaged, or it has no such operator
     */
    static StoredOperator at(String path, String uid) throws BadInputException, IOException {
        HdfsConfiguration.init(); // Adds hdfs-site.xml.
        Configuration hadoop = new Configuration();
        Path named = new Path(path);
        Path qualified = named.getFileSystem(hadoop).makeQualified(named);
        DurableStore store = DurableStore.existing(qualified, hadoop);
        CheckpointStore checkpoints = new CheckpointStore(store);
        try {
            String file = checkpoints.metadataFile(qualified.toString());
            CheckpointMetadata metadata = checkpoints.readMetadata(file);
            SegmentReader segments = new SegmentReader(store);
            new SubtaskCoverage(segments).requireOperator(metadata, uid, file);
            List<OperatorSnapshot> snapshots = metadata.getSubtasksList().stream()
                    .flatMap(subtask -> subtask.getOperatorsList().stream())
                    .filter(operator -> operator.getOperatorUid().equals(uid) && operator.getKeyedStateCount() > 0)
                    .toList();
            if (snapshots.isEmpty()) {
                throw new BadInputException(path + " has no keyed state of an operator with the uid \"" + uid
                        + "\"; it has that of " + keyedUids(metadata) + ". Name one of these.");
            }
            return new StoredOperator(uid, file, metadata, snapshots, segments);
        } catch (SegmentDamagedException unusable) {
            throw new BadInputException(String.valueOf(unusable.getMessage()));
        }
    }

    private static Set<String> keyedUids(CheckpointMetadata metadata) {
        Set<String> uids = new TreeSet<>();
        metadata.getSubtasksList().stream()
                .flatMap(subtask -> subtask.getOperatorsList().stream())
                .filter(operator -> operator.getKeyedStateCount() > 0)
                .forEach(operator -> uids.add(operator.getOperatorUid()));
        return uids;
    }

    String uid() {
        return uid;
    }

    String metadataFile() {
        return metadataFile;
    }

    int maxParallelism() {
        return metadata.getMaxParallelism();
    }

    /** That the operator had. */
    int parallelism() {
        return snapshots.get(0).getParallelism();
    }

    /** By the newest segment of one of its subtasks. */
    StateSchema schema() throws IOException {
        OperatorSnapshot one = snapshots.get(0);
        Segment newest = one.getKeyedState(one.getKeyedStateCount() - 1);
        try (InputStream segment = segments.open(SegmentHandle.fromWire(newest))) {
            return StateSchema.ofSegment(segment, newest.getLength(), uid);
        }
    }

    /** All of it in some key groups; the caller closes it. */
    StateReplica load(KeyGroupRange groups) throws IOException {
        StateReplica replica = KeyedStateLoader.isOfFiles(snapshots)
                ? new RocksReplica(uid, groups, LocalDisk.environment())
                : new KeyedReplica(uid, groups);
        new KeyedStateLoader(segments::open).load(replica, groups, maxParallelism(), snapshots, length -> {});
        return replica;
    }
}
