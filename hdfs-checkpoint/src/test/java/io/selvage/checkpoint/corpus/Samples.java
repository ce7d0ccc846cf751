package io.selvage.checkpoint.corpus;

import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.RocksEnvironment;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What an entry of the corpus holds. */
enum Samples {
    /** A {@link SampleState}. */
    SMALL,
    /** The same with large maps and lists. */
    LARGE,
    /** {@link SampleWindows}: one of each step. */
    WINDOWS;

    /** Of the operators. */
    List<String> uids() {
        return this == WINDOWS
                ? Stream.of(SampleWindows.Step.values()).map(step -> step.uid).toList()
                : List.of(SampleState.UID);
    }

    /** Of all operators together. */
    int keys() {
        return this == WINDOWS ? uids().size() * SampleWindows.KEYS : SampleState.KEYS;
    }

    /** @param disk null: in the heap */
    Sample of(String uid, KeyGroupRange range, KeyedOrigin origin, @Nullable RocksEnvironment disk) throws Exception {
        if (this == WINDOWS) {
            return SampleWindows.of(SampleWindows.Step.of(uid), range, origin, disk);
        }
        return disk == null
                ? SampleState.inHeap(range, origin, this == LARGE)
                : SampleState.onDisk(range, origin, disk, this == LARGE);
    }
}
