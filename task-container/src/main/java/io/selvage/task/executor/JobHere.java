package io.selvage.task.executor;

import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Owned by the executor's loop: what it knows of a job. */
final class JobHere {
    final JobId id;

    /** Never started or stopped above this; 0: none. */
    long highestIncarnation;

    /**
     * The newest one; what it starts anew waits until those that end have ended. If its threads have ended, its
     * channels are there until somebody says so.
     */
    @Nullable
    Deployment current;

    /** Earlier ones that were told to end, the newest last. */
    final List<Deployment> ending = new ArrayList<>();

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

    /** The newest of which something is left; null: of none. */
    @Nullable
    Deployment newest() {
        return current != null || ending.isEmpty() ? current : ending.get(ending.size() - 1);
    }

    /** Something of it runs here, or will. */
    boolean isBusy() {
        return !ending.isEmpty() || current != null && !current.isEnded();
    }

    /** All of which something is left, the newest last. */
    List<Deployment> deployments() {
        List<Deployment> deployments = new ArrayList<>(ending);
        if (current != null) {
            deployments.add(current);
        }
        return deployments;
    }
}
