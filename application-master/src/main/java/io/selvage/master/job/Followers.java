package io.selvage.master.job;

import io.selvage.protocol.id.ExecutorId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Owned by a job: the standbys that hold its state ready, and as of which checkpoint they have been told to. */
final class Followers {
    private final Map<ExecutorId, Long> told = new TreeMap<>();

    /** The standbys that have yet to be told of a checkpoint; they count as told. */
    List<ExecutorId> takeBehind(Collection<ExecutorId> standbys, long checkpoint) {
        List<ExecutorId> behind = new ArrayList<>();
        for (ExecutorId standby : standbys) {
            Long before = told.put(standby, checkpoint);
            if (before == null || before != checkpoint) {
                behind.add(standby);
            }
        }
        return behind;
    }

    /** Those that follow and are not among these any more; they count as told to let go. */
    Set<ExecutorId> takeAllBut(Collection<ExecutorId> standbys) {
        Map<ExecutorId, Long> others = new TreeMap<>(told);
        others.keySet().removeAll(standbys);
        told.keySet().retainAll(standbys);
        return others.keySet();
    }

    void forget(ExecutorId executor) {
        told.remove(executor);
    }
}
