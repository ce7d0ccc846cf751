package io.selvage.task.network;

import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Owned by the network thread. The lowest incarnation of each job whose channels are still taken: what has been
 * released and what is older than one that runs here is stale.
 */
final class Incarnations {
    /** Jobs that are remembered; of more, the ones seen first are forgotten. */
    static final int MAX_JOBS = 4096;

    private final Map<JobId, Long> lowest = new LinkedHashMap<>();
    /** By job and edge, where another incarnation than the job's newest has the channels. */
    private final Map<JobId, Map<Integer, Incarnation>> goingOn = new HashMap<>();

    boolean isStale(JobId job, int edge, Incarnation incarnation) {
        Incarnation own = goingOn.getOrDefault(job, Map.of()).get(edge);
        return incarnation.value() < (own == null ? lowest.getOrDefault(job, 0L) : own.value());
    }

    /** That incarnation runs here: older ones are stale. True if that is news. */
    boolean onStarted(JobId job, Incarnation incarnation) {
        return raise(job, incarnation.value());
    }

    /** That incarnation has ended here: it and older ones are stale, but for the edges that go on. */
    void onReleased(JobId job, Incarnation incarnation, Map<Integer, Incarnation> edges) {
        raise(job, incarnation.value() + 1);
        if (edges.isEmpty()) {
            goingOn.remove(job);
        } else {
            goingOn.put(job, Map.copyOf(edges));
        }
    }

    private boolean raise(JobId job, long value) {
        if (value <= lowest.getOrDefault(job, 0L)) {
            return false;
        }
        lowest.put(job, value);
        if (lowest.size() > MAX_JOBS) {
            JobId first = lowest.keySet().iterator().next();
            lowest.remove(first);
            goingOn.remove(first);
        }
        return true;
    }
}
