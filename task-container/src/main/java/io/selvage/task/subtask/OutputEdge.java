package io.selvage.task.subtask;

import io.selvage.api.graph.EdgeDefinition;
import io.selvage.api.graph.Partitioning;
import io.selvage.task.exchange.OutputChannel;
import java.util.List;

/**
 * An edge as its producing subtask sees it.
 *
 * @param producer name of the producing vertex
 * @param output of the chain: empty for its elements, else the name of a side output
 * @param channels by receiving subtask; those that {@link Partitioning#connects} alone
 * @param maxParallelism the number of key groups
 */
public record OutputEdge(
        String producer,
        Partitioning partitioning,
        EdgeDefinition<Object, Object> definition,
        String output,
        List<OutputChannel> channels,
        int maxParallelism) {
    static final String MAIN = "";

    public OutputEdge {
        channels = List.copyOf(channels);
        if (channels.isEmpty() || partitioning == Partitioning.FORWARD && channels.size() != 1) {
            throw new IllegalArgumentException(partitioning + " to " + channels.size() + " channels");
        }
    }
}
