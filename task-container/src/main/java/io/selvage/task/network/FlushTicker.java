package io.selvage.task.network;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jctools.queues.MpscUnboundedArrayQueue;

/**
 * Sends what waits in buffers that don't fill: one timer for all channels, and none while nothing waits. Armed by
 * producers, run by the network thread.
 *
 * <p>Ticks at the shortest flush time-out of the open channels, which then holds for all of them.
 */
final class FlushTicker {
    private static final int QUEUE_SEGMENT = 256;

    private final NetworkThread thread;
    private final Runnable tick = this::tick;
    /** Bounded by the number of channels: each is in it at most once. */
    private final MpscUnboundedArrayQueue<RemoteOutput> waiting = new MpscUnboundedArrayQueue<>(QUEUE_SEGMENT);

    private final AtomicBoolean armed = new AtomicBoolean();
    private volatile long intervalNanos = Long.MAX_VALUE; // Volatile: set by the network thread, read by producers.

    FlushTicker(NetworkThread thread) {
        this.thread = thread;
    }

    void onChannelOpened(long flushTimeoutNanos) {
        thread.requireCurrent();
        if (flushTimeoutNanos < intervalNanos) {
            intervalNanos = flushTimeoutNanos;
            // What waits under a longer time-out goes now; from here on the shorter one holds.
            tick();
        }
    }

    /** Producer: the channel has something to send that has not been asked for, and is not waiting here. */
    void await(RemoteOutput channel) {
        waiting.offer(channel);
        arm(Math.min(intervalNanos, channel.flushTimeoutNanos()));
    }

    private void arm(long delayNanos) {
        if (armed.compareAndSet(false, true)) {
            thread.postLater(tick, delayNanos);
        }
    }

    private void tick() {
        // Not more than are there now: a busy producer puts its channel back at once.
        for (int left = waiting.size(); left > 0; left--) {
            RemoteOutput channel = waiting.poll();
            if (channel == null) {
                break;
            }
            channel.onFlushTick();
        }
        armed.set(false);
        if (!waiting.isEmpty()) {
            arm(intervalNanos);
        }
    }
}
