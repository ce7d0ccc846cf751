package io.selvage.checkpoint.content;

import io.selvage.checkpoint.backend.StateCensus;
import io.selvage.protocol.wire.StateBackend;
import java.util.List;

/**
 * Immutable. What a checkpoint holds of one operator, over all of its subtasks.
 *
 * @param backend that has written the keyed state
 * @param keySchema the format of the keys; empty: it has no keyed state
 * @param states in the order in which they were declared
 * @param keys that have any state; {@link StateCensus#UNKNOWN}: only reading all of it would tell
 * @param storedBytes of its keyed state's segments, also those of earlier checkpoints
 * @param segments of its keyed state
 * @param operatorStateBytes of its other state
 * @param groupBytes by key group: what lives in it, about; empty: it has no keyed state
 * @param recordsRead by its subtasks, if they are a source's readers, since they were started
 */
public record OperatorContents(
        String uid,
        int parallelism,
        StateBackend backend,
        String keySchema,
        List<StateCensus.StateSize> states,
        long keys,
        long storedBytes,
        int segments,
        long operatorStateBytes,
        long[] groupBytes,
        long recordsRead) {
    public OperatorContents {
        states = List.copyOf(states);
    }

    public boolean isKeyed() {
        return groupBytes.length > 0;
    }
}
