package io.selvage.checkpoint.snapshot;

import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SavepointId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;

/**
 * Immutable. Where the files of one savepoint lie: all in one directory, which can be moved as a whole, since the
 * metadata name the others by what they are called in it. Without metadata it is no savepoint: they are written last.
 *
 * @param directory the savepoint's own, as a path that a {@link io.selvage.checkpoint.store.DurableStore} takes
 */
public record SavepointLayout(String directory) {
    static final String METADATA = "_metadata";

    /** Below the state root: where savepoints are made if nothing else is said. */
    public static final String DEFAULT_DIRECTORY = "savepoints";

    private static final String PREFIX = "savepoint-";

    private static final String JOB_PREFIX = "job-";
    private static final int JOB_CHARACTERS = 6;

    /** @param parent in which the savepoint's directory is made; empty: the state root's own for savepoints */
    public static SavepointLayout of(String parent, JobId job, SavepointId id) {
        String withoutPrefix = job.value().substring(JOB_PREFIX.length());
        String shortJob = withoutPrefix.substring(0, Math.min(JOB_CHARACTERS, withoutPrefix.length()));
        String in = parent.isEmpty() ? DEFAULT_DIRECTORY : parent;
        return new SavepointLayout(in + (in.endsWith("/") ? "" : "/") + PREFIX + shortJob + "-" + id);
    }

    /** Whether a directory of that name was made for a savepoint. */
    public static boolean isDirectoryName(String name) {
        return name.matches(PREFIX + ".{1,6}-[0-9a-f]{12}");
    }

    /** @param file a savepoint's metadata */
    public static SavepointLayout ofMetadata(String file) {
        return new SavepointLayout(file.substring(0, file.lastIndexOf('/')));
    }

    /**
     * What one executor puts into it. The number is in the name, as incarnation and executor may be those of another.
     */
    public String dataFile(CheckpointId checkpoint, ExecutorId executor, Incarnation incarnation) {
        return directory + "/" + executor + "-" + incarnation + "-" + checkpoint + ".data";
    }

    public String metadataFile() {
        return directory + "/" + METADATA;
    }

    /** @param file fully qualified, whether or not the directory is: that ends with an id, and is nobody else's */
    public boolean isMetadata(String file) {
        return file.endsWith("/" + fileName(directory) + "/" + METADATA);
    }

    /** The last part of a path, by which a savepoint's metadata name the files beside them. */
    public static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** The metadata with all files fully qualified: those that are named without a directory lie in this one. */
    public static CheckpointMetadata resolve(CheckpointMetadata metadata, String directory) {
        CheckpointMetadata.Builder resolved = metadata.toBuilder();
        for (SubtaskSnapshot.Builder subtask : resolved.getSubtasksBuilderList()) {
            for (OperatorSnapshot.Builder operator : subtask.getOperatorsBuilderList()) {
                operator.getKeyedStateBuilderList().forEach(segment -> resolve(segment, directory));
                if (operator.hasOperatorState()) {
                    resolve(operator.getOperatorStateBuilder(), directory);
                }
            }
        }
        return resolved.build();
    }

    private static void resolve(Segment.Builder segment, String directory) {
        if (!segment.getFile().isEmpty() && segment.getFile().indexOf('/') < 0) {
            segment.setFile(directory + "/" + segment.getFile());
        }
    }
}
