package io.selvage.master.resource;

import io.selvage.protocol.id.ExecutorId;
import java.util.Set;

/**
 * What the session's jobs need at the moment.
 *
 * @param slots that jobs wait for
 * @param jobsRun whether a job runs that would be restarted if it lost an executor
 * @param anyJob whether a job has not ended, whatever it does
 * @param stopping executors that hold no slot any more, and have yet to stop what ran there
 */
public record Demand(int slots, boolean jobsRun, boolean anyJob, Set<ExecutorId> stopping) {
    public Demand {
        stopping = Set.copyOf(stopping);
    }

    Demand withoutStandby() {
        return new Demand(slots, false, anyJob, stopping);
    }
}
