package io.selvage.task.control;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.selvage.protocol.failure.Causes;
import io.selvage.protocol.threads.ThreadStacks;
import io.selvage.protocol.wire.DumpThreads;
import io.selvage.protocol.wire.ExecutorMessage;
import io.selvage.protocol.wire.ExecutorServiceGrpc;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.task.executor.ExecutorEvent;
import io.selvage.task.executor.Inbox;
import io.selvage.task.executor.MasterLink;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream to one master. The executor's loop sends, the transport's threads receive and say when there is room: a
 * lock, because the transport has no inbox that could be posted to. What threads do is told, and tokens are taken, by
 * the transport's threads.
 */
final class GrpcLink implements MasterLink, ClientResponseObserver<ExecutorMessage, MasterMessage> {
    /** Messages that may wait for the transport; a master that takes none is as good as gone. */
    static final int CAPACITY = 4096;

    private static final Logger LOG = LoggerFactory.getLogger(GrpcLink.class);

    private final Inbox inbox;
    private final ManagedChannel channel;
    private final TokenIntake tokens;
    private final Queue<ExecutorMessage> waiting = new ArrayDeque<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private @Nullable ClientCallStreamObserver<ExecutorMessage> stream;
    private volatile boolean registered; // Volatile: set by the transport's thread, read by the link's.
    private volatile long heardNanos; // Volatile, as above; 0: nothing was heard.
    private volatile boolean gone; // Volatile, as above.
    private boolean closed;
    private @Nullable String closeReason; // Of this side; null: it has not been closed from here.

    private GrpcLink(Inbox inbox, ManagedChannel channel, TokenIntake tokens) {
        this.inbox = inbox;
        this.channel = channel;
        this.tokens = tokens;
    }

    static GrpcLink open(ManagedChannel channel, Inbox inbox, TokenIntake tokens) {
        GrpcLink link = new GrpcLink(inbox, channel, tokens);
        inbox.post(new ExecutorEvent.Connected(link)); // First: its end must not be heard of before its beginning.
        link.start((ClientCallStreamObserver<ExecutorMessage>)
                ExecutorServiceGrpc.newStub(channel).connect(link));
        return link;
    }

    /** Only now can it be written to: the call had not begun when {@link #beforeStart} was told of it. */
    private synchronized void start(ClientCallStreamObserver<ExecutorMessage> begun) {
        stream = begun;
        if (closeReason != null) {
            begun.cancel(closeReason, null);
        }
        drain();
    }

    /** Waits for the link's end, but no longer than that. */
    boolean hasEndedWithin(long nanos) throws InterruptedException {
        return ended.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** After the link's end: answers whether the master had registered the executor. */
    boolean dispose() {
        channel.shutdownNow();
        return registered;
    }

    /** When the master's last message has come, by the clock of {@link System#nanoTime}. */
    OptionalLong lastHeardNanos() {
        long nanos = heardNanos;
        return nanos == 0 ? OptionalLong.empty() : OptionalLong.of(nanos);
    }

    /** After the link's end: whether the master's host has said that its process is not there any more. */
    boolean saysThatItIsGone() {
        return gone;
    }

    /** A refusal or a reset is the answer of a living host; silence, whoever ends it, is none. */
    static boolean isGone(Status status) {
        if (status.getCode() != Status.Code.UNAVAILABLE) {
            return false;
        }
        StringBuilder words = new StringBuilder(String.valueOf(status.getDescription()));
        Causes.of(status.getCause()).forEach(cause -> words.append(' ').append(cause.getMessage()));
        return Stream.of("refused", "reset", "closed").anyMatch(words.toString()::contains);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ExecutorMessage> requestStream) {
        requestStream.setOnReadyHandler(this::drain);
    }

    @Override
    public void send(ExecutorMessage message) {
        if (!offer(message)) {
            close("it has not taken " + CAPACITY + " messages");
        }
    }

    private synchronized boolean offer(ExecutorMessage message) {
        if (closed) {
            return true;
        }
        boolean fits = waiting.size() < CAPACITY;
        if (fits) {
            waiting.add(message);
            drain();
        }
        return fits;
    }

    private synchronized void drain() {
        ClientCallStreamObserver<ExecutorMessage> open = stream;
        while (!closed && open != null && open.isReady() && !waiting.isEmpty()) {
            open.onNext(waiting.remove());
        }
    }

    @Override
    public void onNext(MasterMessage message) {
        if (message.hasDumpThreads()) {
            tellThreads(message.getDumpThreads()); // Not a word of the master's loop: that may hang all the same.
            return;
        }
        if (message.hasNewTokens()) {
            tokens.take(message.getEpoch(), message.getNewTokens()); // Likewise.
            return;
        }
        heardNanos = System.nanoTime();
        if (message.hasRegistered()) {
            registered = true;
        }
        inbox.post(new ExecutorEvent.FromMaster(this, message));
    }

    /**
     * Not by the loop: if it hangs, its stack is what is looked for. Who looks must not do harm: no answer is one, too.
     */
    private void tellThreads(DumpThreads wanted) {
        try {
            send(ExecutorMessage.newBuilder()
                    .setThreads(ThreadStacks.take(wanted))
                    .build());
        } catch (RuntimeException failed) {
            LOG.warn("What threads do can't be told", failed);
        }
    }

    @Override
    public void onError(Throwable failure) {
        Status status = Status.fromThrowable(failure);
        gone = isGone(status);
        String description = status.getDescription();
        end(status.getCode() + (description == null ? "" : ", " + description));
    }

    @Override
    public void onCompleted() {
        end("the master has closed it");
    }

    @Override
    public void close(String reason) {
        ClientCallStreamObserver<ExecutorMessage> open;
        synchronized (this) {
            open = stream;
            closeReason = reason;
        }
        if (open != null) {
            open.cancel(reason, null); // Comes back as onError.
        }
    }

    private void end(String reason) {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            waiting.clear();
        }
        inbox.post(new ExecutorEvent.Disconnected(this, reason));
        ended.countDown();
    }
}
