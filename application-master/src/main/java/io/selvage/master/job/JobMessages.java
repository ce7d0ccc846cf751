package io.selvage.master.job;

import io.selvage.master.checkpoint.PendingCheckpoint;
import io.selvage.master.job.JobTopology.Region;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.AbortCheckpoint;
import io.selvage.protocol.wire.CompleteCheckpoint;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.ExecutorAddress;
import io.selvage.protocol.wire.Follow;
import io.selvage.protocol.wire.JobSubmitted;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.StopIncarnation;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.protocol.wire.TriggerCheckpoint;
import io.selvage.protocol.wire.Unfollow;
import java.util.List;

/**
 * Immutable: what executors are told of one job, in the words of the wire.
 *
 * @param directory the job's own in HDFS
 */
record JobMessages(JobSubmitted submitted, String directory) {
    /** @param lastCheckpoint the newest that was started before; 0: none */
    MasterMessage.Builder deploy(
            Deployment planned,
            String graphPath,
            List<ExecutorAddress> executors,
            RestorePoints from,
            long lastCheckpoint) {
        Deploy.Builder deploy = Deploy.newBuilder()
                .setJobId(submitted.getJobId())
                .setIncarnation(planned.incarnation().value())
                .setJobName(submitted.getName())
                .setGraphPath(graphPath)
                .addAllJars(submitted.getJarsList())
                .putAllSettings(submitted.getSettingsMap())
                .setJobDirectory(directory)
                .setRestoreCheckpoint(from.id())
                .setRestoreMetadataPath(from.metadataPath())
                .setMetadata(from.metadata())
                .setLastCheckpoint(lastCheckpoint)
                .setHeld(from.isStopped())
                .addAllExecutors(executors);
        for (SubtaskId subtask : planned.subtasks()) {
            Region region = planned.regionOf(subtask);
            deploy.addSubtasks(SubtaskPlacement.newBuilder()
                    .setVertex(subtask.vertex().value())
                    .setSubtask(subtask.index())
                    .setExecutorId(planned.executorOf(subtask).value())
                    .setSince(planned.isCarried(region) ? planned.since(region).value() : 0));
        }
        return MasterMessage.newBuilder().setDeploy(deploy);
    }

    /** This incarnation and all lower ones. */
    MasterMessage.Builder stop(long incarnation) {
        return MasterMessage.newBuilder()
                .setStop(StopIncarnation.newBuilder()
                        .setJobId(submitted.getJobId())
                        .setIncarnation(incarnation));
    }

    MasterMessage.Builder trigger(PendingCheckpoint pending) {
        TriggerCheckpoint.Builder trigger = TriggerCheckpoint.newBuilder()
                .setJobId(submitted.getJobId())
                .setIncarnation(pending.key().incarnation().value())
                .setCheckpoint(pending.key().checkpoint().value())
                .setTriggerTimeMillis(pending.triggerTimeMillis())
                .setTerminal(pending.terminal());
        pending.savepoint()
                .ifPresent(savepoint -> trigger.setKind(savepoint.kind()).setSavepointDirectory(savepoint.directory()));
        return MasterMessage.newBuilder().setTrigger(trigger);
    }

    MasterMessage.Builder complete(long incarnation, long checkpoint, boolean terminal) {
        return MasterMessage.newBuilder()
                .setComplete(CompleteCheckpoint.newBuilder()
                        .setJobId(submitted.getJobId())
                        .setIncarnation(incarnation)
                        .setCheckpoint(checkpoint)
                        .setTerminal(terminal));
    }

    MasterMessage.Builder abort(long incarnation, long checkpoint) {
        return MasterMessage.newBuilder()
                .setAbort(AbortCheckpoint.newBuilder()
                        .setJobId(submitted.getJobId())
                        .setIncarnation(incarnation)
                        .setCheckpoint(checkpoint));
    }

    MasterMessage.Builder follow(String graphPath, RestorePoints to) {
        return MasterMessage.newBuilder()
                .setFollow(Follow.newBuilder()
                        .setJobId(submitted.getJobId())
                        .setJobName(submitted.getName())
                        .setGraphPath(graphPath)
                        .addAllJars(submitted.getJarsList())
                        .putAllSettings(submitted.getSettingsMap())
                        .setJobDirectory(directory)
                        .setCheckpoint(to.id())
                        .setMetadataPath(to.metadataPath())
                        .setMetadata(to.metadata()));
    }

    MasterMessage.Builder unfollow() {
        return MasterMessage.newBuilder().setUnfollow(Unfollow.newBuilder().setJobId(submitted.getJobId()));
    }
}
