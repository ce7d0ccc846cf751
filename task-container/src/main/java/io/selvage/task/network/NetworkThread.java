package io.selvage.task.network;

import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that owns connections, credit and the registry of channels; others post to it. For any thread. */
final class NetworkThread {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkThread.class);

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

    @SuppressWarnings("FutureReturnValueIgnored") // What it throws is logged; nobody waits for it.
    void postLater(Runnable work, long delayNanos) {
        Runnable logged = () -> {
            try {
                work.run();
            } catch (RuntimeException | Error failed) {
                LOG.error("The network thread failed at a task.", failed);
            }
        };
        try {
            loop.schedule(logged, delayNanos, TimeUnit.NANOSECONDS);
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
