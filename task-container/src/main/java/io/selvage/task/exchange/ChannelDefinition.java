package io.selvage.task.exchange;

import io.selvage.api.type.Serde;
import java.time.Duration;

/**
 * What both ends of a channel know of it.
 *
 * @param serde of the records; under the job's class loader
 * @param bufferBytes a buffer between processes is sent at this size at the latest
 * @param flushTimeout and after so long at the latest, even while its producer is busy in user code
 * @param inFlightTarget what lies queued for a slow consumer is to be about so long a time's work
 */
public record ChannelDefinition(
        ChannelId id, Serde<Object> serde, int bufferBytes, Duration flushTimeout, Duration inFlightTarget) {
    public ChannelDefinition {
        if (bufferBytes < 1) {
            throw new IllegalArgumentException("channel " + id + " has buffers of " + bufferBytes + " bytes");
        }
        if (flushTimeout.isNegative()) {
            throw new IllegalArgumentException("channel " + id + " has a flush time-out of " + flushTimeout);
        }
        if (inFlightTarget.isNegative() || inFlightTarget.isZero()) {
            throw new IllegalArgumentException("channel " + id + " has an in-flight target of " + inFlightTarget);
        }
    }
}
