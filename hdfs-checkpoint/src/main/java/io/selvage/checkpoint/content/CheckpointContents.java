package io.selvage.checkpoint.content;

import io.selvage.protocol.wire.CheckpointMetadata;
import java.util.List;
import java.util.SortedSet;

/**
 * Immutable. What a checkpoint or savepoint holds.
 *
 * @param metadataFile fully qualified
 * @param operators in the order of the metadata
 * @param fileBytes of the segments that it needs, each counted once
 * @param references the directories of other checkpoints in which files of it lie
 */
public record CheckpointContents(
        String metadataFile,
        CheckpointMetadata metadata,
        List<OperatorContents> operators,
        long fileBytes,
        SortedSet<String> references) {
    public CheckpointContents {
        operators = List.copyOf(operators);
    }
}
