package io.selvage.task.executor;

import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.subtask.SubtaskCut;
import io.selvage.task.subtask.SubtaskPhase;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What reaches the executor's loop. */
public sealed interface ExecutorEvent {
    /** A link to a master stands; nothing has been sent on it. */
    record Connected(MasterLink link) implements ExecutorEvent {}

    record FromMaster(MasterLink link, MasterMessage message) implements ExecutorEvent {}

    record Disconnected(MasterLink link, String reason) implements ExecutorEvent {}

    /** A deployment's graph, program and restored checkpoint are read, and its subtasks built. */
    record Prepared(DeploymentId deployment, PreparedDeployment prepared) implements ExecutorEvent {}

    record PreparationFailed(DeploymentId deployment, Throwable failure) implements ExecutorEvent {}

    record SubtaskMoved(
            DeploymentId deployment,
            SubtaskId subtask,
            SubtaskPhase phase,
            @Nullable Throwable failure) implements ExecutorEvent {}

    record SubtaskCutTaken(DeploymentId deployment, SubtaskCut cut) implements ExecutorEvent {}

    record SubtaskThreadEnded(DeploymentId deployment, SubtaskId subtask) implements ExecutorEvent {}

    record ChannelFailed(ChannelId channel, ChannelFailure failure) implements ExecutorEvent {}

    /** @param addedTo checkpoints to whose segments this one's are added */
    record SnapshotStored(
            DeploymentId deployment, CheckpointId checkpoint, List<SubtaskSnapshot> subtasks, Set<Long> addedTo)
            implements ExecutorEvent {
        public SnapshotStored {
            subtasks = List.copyOf(subtasks);
            addedTo = Set.copyOf(addedTo);
        }
    }

    /**
     * A standby has read a checkpoint of a job, or could not, or was stopped.
     *
     * @param bytes that are held
     * @param bytesLeft that are not
     */
    record FollowEnded(
            JobId job,
            long checkpoint,
            long bytes,
            long bytesLeft,
            @Nullable Throwable failure) implements ExecutorEvent {}

    /**
     * What takes long the first time has been done for a followed job, or left.
     *
     * @param hasBegun false: its program could not be had
     */
    record WarmUpEnded(JobId job, boolean hasBegun) implements ExecutorEvent {}

    record SnapshotFailed(DeploymentId deployment, CheckpointId checkpoint, Throwable failure)
            implements ExecutorEvent {}
}
