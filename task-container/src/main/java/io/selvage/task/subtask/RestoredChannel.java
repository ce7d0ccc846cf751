package io.selvage.task.subtask;

import io.selvage.api.type.Serde;

/**
 * What a restored checkpoint holds of an input channel, for the subtask that replays it.
 *
 * @param serde of the edge's elements
 * @param keepsTime whether the channel from that producing subtask still has the event time that it had; if not, the
 *     watermarks in it say nothing
 * @param ordinal of the input that the elements belong to
 */
public record RestoredChannel(ChannelState state, Serde<Object> serde, boolean keepsTime, int ordinal) {}
