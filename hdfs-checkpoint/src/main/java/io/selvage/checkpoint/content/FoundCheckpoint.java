package io.selvage.checkpoint.content;

import io.selvage.protocol.wire.CheckpointMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a checkpoint or a savepoint, as it looks from outside.
 *
 * @param path fully qualified
 * @param metadata null: there are none that can be read
 * @param bytes of the files in its directory
 * @param modifiedMillis when something in it was last written
 * @param problem a sentence; empty unless its metadata can't be read
 */
public record FoundCheckpoint(
        String path,
        Standing standing,
        @Nullable CheckpointMetadata metadata,
        long bytes,
        long modifiedMillis,
        String problem) {

    /** What can be relied on. */
    public enum Standing {
        /** A savepoint; or a checkpoint beside which no journal says more. */
        COMPLETE("complete"),
        /** The journal says that its job can go on from it. */
        RETAINED("retained"),
        /** A checkpoint that its job's journal does not have, or not any more: no job goes on from it by itself. */
        UNRECORDED("not in the journal"),
        /** It has no metadata: it is being written, or was given up. */
        INCOMPLETE("no metadata"),
        /** It has metadata that can't be read. */
        UNREADABLE("unreadable");

        private final String words;

        Standing(String words) {
            this.words = words;
        }

        public String inWords() {
            return words;
        }
    }
}
