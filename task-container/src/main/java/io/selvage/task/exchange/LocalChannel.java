package io.selvage.task.exchange;

import java.lang.invoke.VarHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A channel inside one process: both ends are this object, its producer's methods owned by the one subtask's thread,
 * its consumer's by the other's. Hands references over; nothing is serialized. The consumer bounds what lies in it by
 * the time that it takes.
 */
public final class LocalChannel implements InputChannel, OutputChannel {
    /** However slow the consumer, a few elements are at hand. */
    static final int LEAST_ELEMENTS = 4;

    private final ChannelId id;
    private final ElementRing ring;
    private final Wakeup producer;
    private final Wakeup consumer;
    private volatile boolean producerWaits; // Volatile: set by the producer, cleared by the consumer, no payload.

    // The consumer's.
    private final InFlightLimit inFlight;
    private boolean isHeldUp; // The producer has been, since the throughput was measured last.

    /** @param inFlightTarget as in {@link ChannelDefinition} */
    public LocalChannel(ChannelId id, Duration inFlightTarget, Wakeup producer, Wakeup consumer) {
        this(id, inFlightTarget, producer, consumer, ElementRing.CAPACITY);
    }

    LocalChannel(ChannelId id, Duration inFlightTarget, Wakeup producer, Wakeup consumer, int capacity) {
        this.id = id;
        this.ring = new ElementRing(capacity);
        this.inFlight = new InFlightLimit(inFlightTarget.toNanos(), Math.min(LEAST_ELEMENTS, capacity), capacity);
        this.producer = producer;
        this.consumer = consumer;
    }

    @Override
    public ChannelId id() {
        return id;
    }

    @Override
    public boolean tryEmit(Object value, long timestampMillis) {
        return ring.offer(value, timestampMillis) || offerAgain(value, timestampMillis);
    }

    @Override
    public boolean tryEmit(Control control) {
        return tryEmit(control, Timestamps.NONE);
    }

    /** The consumer may have made room just before it could see that it is waited for. */
    private boolean offerAgain(Object value, long timestampMillis) {
        producerWaits = true;
        return ring.offer(value, timestampMillis);
    }

    @Override
    public boolean isFull() {
        if (!ring.isFull()) {
            return false;
        }
        producerWaits = true;
        return ring.isFull();
    }

    @Override
    public void flush() {
        consumer.signal();
    }

    @Override
    public @Nullable Object poll() {
        return ring.poll();
    }

    @Override
    public long timestampMillis() {
        return ring.timestampMillis();
    }

    @Override
    public boolean isEmpty() {
        return ring.isEmpty();
    }

    @Override
    public void release(long nowNanos) {
        if (inFlight.tryMeasure(ring.polled(), isHeldUp, nowNanos)) {
            ring.limit(inFlight.amount());
            isHeldUp = false;
        }
        // Room that was made has to be seen before the flag is read: the producer sets the flag, then looks for room.
        VarHandle.fullFence();
        if (producerWaits) {
            isHeldUp = true;
            if (ring.size() <= ring.limit() / 2) {
                producerWaits = false;
                producer.signal();
            }
        }
    }
}
