package io.selvage.master.http;

import io.selvage.master.loop.Doors;
import io.selvage.master.loop.Questions;
import io.selvage.protocol.security.Newcomers;
import io.selvage.protocol.security.Refusals;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The session's tracking URL. Its methods are for any thread; one thread of its own has all connections, and waits for
 * none of them.
 *
 * <p>It knows three addresses, takes nothing but GET and HEAD, and changes nothing: behind YARN's web proxy or not,
 * whoever can reach it, and is among those that may, can look. Since nobody has to prove anything here, no client is
 * trusted to say or to read anything in time: there are so many connections at most, and for one more the oldest goes.
 * The same is true of bytes that wait to be read.
 */
public final class StatusServer {
    static final int MAX_CONNECTIONS = 128;
    /** Of answers that are not all sent; more only for one that is larger by itself. */
    static final long MAX_UNREAD_BYTES = 32L << 20;

    private static final int BACKLOG = 128;
    private static final long TICK_MILLIS = 250;
    private static final long STOP_MILLIS = 2_000;
    /** Between attempts to accept while the process has no descriptor left. */
    private static final long ACCEPT_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final HttpAnswer NOT_FOR_YOU = HttpAnswer.html(
            403,
            "Only YARN's web proxy may read this page here (selvage.network.status-access): follow the link of the"
                    + " application on the ResourceManager's pages.");

    private static final Logger LOG = LoggerFactory.getLogger(StatusServer.class);

    private final Selector selector;
    private final ServerSocketChannel listener;
    private final int port;
    private final Pages pages;
    private final Predicate<InetAddress> readers;
    private final Thread thread;
    private final Refusals refusals;
    private final Newcomers<HttpConnection> connections = new Newcomers<>(MAX_CONNECTIONS);

    private volatile boolean stopped; // Volatile: the selector is woken up, and looks.

    private StatusServer(
            Selector selector,
            ServerSocketChannel listener,
            Questions questions,
            Doors doors,
            Predicate<InetAddress> readers)
            throws IOException {
        this.selector = selector;
        this.listener = listener;
        this.port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
        this.pages = new Pages(questions, doors, selector::wakeup);
        this.refusals = doors.status();
        this.readers = readers;
        this.thread = new Thread(this::run, "master-http");
        thread.setDaemon(true);
    }

    /**
     * Listens.
     *
     * @param address port 0 for any free one
     * @param readers who may read, by their addresses; asked for each request
     */
    public static StatusServer start(
            InetSocketAddress address, Questions questions, Doors doors, Predicate<InetAddress> readers)
            throws IOException {
        Selector selector = Selector.open();
        ServerSocketChannel listener = ServerSocketChannel.open();
        try {
            listener.bind(address, BACKLOG);
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
            StatusServer server = new StatusServer(selector, listener, questions, doors, readers);
            server.thread.start();
            return server;
        } catch (IOException failed) {
            listener.close();
            selector.close();
            throw failed;
        }
    }

    public int port() {
        return port;
    }

