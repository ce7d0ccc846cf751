package io.selvage.task.executor;

import io.selvage.protocol.id.Incarnation;
import io.selvage.task.subtask.Subtask;

/**
 * A subtask whose thread has been started here. It may go on in later incarnations than the one that has started it.
 *
 * @param since that one; its channels, and what it says, carry this number
 * @param restoredCheckpoint that it has started from; 0: none
 * @param vertexName of its vertex, as the parallelism
 * @param loader of the job's program
 * @param utilization owned by the executor's loop
 */
record StartedSubtask(
        Subtask subtask,
        Incarnation since,
        long restoredCheckpoint,
        String vertexName,
        int parallelism,
        ClassLoader loader,
        Utilization utilization) {}
