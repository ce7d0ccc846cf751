package io.selvage.master.resource;

import io.selvage.protocol.id.ExecutorId;
import java.util.Set;

/**
 * What the session's jobs need at the moment.
 *
 * @param slots that jobs wait for
 * @param slotsOnDisk of these, those that jobs wait for whose state is on the disk
 * @param jobsRun whether a job runs that would be restarted if it lost an executor
 * @param anyJob whether a job has not ended, whatever it does
 * @param forDisk whether executors are to be fit for state on the disk: that of a job which has not ended is there, or
 *     that of the session's jobs is unless they choose otherwise
 * @param anyInHeapDown whether one whose state is in the heap is to go on, and runs nowhere: executors that are idle
 *     since may hold it
 * @param stopping executors that hold no slot any more, and have yet to stop what ran there
 */
public record Demand(
        int slots,
        int slotsOnDisk,
        boolean jobsRun,
        boolean anyJob,
        boolean forDisk,
        boolean anyInHeapDown,
        Set<ExecutorId> stopping) {
    public Demand {
        stopping = Set.copyOf(stopping);
    }

    Demand withoutStandby() {
        return new Demand(slots, slotsOnDisk, false, anyJob, forDisk, anyInHeapDown, stopping);
    }

    /** An idle executor is of use only if it is fit for state on the disk: no other job waits for it. */
    boolean wantsOnlyFit() {
        return forDisk && !anyInHeapDown && slots == slotsOnDisk;
    }
}
