package io.selvage.task.network;

import io.selvage.api.type.BinaryReader;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelFailureListener;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.ElementDecoder;
import io.selvage.task.exchange.ElementLog;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.InFlightLimit;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.Wakeup;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jctools.queues.SpscChunkedArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The receiving end of a channel from another process: what implements {@link InputChannel} is owned by the consuming
 * subtask's thread, what is named below its heading by the network thread, and they share a ring of {@link Piece}s.
 *
 * <p>Records are deserialized by the consumer, as it polls. Bytes that it has read to their end are given back to the
 * sender as credit, by the buffer. For a slow consumer buffers become smaller, at both ends, so that what is under way
 * is bounded by the time that it takes.
 */
final class RemoteInput implements InputChannel {
    /** Bytes of one frame. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared; the array goes back to the pool.
    private record Piece(byte[] bytes, int length, boolean continues) {}

    /** A barrier that was announced after so many bytes had come: at these begins what it has brought along. */
    private record Announcement(BarrierAhead ahead, long position) {
        long barrierPosition() {
            return position + ahead.payload().length - ahead.overtaken();
        }
    }

    private static final byte[] NOTHING = new byte[0];
    private static final int FIRST_QUEUE_SEGMENT = 8;

    private final ChannelDefinition definition;
    private final Wakeup wakeup;
    private final ChannelFailureListener failures;
    private final NetworkThread thread;
    private final ArrayPool pool;
    private final Runnable grant = this::grant;

    // Shared.
    private final SpscChunkedArrayQueue<Piece> pieces; // network thread to consumer; credit bounds it
    private final AtomicBoolean grantPosted = new AtomicBoolean();
    /**
     * The network thread puts the newest in; the consumer takes out what it has come to, with the copy that it holds.
     */
    private final AtomicReference<@Nullable Announcement> announcement = new AtomicReference<>();

    private volatile long consumedBytes; // Volatile: a running total, so that no grant is a message of its own.
    private volatile int announcedBytes; // Volatile: set by the network thread; so many are worth a grant.
    private volatile boolean inputEnded; // set by the consumer
    private volatile boolean closed; // set by the network thread

    // The consumer's.
    private final ElementDecoder decoder;
    private final BinaryReader reader = new BinaryReader(NOTHING);
    private final Deque<Piece> looked = new ArrayDeque<>(); // taken from the queue, as a log wanted them, and not read
    private long takenBytes; // of pieces, from the queue or from those, to be read
    private long polledBarrier; // the checkpoint of the newest one; 0: none
    private boolean isThrownAway; // what had come, as the channel is closed: nothing can be captured of it
    private @Nullable Piece current; // what the reader reads, unless that is the spanning element
    private byte[] spanning = NOTHING; // an element of several pieces, as far as it is here
    private int spanningLength;
    private long totalBytes; // read to their end
    private long announcedTotalBytes;

    // The network thread's.
    private final ReceiveWindow window;
    private final InFlightLimit inFlight;
    private int fillBytes; // that the sender fills its buffers to
    private long offeredBytes;
    private boolean hasRunDry; // since the throughput was measured last
    private @Nullable IncomingConnection connection; // null until the sender has opened, and once the channel is closed
    private int number; // 0 until then

    RemoteInput(
            ChannelDefinition definition,
            Wakeup wakeup,
            ChannelFailureListener failures,
            NetworkThread thread,
            ArrayPool pool) {
        this.definition = definition;
        this.wakeup = wakeup;
        this.failures = failures;
        this.thread = thread;
        this.pool = pool;
        this.decoder = new ElementDecoder(definition.serde());
        this.window = new ReceiveWindow(definition.bufferBytes());
        this.fillBytes = definition.bufferBytes();
        this.announcedBytes = Credit.announced(fillBytes);
        this.inFlight = new InFlightLimit(
                definition.inFlightTarget().toNanos(), 1, Credit.IN_FLIGHT_BUFFERS * definition.bufferBytes());
        this.pieces = new SpscChunkedArrayQueue<>(
                FIRST_QUEUE_SEGMENT,
                Math.max(2 * FIRST_QUEUE_SEGMENT, Credit.window(definition.bufferBytes()) / Credit.MIN_COST_BYTES));
    }

    @Override
    public ChannelId id() {
        return definition.id();
    }

    int bufferBytes() {
        return definition.bufferBytes();
    }

    @Override
    public @Nullable Object poll() {
        if (reader.remaining() == 0 && !advance()) {
            return null;
        }
        Object element = decoder.read(reader);
        if (reader.remaining() == 0) {
            finishRun();
        }
        if (element instanceof Control control) {
            onControl(control);
        }
        return element;
    }

    private void onControl(Control control) {
        if (control == EndOfInput.INSTANCE) {
            inputEnded = true;
        } else if (control instanceof Barrier barrier) {
            polledBarrier = barrier.checkpoint().value();
            Announcement newest = announcement.get();
            if (newest != null && announced() == null) {
                announcement.compareAndSet(newest, null);
            }
        }
    }

    @Override
    public @Nullable Barrier announced() {
        Announcement newest = announcement.get();
        return newest != null
                        && !isThrownAway
                        && newest.ahead().barrier().checkpoint().value() > polledBarrier
                ? newest.ahead().barrier()
                : null;
    }

    @Override
    public ElementLog newLog() {
        return new ElementLog(definition.serde(), decoder.lastTimestampMillis());
    }

