package io.selvage.master.job;

import io.selvage.protocol.wire.RescaleJobResponse;
import io.selvage.protocol.wire.RescaleState;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Owned by its job: another parallelism that a client wants, until the job is started with it, or goes on without. This
 * master alone knows of it; what the journal knows is the incarnation that is started with it.
 */
final class Rescaling {
    /** Ends that are remembered, for a client that asks how it stands. */
    private static final int MOST_ENDED = 16;

    /**
     * What is wanted.
     *
     * @param graphPath where the graph with that parallelism is written
     * @param deadlineNanos until it must have begun
     */
    record Wanted(String id, JobTopology target, String graphPath, long deadlineNanos) {}

    private final Map<String, RescaleJobResponse> ended = new LinkedHashMap<>(); // Oldest first.
    private @Nullable Wanted wanted;
    private boolean isWritten;
    private boolean isCheckpointWanted;
    private int count;

    /** Of this master's: two never have the same. */
    String nextGraphPath(String jobDirectory, long epoch) {
        count++;
        return jobDirectory + "/graph-" + epoch + "-" + count + ".pb";
    }

    void begin(Wanted another) {
        wanted = another;
        isWritten = false;
        isCheckpointWanted = false;
    }

    @Nullable
    Wanted wanted() {
        return wanted;
    }

    /** The graph is where it is to be. */
    void onWritten(String path) {
        isWritten |= wanted != null && wanted.graphPath().equals(path);
    }

    boolean isWritten() {
        return isWritten;
    }

    /** Answers once whether a checkpoint is to be taken for it: there is all else that it needs. */
    boolean tryWantCheckpoint(boolean isRoom) {
        boolean isNew = wanted != null && isWritten && isRoom && !isCheckpointWanted;
        isCheckpointWanted |= isNew;
        return isNew;
    }

    /** The job is started with it. */
    void succeed() {
        wanted = null;
    }

    /** The job goes on as it is. */
    void fail(String reason) {
        if (wanted != null) {
            ended.put(wanted.id(), answer(RescaleState.RESCALE_FAILED, reason));
            if (ended.size() > MOST_ENDED) {
                ended.remove(ended.keySet().iterator().next());
            }
            wanted = null;
        }
    }

    /** How that one has failed; null: it has not, as far as is known. */
    @Nullable
    RescaleJobResponse failureOf(String id) {
        return ended.get(id);
    }

    static RescaleJobResponse answer(RescaleState state, String reason) {
        return RescaleJobResponse.newBuilder().setState(state).setReason(reason).build();
    }
}
