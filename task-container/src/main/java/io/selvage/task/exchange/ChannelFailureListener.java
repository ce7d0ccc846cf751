package io.selvage.task.exchange;

/** Told when a channel can't go on. Called by any thread, at most once for a channel, and only enqueues. */
@FunctionalInterface
public interface ChannelFailureListener {
    /** @param reason a sentence that names the peer */
    void onChannelFailed(ChannelId channel, String reason);
}
