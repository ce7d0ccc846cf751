package io.selvage.task.executor;

import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import org.jspecify.annotations.Nullable;

/** Owned by the executor's loop: what it knows of a job, which has threads of one deployment here at most. */
final class JobHere {
    final JobId id;

    /** Never started or stopped above this; 0: none. */
    long highestIncarnation;

    /** The one whose threads may run. If they have ended, its channels are there until somebody says so. */
    @Nullable
    Deployment current;

    /** Starts once {@link #current} has ended. */
    @Nullable
    Deployment next;

    /** The master waits to hear that this and all lower ones have ended; null: it does not. */
    @Nullable
    Incarnation stopTo;

    /** Keyed states that no subtask here has, and that one that starts may need. */
    final HeldState held = new HeldState();

    /** Since then states that subtasks have left are held. */
    long heldSinceNanos;

    JobHere(JobId id) {
        this.id = id;
    }
}
