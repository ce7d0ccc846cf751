package io.selvage.task.exchange;

import io.selvage.api.type.Serde;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A channel inside one process: both ends are this object, its producer's methods owned by the one subtask's thread,
 * its consumer's by the other's. Hands references over; nothing is serialized. The consumer bounds what lies in it by
 * the time that it takes.
 */
public final class LocalChannel implements InProcessChannel {
    /** However slow the consumer, a few elements are at hand. */
    static final int LEAST_ELEMENTS = 4;
    /** One slot of so many is kept for what is forced; of these again, for barriers. */
    private static final int SLOTS_PER_SPARE = 16;

    private record Announcement(Barrier barrier, long index) {}

    private final ChannelId id;
    private final Serde<Object> serde;
    private final ElementRing ring;
    private final int spareSlots;
    private final Wakeup producer;
    private final Wakeup consumer;
    private volatile boolean producerWaits; // Volatile: set by the producer, cleared by the consumer, no payload.

    private volatile @Nullable Announcement announcement; // Volatile: the producer's newest, ahead of the ring.

    // The consumer's.
    private final InFlightLimit inFlight;
    private boolean isHeldUp; // The producer has been, since the throughput was measured last.

    /** @param inFlightTarget as in {@link ChannelDefinition}; the serde is the consumer's */
    public LocalChannel(ChannelId id, Serde<Object> serde, Duration inFlightTarget, Wakeup producer, Wakeup consumer) {
        this(id, serde, inFlightTarget, producer, consumer, ElementRing.CAPACITY);
    }

    LocalChannel(
            ChannelId id,
            Serde<Object> serde,
            Duration inFlightTarget,
            Wakeup producer,
            Wakeup consumer,
            int capacity) {
        this.id = id;
        this.serde = serde;
        this.spareSlots = capacity / SLOTS_PER_SPARE;
        this.ring = new ElementRing(capacity);
        int most = capacity - spareSlots;
        this.inFlight = new InFlightLimit(inFlightTarget.toNanos(), Math.min(LEAST_ELEMENTS, most), most);
        ring.limit(most);
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
    public boolean tryForce(Object value, long timestampMillis) {
        return ring.force(value, timestampMillis, spareSlots / SLOTS_PER_SPARE);
    }

    @Override
    public boolean tryForce(Control control) {
        return tryForce(control, Timestamps.NONE);
    }

    @Override
    public boolean tryAnnounce(Barrier barrier) {
        long index = ring.offered();
        if (!ring.force(barrier, Timestamps.NONE, 0)) {
            return false;
        }
        announcement = new Announcement(barrier, index);
        consumer.announce();
        return true;
    }

    @Override
    public @Nullable Barrier announced() {
        Announcement newest = announcement;
        return newest != null && newest.index() >= ring.polled() ? newest.barrier() : null;
    }

    @Override
    public ElementLog newLog() {
        return new ElementLog(serde, 0);
    }

    @Override
    public void logQueued(ElementLog log) {
        Announcement newest = announcement;
        if (newest != null) {
            for (long index = ring.polled(); index < newest.index(); index++) {
                log.append(ring.peek(index), ring.timestampMillis(index));
            }
        }
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
    public boolean peeks() {
        return true;
    }

    @Override
    public int peek(Object[] into, int most) {
        int count = ring.copyNext(into, most);
        for (int i = 0; i < count; i++) {
            if (into[i] instanceof Control) {
                return i;
            }
        }
        return count;
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
