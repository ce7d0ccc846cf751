package io.selvage.checkpoint.content;

import io.selvage.protocol.wire.CheckpointMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Immutable. What a checkpoint or savepoint was found to be.
 *
 * @param metadata null: they can't be read
 * @param files that it needs
 * @param segments that were read
 * @param bytes that were read
 * @param keys that have state, of the operators whose state is whole
 * @param problems a sentence for each; none: it can be restored, as far as that can be told without the program
 */
public record Verification(
        @Nullable CheckpointMetadata metadata, int files, int segments, long bytes, long keys, List<String> problems) {
    public Verification {
        problems = List.copyOf(problems);
    }
}
