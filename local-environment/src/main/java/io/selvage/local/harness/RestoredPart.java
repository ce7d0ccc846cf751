package io.selvage.local.harness;

import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.RestoredState;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;

/** What a snapshot has for one operator of one subtask, whatever the parallelism of either. */
record RestoredPart(
        Snapshot snapshot,
        String operatorUid,
        int subtask,
        int nowParallelism,
        int maxParallelism,
        KeyedBackends backends)
        implements RestoredState {
    static RestoredState of(
            Snapshot snapshot,
            String operatorUid,
            int subtask,
            int parallelism,
            int maxParallelism,
            KeyedBackends backends) {
        boolean isKnown =
                snapshot.parts.stream().anyMatch(part -> part.operatorUid().equals(operatorUid));
        return isKnown ? new RestoredPart(snapshot, operatorUid, subtask, parallelism, maxParallelism, backends) : NONE;
    }

    @Override
    public int parallelism() {
        return snapshot.parallelism;
    }

    @Override
    public List<byte[]> operatorState(int ofSubtask) {
        return snapshot.parts.stream()
                .filter(part -> part.operatorUid().equals(operatorUid) && part.subtask() == ofSubtask)
                .flatMap(part -> part.operatorState() == null ? Stream.empty() : Stream.of(part.operatorState()))
                .toList();
    }

    @Override
    public KeyedOrigin keyed() {
        KeyGroupRange own = KeyGroups.rangeOf(subtask, nowParallelism, maxParallelism);
        StateReplica replica = null;
        for (Snapshot.Part part : snapshot.parts) {
            byte[] segment = part.operatorUid().equals(operatorUid) ? part.keyed() : null;
            if (segment != null
                    && own.overlaps(KeyGroups.rangeOf(part.subtask(), snapshot.parallelism, maxParallelism))) {
                replica = replica == null ? backends.replica(operatorUid, own) : replica;
                apply(segment, replica);
            }
        }
        if (replica == null) {
            return KeyedOrigin.NOTHING;
        }
        replica.standAlone();
        return replica;
    }

    private void apply(byte[] segment, StateReplica to) {
        try {
            to.apply(new ByteArrayInputStream(segment), segment.length, snapshot.checkpoint);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
