package io.selvage.task.network;

import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** The one thread that owns connections, credit and the registry of channels; others post to it. For any thread. */
final class NetworkThread {
    private final EventLoop loop;

    NetworkThread(EventLoop loop) {
        this.loop = loop;
    }

    EventLoop loop() {
        return loop;
    }

    /**
     * Runs it there. What is posted after the data plane was closed is dropped: all channels have ended then.
     *
     * @param work bounded by what posts it: at most one of each kind for each channel is under way
     */
    void post(Runnable work) {
        try {
            loop.execute(work);
        } catch (RejectedExecutionException closed) {
            requireClosed(closed);
        }
    }

    void postLater(Runnable work, long delayNanos) {
        try {
            loop.schedule(work, delayNanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closed) {
            requireClosed(closed);
        }
    }

    void requireCurrent() {
        if (!loop.inEventLoop()) {
            throw new IllegalStateException(Thread.currentThread().getName() + " does what is the network thread's");
        }
    }

    private void requireClosed(RejectedExecutionException refused) {
        if (!loop.isShuttingDown()) {
            throw refused;
        }
    }
}
