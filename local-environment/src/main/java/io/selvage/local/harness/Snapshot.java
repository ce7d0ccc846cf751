package io.selvage.local.harness;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of a harness's steps at one moment; immutable, and good for any number of restores. Whoever restores it has
 * the same maximum parallelism and state backend.
 */
public final class Snapshot {
    final long checkpoint;
    final int parallelism;
    final List<Part> parts;

    /** Of one operator in one subtask. */
    record Part(String operatorUid, int subtask, byte @Nullable [] keyed, byte @Nullable [] operatorState) {}

    Snapshot(long checkpoint, int parallelism, List<Part> parts) {
        this.checkpoint = checkpoint;
        this.parallelism = parallelism;
        this.parts = List.copyOf(parts);
    }

    /** Of the harness that it was taken of. */
    public int parallelism() {
        return parallelism;
    }
}
