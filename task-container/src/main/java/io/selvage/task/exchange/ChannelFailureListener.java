package io.selvage.task.exchange;

/** Told when a channel can't go on. Called by any thread, at most once for a channel, and only enqueues. */
@FunctionalInterface
public interface ChannelFailureListener {
    void onChannelFailed(ChannelId channel, ChannelFailure failure);
}
