package io.selvage.task.exchange;

import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;

/** One ordered stream of elements, from one subtask of an edge's producing vertex to one of its consuming vertex. */
public record ChannelId(JobId job, Incarnation incarnation, int edge, int fromSubtask, int toSubtask) {
    @Override
    public String toString() {
        return job + "/" + incarnation + " edge " + edge + ", " + fromSubtask + " to " + toSubtask;
    }
}
