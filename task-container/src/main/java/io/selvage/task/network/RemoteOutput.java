package io.selvage.task.network;

import io.selvage.api.type.BinaryWriter;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelFailureListener;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.ElementEncoder;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Wakeup;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jctools.queues.SpscArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The sending end of a channel to another process: what implements {@link OutputChannel} is owned by the producing
 * subtask's thread, what is named below its heading by the network thread, and they share two rings of {@link Chunk}s.
 *
 * <p>The producer serializes into a chunk and publishes after each element; it never waits for the network. The network
 * thread sends what is published against credit: when a chunk is sealed, at {@link #flush}, after a control element,
 * and at the latest after the flush time-out. The producer is refused while {@link #MAX_SEALED_CHUNKS} wait to be sent.
 * A barrier that is announced is in its place among them, and goes ahead as well, with a copy of what it overtakes.
 */
final class RemoteOutput implements OutputChannel {
    /** The longest record in serialized form. */
    static final int MAX_RECORD_BYTES = 64 << 20;
    /** Chunks that are full and not sent yet, at which the producer is refused; one more is being filled. */
    static final int MAX_SEALED_CHUNKS = 2;

    /** The same for what is forced, and for barriers that are announced. */
    private static final int MAX_FORCED_CHUNKS = 8;

    private static final int MAX_ANNOUNCED_CHUNKS = 12;
    /** A record that overflows its chunk may seal two at once, and starts another. */
    private static final int MAX_CHUNKS = MAX_ANNOUNCED_CHUNKS + 4;
    /** Of what a barrier has overtaken; where that is more, it is not announced. */
    private static final int MAX_OVERTAKEN_BYTES = FrameReader.MAX_PAYLOAD_BYTES - 4096;

    /** A chunk's array may have grown to this many buffers and is still kept. */
    private static final int MAX_KEPT_BUFFERS = 4;

    /** A barrier in the channel, and the bytes before it. */
    private record Announcement(Barrier barrier, long position) {}

    private final ChannelDefinition definition;
    private final int bufferBytes;
    private final long flushTimeoutNanos;
    private final Wakeup wakeup;
    private final ChannelFailureListener failures;
    private final NetworkThread thread;
    private final FlushTicker ticker;
    private final Runnable drain = this::drain;

    // Shared. Volatile flags with a full fence on both sides, because each side acts on what the other wrote before.
    private final SpscArrayQueue<Chunk> chunks = new SpscArrayQueue<>(MAX_CHUNKS); // producer to network thread
    private final SpscArrayQueue<Chunk> returned = new SpscArrayQueue<>(MAX_CHUNKS); // and back
    private final AtomicBoolean drainPosted = new AtomicBoolean();
    private volatile @Nullable Announcement announcement; // set by the producer: the newest
    private volatile boolean awaitingTick; // set by the producer, cleared by the network thread
    private volatile boolean awaitingRoom; // set by the producer, cleared by the network thread
    private volatile boolean inputEnded; // set by the producer
    private volatile int fillBytes; // set by the network thread: a chunk is sent at this size
    private volatile boolean closed; // set by the network thread

    // The producer's.
    private final ElementEncoder encoder;
    private @Nullable Chunk filling;
    private @Nullable Chunk spare;
    private int sealedChunks; // and not returned
    private boolean unflushed;
    private long acceptedBytes;

    // The network thread's.
    private final SendCredit credit;
    private @Nullable OutgoingConnection connection; // null until it stands, and once the channel is closed
    private int number;
    private int nextSequence;
    private final Deque<Chunk> sending = new ArrayDeque<>(); // taken from the queue, and not sent to their end
    private @Nullable Announcement announced; // the newest that was sent, or was too late
    private long sentBytes;

    RemoteOutput(
            ChannelDefinition definition,
            Wakeup wakeup,
            ChannelFailureListener failures,
            NetworkThread thread,
            FlushTicker ticker) {
        this.definition = definition;
        this.bufferBytes = definition.bufferBytes();
        this.fillBytes = bufferBytes;
        this.flushTimeoutNanos = definition.flushTimeout().toNanos();
        this.wakeup = wakeup;
        this.failures = failures;
        this.thread = thread;
        this.ticker = ticker;
        this.encoder = new ElementEncoder(definition.serde());
        this.credit = new SendCredit(bufferBytes);
    }

    @Override
    public ChannelId id() {
        return definition.id();
    }

    int bufferBytes() {
        return bufferBytes;
    }

    long flushTimeoutNanos() {
        return flushTimeoutNanos;
    }

    @Override
    public boolean tryEmit(Object value, long timestampMillis) {
        if (isFull()) {
            return false;
        }
        append(value, timestampMillis);
        return true;
    }

    @Override
    public boolean tryForce(Object value, long timestampMillis) {
        if (closed || !hasRoomNow() && sealedChunks >= MAX_FORCED_CHUNKS) {
            return false;
        }
        append(value, timestampMillis);
        return true;
    }

    private void append(Object value, long timestampMillis) {
        Chunk chunk = filling();
        int start = chunk.writer.length();
        try {
            encoder.write(value, timestampMillis, chunk.writer);
        } catch (RuntimeException | Error failed) {
            chunk.writer.truncate(start);
            throw failed;
        }
        accept(chunk, start);
        requestTick();
    }

    /** A control element does not wait for company. */
    @Override
    public boolean tryEmit(Control control) {
        if (isFull()) {
            return false;
        }
        append(control);
        return true;
    }

    @Override
    public boolean tryForce(Control control) {
        if (closed || !hasRoomNow() && sealedChunks >= MAX_FORCED_CHUNKS) {
            return false;
        }
        append(control);
        return true;
    }

    @Override
    public boolean tryAnnounce(Barrier barrier) {
        if (closed || !hasRoomNow() && sealedChunks >= MAX_ANNOUNCED_CHUNKS) {
            return false;
        }
        announcement = new Announcement(barrier, acceptedBytes);
        append(barrier);
        return true;
    }

    private void append(Control control) {
        if (control instanceof EndOfInput) {
            inputEnded = true;
        }
        Chunk chunk = filling();
        int start = chunk.writer.length();
        encoder.write(control, chunk.writer);
        accept(chunk, start);
        postDrain();
    }

    @Override
    public boolean isFull() {
        if (closed) {
            return true;
        }
        if (sealedChunks < MAX_SEALED_CHUNKS || hasRoomNow()) {
            return false;
        }
        // The network thread may have made room just before it could see that it is waited for.
        awaitingRoom = true;
        return !hasRoomNow();
    }

    @Override
    public void flush() {
        if (unflushed) {
            postDrain();
        }
    }

    @Override
    public long bytesAccepted() {
        return acceptedBytes;
    }

    private boolean hasRoomNow() {
        for (Chunk chunk = returned.poll(); chunk != null; chunk = returned.poll()) {
            sealedChunks--;
            spare = chunk;
        }
        return sealedChunks < MAX_SEALED_CHUNKS;
    }

    private Chunk filling() {
        Chunk current = filling;
        if (current == null) {
            current = takeChunk();
            filling = current;
        }
        return current;
    }

    private Chunk takeChunk() {
        Chunk chunk = spare;
        spare = null;
        if (chunk == null) {
            chunk = new Chunk(bufferBytes);
        }
        if (!chunks.offer(chunk)) {
            throw new IllegalStateException(sealedChunks + " chunks are sealed on channel " + id());
        }
        return chunk;
    }

    /** Makes the element that starts at {@code start} visible, in this chunk if it fits, else in the next. */
    private void accept(Chunk chunk, int start) {
        BinaryWriter writer = chunk.writer;
        int end = writer.length();
        if (end - start > MAX_RECORD_BYTES) {
            writer.truncate(start);
            throw new RecordTooLargeException(id(), end - start);
        }
        acceptedBytes += end - start;
        int fill = fillBytes;
        if (end <= fill && writer.array() == chunk.bytes) {
            chunk.publish(end);
        } else if (start == 0) {
            acceptAlone(chunk, end, fill);
        } else {
            Chunk next = moveToNext(chunk, start, end);
            acceptAlone(next, end - start, fill);
        }
    }

    /** The first element of a chunk; one that is longer than a buffer stays the only one. */
    private void acceptAlone(Chunk chunk, int end, int fill) {
        chunk.bytes = chunk.writer.array();
        if (end > fill) {
            seal(chunk, end);
        } else {
            chunk.publish(end);
        }
    }

    private Chunk moveToNext(Chunk full, int start, int end) {
        byte[] grown = full.writer.array();
        seal(full, start);
        Chunk next = takeChunk();
        filling = next;
        // The sealed chunk's writer is the network thread's now, but its array is not written before it comes back.
        next.writer.writeBytes(grown, start, end - start);
        return next;
    }

    private void seal(Chunk chunk, int end) {
        filling = null;
        sealedChunks++;
        chunk.seal(end);
        postDrain();
    }

    /** After a publication, which is a full fence: either this sees the flag down or the tick sees the element. */
    private void requestTick() {
        unflushed = true;
        if (awaitingTick) {
            return;
        }
        if (flushTimeoutNanos == 0) {
            postDrain();
            return;
        }
        awaitingTick = true;
        ticker.await(this);
    }

    private void postDrain() {
        unflushed = false;
        if (drainPosted.compareAndSet(false, true)) {
            thread.post(drain);
        }
    }

    // ---- The network thread's.

    /** The connection stands, and knows the channel by that number. */
    void onOpened(OutgoingConnection connection, int number) {
        thread.requireCurrent();
        this.connection = connection;
        this.number = number;
    }

    void onCredit(int bytes, int fill) throws ProtocolViolation {
        if (fill < 1 || fill > bufferBytes) {
            throw new ProtocolViolation("buffers of " + fill + " bytes, where " + bufferBytes + " are the most");
        }
        credit.grantOrThrow(bytes);
        fillBytes = fill;
        send();
    }

    void onFlushTick() {
        awaitingTick = false;
        send();
    }

    void onWritable() {
        send();
    }

    /**
     * Whether the producer has said all but barriers, so that the end of the channel from the other side is no loss.
     */
    boolean isInputEnded() {
        return inputEnded;
    }

    boolean isClosed() {
        return closed;
    }

    /** Ends the channel without a word. */
    void close() {
        closed = true;
        connection = null;
    }

    /** Ends the channel and says so, once. */
    void fail(ChannelFailure failure) {
        if (!closed) {
            close();
            failures.onChannelFailed(id(), failure);
        }
    }

    private void drain() {
        drainPosted.set(false);
        send();
    }

    private void send() {
        OutgoingConnection open = connection;
        if (open == null) {
            return;
        }
        try {
            sendOn(open);
        } catch (RuntimeException | Error broken) {
            // A frame may be lost (no memory for it, or a broken invariant), and with it the channel's order.
            open.fail(broken);
        }
    }

    private void sendOn(OutgoingConnection open) {
        takeChunks();
        announce(open);
        Chunk chunk = sending.peek();
        while (chunk != null) {
            int published = chunk.published();
            if (!trySend(open, chunk, Chunk.length(published)) || !Chunk.isSealed(published)) {
                return;
            }
            sending.poll();
            giveBack(chunk);
            takeChunks();
            chunk = sending.peek();
        }
    }

    private void takeChunks() {
        for (Chunk chunk = chunks.poll(); chunk != null; chunk = chunks.poll()) {
            sending.add(chunk);
        }
    }

    /** Ahead of what lies before the barrier, and with a copy of it: unless the barrier itself has gone already. */
    private void announce(OutgoingConnection open) {
        Announcement newest = announcement;
        if (newest == null || newest == announced) {
            return;
        }
        announced = newest;
        long overtaken = newest.position() - sentBytes;
        if (overtaken < 0 || overtaken > MAX_OVERTAKEN_BYTES) {
            return;
        }
        BinaryWriter payload = new BinaryWriter();
        BarrierAhead.begin(newest.barrier(), payload);
        int left = (int) overtaken;
        takeChunks(); // All before the barrier was published before the announcement was read.
        for (Chunk chunk : sending) {
            int count = Math.min(left, Chunk.length(chunk.published()) - chunk.sentBytes);
            payload.writeBytes(chunk.bytes, chunk.sentBytes, count);
            left -= count;
        }
        if (left > 0) {
            throw new IllegalStateException(left + " bytes before " + newest.barrier() + " are missing on " + id());
        }
        open.writeAnnouncement(number, payload.toByteArray());
    }

    /**
     * Up to {@code end}, as far as credit and socket allow. What is longer than a buffer, as long as these are now,
     * takes more than one.
     */
    private boolean trySend(OutgoingConnection open, Chunk chunk, int end) {
        int most = fillBytes;
        while (chunk.sentBytes < end) {
            int length = Math.min(end - chunk.sentBytes, most);
            if (!open.isWritableOrAwait(this) || !credit.tryTake(Credit.cost(length))) {
                return false;
            }
            boolean continues = chunk.sentBytes + length < end;
            open.writeData(number, nextSequence++, continues, chunk.bytes, chunk.sentBytes, length);
            chunk.sentBytes += length;
            sentBytes += length;
        }
        return true;
    }

    private void giveBack(Chunk chunk) {
        chunk.reset(bufferBytes, MAX_KEPT_BUFFERS * bufferBytes);
        if (!returned.offer(chunk)) {
            throw new IllegalStateException("more chunks come back than there are on channel " + id());
        }
        if (awaitingRoom) {
            awaitingRoom = false;
            wakeup.signal();
        }
    }
}