    /** Stops listening at once, and waits a moment for its thread. */
    public void stop() {
        stopped = true;
        selector.wakeup();
        try {
            thread.join(STOP_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- Its thread's.

    private void run() {
        try {
            while (!stopped) {
                selector.select(this::onKey, TICK_MILLIS);
                answer();
                hangUpOnLate();
            }
        } catch (IOException | RuntimeException | Error broken) {
            LOG.error("The status page is served no longer.", broken);
        } finally {
            closeAll();
        }
    }

    private void closeAll() {
        all().forEach(this::close);
        try {
            listener.close();
            selector.close();
        } catch (IOException unclosed) {
            LOG.warn("The port of the status page could not be closed.", unclosed);
        }
    }

    private void onKey(SelectionKey key) {
        if (key.attachment() instanceof HttpConnection connection) {
            guarded(connection, () -> onReady(connection));
        } else {
            accept();
        }
    }

    private void accept() {
        try {
            SocketChannel socket = listener.accept();
            if (socket != null) {
                admit(socket);
            }
        } catch (IOException | RuntimeException noDescriptor) {
            refusals.count("somewhere", "it could not be accepted: " + noDescriptor.getMessage());
            LockSupport.parkNanos(ACCEPT_PAUSE_NANOS);
        }
    }

    private void admit(SocketChannel socket) throws IOException {
        try {
            socket.configureBlocking(false);
            SelectionKey key = socket.register(selector, 0);
            InetSocketAddress remote = (InetSocketAddress) socket.getRemoteAddress();
            HttpConnection connection = new HttpConnection(socket, key, remote, System.nanoTime());
            key.attach(connection);
            connections.add(connection).ifPresent(eldest -> refuse(eldest, "others came, and it was there longest"));
        } catch (IOException hungUp) {
            refusals.count("somewhere", "it hung up at once");
            socket.close();
        }
    }

    private void onReady(HttpConnection connection) throws IOException {
        switch (connection.state()) {
            case READING -> read(connection);
            case WRITING -> connection.write(System.nanoTime());
            case LINGERING -> {
                if (connection.drain()) {
                    close(connection);
                }
            }
            case ASKING, CLOSED -> {}
        }
    }

    private void read(HttpConnection connection) throws IOException {
        try {
            HttpRequest request = connection.read();
            if (request != null && !readers.test(connection.address())) {
                refusals.count(connection.remote(), "it is not YARN's web proxy");
                connection.answer(NOT_FOR_YOU, System.nanoTime());
            } else if (request != null) {
                connection.ask(pages.ask(request), System.nanoTime());
            }
        } catch (HttpRequest.Malformed malformed) {
            refusals.count(connection.remote(), String.valueOf(malformed.getMessage()));
            connection.answer(
                    HttpAnswer.html(malformed.status(), "This is not understood: " + malformed.getMessage() + "."),
                    System.nanoTime());
        }
    }

    private void answer() {
        boolean someWait = false;
        for (HttpConnection connection : all()) {
            if (connection.state() == HttpConnection.State.ASKING) {
                guarded(connection, () -> connection.answerAsked(System.nanoTime()));
                someWait |= connection.unsent() != null;
            }
        }
        if (someWait) {
            makeRoom();
        }
    }

    /** Whoever reads at once waits for nothing. Several who have asked at the same time wait for the same. */
    private void makeRoom() {
        List<HttpConnection> newestFirst = all().stream()
                .filter(each -> each.unsent() != null)
                .sorted((one, other) -> Long.signum(other.deadlineNanos() - one.deadlineNanos()))
                .toList();
        Set<HttpAnswer> kept = Collections.newSetFromMap(new IdentityHashMap<>());
        long bytes = 0;
        for (HttpConnection each : newestFirst) {
            HttpAnswer unsent = Objects.requireNonNull(each.unsent());
            if (kept.isEmpty() || kept.contains(unsent) || bytes + unsent.bytes() <= MAX_UNREAD_BYTES) {
                bytes += kept.add(unsent) ? unsent.bytes() : 0;
            } else {
                refuse(each, "it did not read its answer, and others wait for theirs");
            }
        }
    }

    private void hangUpOnLate() {
        long now = System.nanoTime();
        for (HttpConnection connection : all()) {
            if (connection.isLate(now)) {
                guarded(connection, () -> onLate(connection, now));
            }
        }
    }

    private void onLate(HttpConnection connection, long now) throws IOException {
        switch (connection.state()) {
            case READING -> refuse(connection, "its request was not whole in time");
            case WRITING -> refuse(connection, "it did not read the answer in time");
            case ASKING -> {
                LOG.warn("The status page was not answered in time.");
                connection.answer(Pages.busy(), now);
            }
            case LINGERING, CLOSED -> close(connection);
        }
    }

    private List<HttpConnection> all() {
        List<HttpConnection> all = new ArrayList<>();
        for (SelectionKey key : selector.keys()) {
            if (key.attachment() instanceof HttpConnection connection) {
                all.add(connection);
            }
        }
        return all;
    }

    private interface Work {
        void run() throws IOException;
    }

    /** One connection's trouble is not the others'. */
    private void guarded(HttpConnection connection, Work work) {
        try {
            work.run();
        } catch (IOException broken) {
            refuse(connection, String.valueOf(broken.getMessage()));
        } catch (RuntimeException unexpected) {
            LOG.error("The status page could not be made for {}.", connection.remote(), unexpected);
            close(connection);
        }
    }

    private void refuse(HttpConnection connection, String why) {
        refusals.count(connection.remote(), why);
        close(connection);
    }

    private void close(HttpConnection connection) {
        connections.remove(connection);
        try {
            connection.close();
        } catch (IOException unclosed) {
            LOG.debug("The connection from {} could not be closed.", connection.remote(), unclosed);
        }
    }
}
