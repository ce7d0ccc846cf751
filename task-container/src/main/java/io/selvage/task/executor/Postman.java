package io.selvage.task.executor;

import io.selvage.protocol.id.SubtaskId;
import io.selvage.task.subtask.SubtaskCut;
import io.selvage.task.subtask.SubtaskListener;
import io.selvage.task.subtask.SubtaskPhase;
import org.jspecify.annotations.Nullable;

/** Carries what subtasks of a deployment say to the executor's inbox. Safe for use by many threads. */
final class Postman implements SubtaskListener {
    private final DeploymentId deployment;
    private final Inbox inbox;

    Postman(DeploymentId deployment, Inbox inbox) {
        this.deployment = deployment;
        this.inbox = inbox;
    }

    @Override
    public void onPhase(SubtaskId subtask, SubtaskPhase phase, @Nullable Throwable failure) {
        inbox.post(new ExecutorEvent.SubtaskMoved(deployment, subtask, phase, failure));
    }

    @Override
    public void onCut(SubtaskCut cut) {
        inbox.post(new ExecutorEvent.SubtaskCutTaken(deployment, cut));
    }

    @Override
    public void onThreadEnd(SubtaskId subtask) {
        inbox.post(new ExecutorEvent.SubtaskThreadEnded(deployment, subtask));
    }
}
