package io.selvage.task.executor;

import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;

/** One incarnation of a job. */
public record DeploymentId(JobId job, Incarnation incarnation) {
    @Override
    public String toString() {
        return job + "/" + incarnation;
    }
}
