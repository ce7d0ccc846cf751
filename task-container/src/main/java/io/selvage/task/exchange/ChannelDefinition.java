package io.selvage.task.exchange;

import io.selvage.api.type.Serde;

/**
 * What both ends of a channel know of it.
 *
 * @param serde of the records; under the job's class loader
 * @param bufferBytes a buffer between processes is sent at this size at the latest
 */
public record ChannelDefinition(ChannelId id, Serde<Object> serde, int bufferBytes) {
    public ChannelDefinition {
        if (bufferBytes < 1) {
            throw new IllegalArgumentException("channel " + id + " has buffers of " + bufferBytes + " bytes");
        }
    }
}