    /**
     * As the bytes that they are: what is being read, what is queued, and of what the barrier has brought along that
     * which has not come in its turn since.
     */
    @Override
    public void logQueued(ElementLog log) {
        Announcement newest = announcement.get();
        if (newest == null) {
            return;
        }
        Piece read = current;
        boolean isReading = reader.remaining() > 0;
        int inHand = isReading ? reader.remaining() : spanningLength;
        long position = takenBytes - inHand;
        long until = newest.barrierPosition();
        byte[] bytes = read == null ? spanning : read.bytes();
        log.appendEncoded(bytes, isReading ? reader.position() : 0, (int) Math.min(inHand, until - position));
        position += inHand;
        for (Piece piece = pieces.poll(); piece != null; piece = pieces.poll()) {
            looked.add(piece);
        }
        for (Piece piece : looked) {
            int count = (int) Math.max(0, Math.min(piece.length(), until - position));
            log.appendEncoded(piece.bytes(), 0, count);
            position += piece.length();
        }
        if (position < until) {
            BarrierAhead ahead = newest.ahead();
            int skipped = Math.toIntExact(position - newest.position());
            log.appendEncoded(ahead.payload(), ahead.overtaken() + skipped, (int) (until - position));
        }
    }

    @Override
    public long bytesTaken() {
        return takenBytes;
    }

    @Override
    public long timestampMillis() {
        return decoder.timestampMillis();
    }

    @Override
    public boolean isEmpty() {
        return reader.remaining() == 0 && looked.isEmpty() && pieces.isEmpty();
    }

    /** Nothing to do: credit goes back as soon as a buffer has been read to its end. */
    @Override
    public void release(long nowNanos) {}

    /** Points the reader to the next whole elements. False: not here yet. */
    private boolean advance() {
        if (closed) {
            pieces.clear();
            looked.clear();
            isThrownAway = true;
            return false;
        }
        for (Piece piece = take(); piece != null; piece = take()) {
            if (spanningLength == 0 && !piece.continues()) {
                current = piece;
                reader.reset(piece.bytes(), 0, piece.length());
                return true;
            }
            append(piece);
            giveBack(piece);
            if (!piece.continues()) {
                reader.reset(spanning, 0, spanningLength);
                return true;
            }
        }
        return false;
    }

    private @Nullable Piece take() {
        Piece piece = looked.isEmpty() ? pieces.poll() : looked.poll();
        takenBytes += piece == null ? 0 : piece.length();
        return piece;
    }

    private void append(Piece piece) {
        int needed = spanningLength + piece.length();
        if (needed > spanning.length) {
            spanning = Arrays.copyOf(spanning, Math.max(needed, 2 * spanning.length));
        }
        System.arraycopy(piece.bytes(), 0, spanning, spanningLength, piece.length());
        spanningLength = needed;
    }

    private void finishRun() {
        reader.reset(NOTHING, 0, 0);
        spanning = NOTHING;
        spanningLength = 0;
        Piece done = current;
        current = null;
        if (done != null) {
            giveBack(done);
        }
    }

    private void giveBack(Piece piece) {
        pool.give(piece.bytes());
        totalBytes += Credit.cost(piece.length());
        // Before the look at what is worth a grant: the network thread makes that less, then looks at this.
        consumedBytes = totalBytes;
        if (totalBytes - announcedTotalBytes >= announcedBytes) {
            announcedTotalBytes = totalBytes;
            if (grantPosted.compareAndSet(false, true)) {
                thread.post(grant);
            }
        }
    }

    // ---- The network thread's.

    /** Whether a sender has been given this channel, which happens once. */
    boolean wasOpened() {
        return number != 0;
    }

    boolean isInputEnded() {
        return inputEnded;
    }

    @Nullable
    IncomingConnection connection() {
        return connection;
    }

    int number() {
        return number;
    }

    /** The sender has opened its end; gives it credit. */
    void onOpened(IncomingConnection from, int number) {
        thread.requireCurrent();
        this.connection = from;
        this.number = number;
        from.writeCredit(number, window.open(), fillBytes);
    }

    byte[] arrayFor(FrameHeader data) throws ProtocolViolation {
        window.onDataOrThrow(data);
        return pool.take(data.length());
    }

    void onData(FrameHeader data, byte[] bytes) {
        hasRunDry |= pieces.isEmpty();
        if (!pieces.offer(new Piece(bytes, data.length(), data.continues()))) {
            throw new IllegalStateException("more buffers are queued on channel " + id() + " than its credit allows");
        }
        offeredBytes += data.length();
        wakeup.signal();
    }

    /** What is announced has overtaken what is still at the sender, and nothing that has come already. */
    void onAnnounced(BarrierAhead ahead) {
        announcement.set(new Announcement(ahead, offeredBytes));
        wakeup.announce();
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

    private void grant() {
        grantPosted.set(false);
        IncomingConnection open = connection;
        if (open == null) {
            return;
        }
        try {
            boolean isResized = resize(System.nanoTime());
            int more = window.onConsumed(consumedBytes);
            if (more > 0 || isResized) {
                open.writeCredit(number, more, fillBytes);
            }
        } catch (RuntimeException | Error broken) {
            open.fail(broken);
        }
    }

    /** The sender has to hear of a smaller size even if it gets no credit: it may wait for that of a larger buffer. */
    private boolean resize(long nowNanos) {
        if (!inFlight.tryMeasure(consumedBytes, !hasRunDry, nowNanos)) {
            return false;
        }
        hasRunDry = false;
        int wanted = Credit.fillBytes(inFlight.amount(), bufferBytes());
        boolean isResized = wanted != fillBytes;
        fillBytes = wanted;
        window.resize(wanted);
        announcedBytes = Credit.announced(wanted);
        return isResized;
    }
}
