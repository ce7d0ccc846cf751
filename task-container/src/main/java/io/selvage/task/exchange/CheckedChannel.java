package io.selvage.task.exchange;

import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LocalChannel} that finds elements which are changed after they were emitted, for tests: it keeps what an
 * element was, and compares when the consumer takes it, and again when the consumer has done with it. Each end has the
 * same owner as there.
 */
public final class CheckedChannel implements InProcessChannel {
    /** An element, and what it was when it was emitted. */
    private record Sealed(Object value, byte[] bytes) {}

    private final LocalChannel channel;
    private final Serde<Object> serde;
    private final String producer;
    private final String consumer;
    private final BinaryWriter sealing = new BinaryWriter(); // The producer's.

    // The consumer's.
    private final BinaryWriter checking = new BinaryWriter();
    private @Nullable Sealed atHand; // Polled last, and not done with.

    /** @param producer name of the producing vertex; {@code consumer} is that of the consuming one */
    public CheckedChannel(
            ChannelId id,
            Serde<Object> serde,
            Duration inFlightTarget,
            Wakeup producerWakeup,
            Wakeup consumerWakeup,
            String producer,
            String consumer) {
        this.channel = new LocalChannel(id, new SealedSerde(serde), inFlightTarget, producerWakeup, consumerWakeup);
        this.serde = serde;
        this.producer = producer;
        this.consumer = consumer;
    }

    @Override
    public ChannelId id() {
        return channel.id();
    }

    // ---- the producer --------------------------------------------------------------------------------------------

    @Override
    public boolean tryEmit(Object value, long timestampMillis) {
        return !channel.isFull() && channel.tryEmit(seal(value), timestampMillis);
    }

    @Override
    public boolean tryEmit(Control control) {
        return channel.tryEmit(control);
    }

    @Override
    public boolean tryForce(Object value, long timestampMillis) {
        return channel.tryForce(seal(value), timestampMillis);
    }

    @Override
    public boolean tryForce(Control control) {
        return channel.tryForce(control);
    }

    @Override
    public boolean tryAnnounce(Barrier barrier) {
        return channel.tryAnnounce(barrier);
    }

    @Override
    public boolean isFull() {
        return channel.isFull();
    }

    @Override
    public void flush() {
        channel.flush();
    }

    private Sealed seal(Object value) {
        return new Sealed(value, bytesOf(value, sealing));
    }

    // ---- the consumer --------------------------------------------------------------------------------------------

    @Override
    public @Nullable Object poll() {
        checkAtHand();
        Object element = channel.poll();
        if (element instanceof Sealed sealed) {
            check(sealed, "before " + consumer + " took it");
            atHand = sealed;
            return sealed.value();
        }
        return element;
    }

    @Override
    public void release(long nowNanos) {
        checkAtHand();
        channel.release(nowNanos);
    }

    @Override
    public long timestampMillis() {
        return channel.timestampMillis();
    }

    @Override
    public boolean isEmpty() {
        return channel.isEmpty();
    }

    @Override
    public @Nullable Barrier announced() {
        return channel.announced();
    }

    @Override
    public ElementLog newLog() {
        return channel.newLog();
    }

    @Override
    public void logQueued(ElementLog log) {
        channel.logQueued(log);
    }

    private void checkAtHand() {
        Sealed done = atHand;
        atHand = null;
        if (done != null) {
            check(done, "while " + consumer + " had it at hand");
        }
    }

    private void check(Sealed sealed, String when) {
        byte[] now = bytesOf(sealed.value(), checking);
        if (!Arrays.equals(now, sealed.bytes())) {
            throw new InvalidProgramException("An element that " + producer + " has emitted was changed " + when
                    + ": it was " + Shown.of(serde.read(new BinaryReader(sealed.bytes()))) + ", and is "
                    + Shown.of(sealed.value())
                    + " now. Elements are immutable once emitted: emit another one in its place.");
        }
    }

    private byte[] bytesOf(Object value, BinaryWriter out) {
        out.clear();
        serde.write(value, out);
        return out.toByteArray();
    }

    /** Of what is logged: sealed where it is still queued, and plain where it has been polled. */
    private record SealedSerde(Serde<Object> plain) implements Serde<Object> {
        @Override
        public void write(Object value, BinaryWriter out) {
            if (value instanceof Sealed sealed) {
                out.writeBytes(sealed.bytes(), 0, sealed.bytes().length);
            } else {
                plain.write(value, out);
            }
        }

        @Override
        public Object read(BinaryReader in) {
            return plain.read(in);
        }

        @Override
        public String schema() {
            return plain.schema();
        }
    }
}
