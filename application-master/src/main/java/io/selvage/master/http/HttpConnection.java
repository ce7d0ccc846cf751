package io.selvage.master.http;

import io.selvage.protocol.security.Refusals;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the thread that serves connections, which it never blocks. One request and its answer; whatever the client
 * does or does not do, each state has a deadline.
 */
final class HttpConnection {
    enum State {
        /** The request is not whole. */
        READING(SelectionKey.OP_READ, 10),
        /** The loop has been asked. */
        ASKING(0, 5),
        /** The answer is not all sent. */
        WRITING(SelectionKey.OP_WRITE, 10),
        /** What the client still says is dropped: hung up on at once, it might never see the answer. */
        LINGERING(SelectionKey.OP_READ, 2),
        /** Over. */
        CLOSED(0, 0);

        private static final Map<State, Set<State>> MOVES = Map.of(
                READING, Set.of(ASKING, WRITING, CLOSED),
                ASKING, Set.of(WRITING, CLOSED),
                WRITING, Set.of(LINGERING, CLOSED),
                LINGERING, Set.of(CLOSED),
                CLOSED, Set.of());

        private final int interest;
        private final long seconds;

        State(int interest, long seconds) {
            this.interest = interest;
            this.seconds = seconds;
        }
    }

    private static final int MAX_LINGERING_BYTES = 64 * 1024;

    private final SocketChannel socket;
    private final SelectionKey key;
    private final InetSocketAddress remote;
    private final ByteBuffer in = ByteBuffer.allocate(HttpRequest.MAX_BYTES);

    private State state = State.READING;
    private long deadlineNanos;
    private boolean head;
    private int lingered;
    private Pages.@Nullable Pending pending;
    private @Nullable HttpAnswer answer; // As long as it is not all sent.
    private ByteBuffer[] out = {};

    HttpConnection(SocketChannel socket, SelectionKey key, InetSocketAddress remote, long nowNanos) {
        this.socket = socket;
        this.key = key;
        this.remote = remote;
        await(State.READING, nowNanos);
    }

    InetAddress address() {
        return remote.getAddress();
    }

    String remote() {
        return Refusals.nameOf(remote);
    }

    State state() {
        return state;
    }

    boolean isLate(long nowNanos) {
        return state != State.CLOSED && nowNanos - deadlineNanos > 0;
    }

    /** The request, once it is whole; null: it is not yet, or the client has hung up, and the connection is over. */
    @Nullable
    HttpRequest read() throws IOException, HttpRequest.Malformed {
        int count = socket.read(in);
        int end = HttpRequest.end(in.array(), in.position());
        if (end > 0) {
            HttpRequest request = HttpRequest.parse(in.array(), end);
            head = request.method().equals("HEAD");
            return request;
        }
        if (!in.hasRemaining()) {
            throw new HttpRequest.Malformed(431, "its request has more than " + HttpRequest.MAX_BYTES + " bytes");
        }
        if (count < 0) {
            throw new IOException("it hung up before its request was whole");
        }
        return null;
    }

    /** Which is not all sent; null: there is none. */
    @Nullable
    HttpAnswer unsent() {
        return answer;
    }

    /** When it is late; of two in the same state, the one that is sooner has been in it for longer. */
    long deadlineNanos() {
        return deadlineNanos;
    }

    void ask(Pages.Pending asked, long nowNanos) {
        pending = asked;
        transition(State.ASKING, nowNanos);
    }

    /** Sends what was asked for, if it is known now. */
    void answerAsked(long nowNanos) throws IOException {
        Pages.Pending asked = pending;
        if (state == State.ASKING && asked != null && asked.ready().getAsBoolean()) {
            answer(asked.page().get(), nowNanos);
        }
    }

    void answer(HttpAnswer found, long nowNanos) throws IOException {
        pending = null;
        answer = found;
        out = found.encode(head);
        transition(State.WRITING, nowNanos);
        write(nowNanos);
    }

    void write(long nowNanos) throws IOException {
        if (answer == null) {
            throw new IllegalStateException("nothing to write to " + remote());
        }
        socket.write(out);
        if (Arrays.stream(out).noneMatch(ByteBuffer::hasRemaining)) {
            forget();
            socket.shutdownOutput();
            transition(State.LINGERING, nowNanos);
        }
    }

    /** Whether the client is done, too. */
    boolean drain() {
        in.clear();
        try {
            int count = socket.read(in);
            lingered += Math.max(0, count);
            return count < 0 || lingered > MAX_LINGERING_BYTES;
        } catch (IOException hungUp) {
            return true; // It has its answer, and wants no more.
        }
    }

    void close() throws IOException {
        if (state != State.CLOSED) {
            state = State.CLOSED;
            forget();
            key.cancel();
            socket.close();
        }
    }

    private void forget() {
        pending = null;
        answer = null;
        out = new ByteBuffer[0];
    }

    private void transition(State to, long nowNanos) {
        if (!State.MOVES.getOrDefault(state, Set.of()).contains(to)) {
            throw new IllegalStateException("the connection from " + remote() + " goes from " + state + " to " + to);
        }
        await(to, nowNanos);
    }

    private void await(State next, long nowNanos) {
        state = next;
        deadlineNanos = nowNanos + TimeUnit.SECONDS.toNanos(next.seconds);
        key.interestOps(next.interest);
    }
}
