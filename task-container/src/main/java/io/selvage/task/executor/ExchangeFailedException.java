package io.selvage.task.executor;

import io.selvage.protocol.id.ExecutorId;
import io.selvage.task.exchange.ChannelFailure;
import org.jspecify.annotations.Nullable;

/** A channel to or from another executor can't go on; the message names it. */
final class ExchangeFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable ExecutorId lostPeer;

    ExchangeFailedException(ChannelFailure failure) {
        super(failure.reason());
        this.lostPeer = failure.lostPeer();
    }

    /** The executor that is gone; null: the failure is another. */
    @Nullable
    ExecutorId lostPeer() {
        return lostPeer;
    }
}
