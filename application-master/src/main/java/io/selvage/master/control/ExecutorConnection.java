package io.selvage.master.control;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.selvage.master.event.ConnectionId;
import io.selvage.protocol.wire.DumpThreads;
import io.selvage.protocol.wire.MasterMessage;
import io.selvage.protocol.wire.NewTokens;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * One executor's stream, on its way out. The loop sends, and the transport's threads say when there is room: a lock,
 * because the transport has no inbox that could be posted to. Bounded: an executor that does not read is cut off.
 */
final class ExecutorConnection {
    /** Messages that may wait for the transport. */
    static final int CAPACITY = 1024;

    private final ConnectionId id;
    private final ServerCallStreamObserver<MasterMessage> stream;
    private final Queue<MasterMessage> waiting = new ArrayDeque<>();
    private boolean closed;
    private long epoch; // Of the master, as the loop's messages say; 0: it has sent none.

    ExecutorConnection(ConnectionId id, ServerCallStreamObserver<MasterMessage> stream) {
        this.id = id;
        this.stream = stream;
    }

    ConnectionId id() {
        return id;
    }

    /** False if too much waits already: the stream is broken then. */
    synchronized boolean trySend(MasterMessage message) {
        if (closed) {
            return true;
        }
        if (waiting.size() >= CAPACITY) {
            close(Status.RESOURCE_EXHAUSTED.withDescription(
                    "The executor has not read " + CAPACITY + " messages of the master."));
            return false;
        }
        waiting.add(message);
        epoch = Math.max(epoch, message.getEpoch());
        drain();
        return true;
    }

    /** Asks without the loop; false if the loop has not sent anything yet, or nothing more fits. */
    boolean tryAsk(DumpThreads question) {
        return trySay(MasterMessage.newBuilder().setDumpThreads(question));
    }

    /** Likewise. */
    boolean tryGive(NewTokens tokens) {
        return trySay(MasterMessage.newBuilder().setNewTokens(tokens));
    }

    private synchronized boolean trySay(MasterMessage.Builder message) {
        return epoch > 0
                && !closed
                && waiting.size() < CAPACITY
                && trySend(message.setEpoch(epoch).build());
    }

    /** The transport has room again. */
    synchronized void drain() {
        while (!closed && stream.isReady() && !waiting.isEmpty()) {
            stream.onNext(waiting.remove());
        }
    }

    /** Ends the stream once what waits has been sent, as far as the transport takes it now. */
    synchronized void end() {
        if (!closed) {
            waiting.forEach(stream::onNext);
            waiting.clear();
            closed = true;
            stream.onCompleted();
        }
    }

    /** The other side is gone: nothing can be sent any more. */
    synchronized void forget() {
        closed = true;
        waiting.clear();
    }

    private void close(Status status) {
        closed = true;
        waiting.clear();
        stream.onError(status.asRuntimeException());
    }
}
