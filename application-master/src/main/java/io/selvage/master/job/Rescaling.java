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
    /** Checkpoints for one rescaling that are given up, before the job goes on as it is. */
    static final int MOST_GIVEN_UP = 3;

    /**
     * What is wanted.
     *
     * @param graphPath where the graph with that parallelism is written
     * @param deadlineNanos until it must have begun
     */
    record Wanted(String id, JobTopology target, String graphPath, long deadlineNanos) {
        Wanted until(long nanos) {
            return new Wanted(id, target, graphPath, nanos);
        }
    }

    private final Map<String, RescaleJobResponse> ended = new LinkedHashMap<>(); // Oldest first.
    private @Nullable Wanted wanted;
    private boolean isWritten;
    private boolean isCheckpointWanted;
    private int givenUp;
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
        givenUp = 0;
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
    boolean tryWantCheckpoint() {
        boolean isNew = wanted != null && isWritten && !isCheckpointWanted;
        isCheckpointWanted |= isNew;
        return isNew;
    }

    boolean isCheckpointWanted() {
        return wanted != null && isCheckpointWanted;
    }

    /** The one that was wanted is of no use for it, or will not be: it needs another one. */
    void forgetCheckpoint() {
        isCheckpointWanted = false;
    }

    /** Likewise, as it was given up; answers whether that has been so too often. */
    boolean isGivenUpTooOften() {
        givenUp += isCheckpointWanted() ? 1 : 0;
        forgetCheckpoint();
        return givenUp >= MOST_GIVEN_UP;
    }

    /** It may take until then. */
    void extend(long deadlineNanos) {
        if (wanted != null) {
            wanted = wanted.until(deadlineNanos);
        }
    }

    /** The job is started with it. */
    void succeed() {
        end(RescaleState.RESCALE_DONE, "");
    }

    /** The job goes on as it is. */
    void fail(String reason) {
        end(RescaleState.RESCALE_FAILED, reason);
    }

    private void end(RescaleState state, String reason) {
        if (wanted != null) {
            ended.put(wanted.id(), answer(state, reason));
            if (ended.size() > MOST_ENDED) {
                ended.remove(ended.keySet().iterator().next());
            }
            wanted = null;
        }
    }

    /** How that one has ended; null: it has not, as far as is known. One that is done may yet have to be deployed. */
    @Nullable
    RescaleJobResponse endOf(String id) {
        return ended.get(id);
    }

    static RescaleJobResponse answer(RescaleState state, String reason) {
        return RescaleJobResponse.newBuilder().setState(state).setReason(reason).build();
    }
}
