package io.selvage.task.network;

import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
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

    boolean isStale(JobId job, Incarnation incarnation) {
        return incarnation.value() < lowest.getOrDefault(job, 0L);
    }

    /** That incarnation runs here: older ones are stale. True if that is news. */
    boolean onStarted(JobId job, Incarnation incarnation) {
        return raise(job, incarnation.value());
    }

    /** That incarnation has ended here: it and older ones are stale. */
    void onReleased(JobId job, Incarnation incarnation) {
        raise(job, incarnation.value() + 1);
    }

    private boolean raise(JobId job, long value) {
        if (value <= lowest.getOrDefault(job, 0L)) {
            return false;
        }
        lowest.put(job, value);
        if (lowest.size() > MAX_JOBS) {
            lowest.remove(lowest.keySet().iterator().next());
        }
        return true;
    }
}
