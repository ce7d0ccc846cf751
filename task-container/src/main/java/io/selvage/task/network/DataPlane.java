package io.selvage.task.network;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.selvage.protocol.failure.FailureWords;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.security.Handshake;
import io.selvage.protocol.security.Newcomers;
import io.selvage.protocol.security.Refusals;
import io.selvage.protocol.transport.PinnedTls;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelFailureListener;
import io.selvage.task.exchange.ExchangeTransport;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Wakeup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process's end of the data plane. Its methods are for any thread and post to the network thread, which owns all
 * state behind them.
 *
 * <p>There is one TCP connection for each ordered pair of processes: the sender of the first channel opens it, all
 * channels in that direction share it, and credit flows back on it. Two processes that send to each other have two. So
 * neither side ever has to settle which of two simultaneous connections is kept.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What is closed here may fail to; the process ends anyway.
public final class DataPlane implements ExchangeTransport {
    private static final Logger LOG = LoggerFactory.getLogger(DataPlane.class);

    /**
     * Sockets at once whose peers have not proven themselves yet; for more, those that are there longest are closed.
     */
    static final int MAX_UNAUTHENTICATED = 4096;

    private static final int MAX_PORT = 65_535;
    private static final int BACKLOG = 1024;
    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;
    /** What a socket may hold back before channels wait in the memory of their producers. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(512 << 10, 1 << 20);

    private static final long CLOSE_SECONDS = 5;
    private static final long ASIDE_IDLE_SECONDS = 10;
    /** Connections come all at once, as a job starts. */
    private static final int MAX_KEY_THREADS = 4;

    private final ExecutorId self;
    private final Handshake handshake;
    private final @Nullable Encryption encryption; // null: off
    private final DataPlaneLimits limits;
    private final EventLoopGroup group;
    private final NetworkThread thread;
    private final FlushTicker ticker;
    private final ArrayPool pool = new ArrayPool();
    private final Channel listener;
    private final Refusals refusals = new Refusals("the data port"); // for any thread
    /** Names may be slow to look up, and the network thread must not wait. Bounded by the number of connections. */
    private final ExecutorService lookups;
    /** What encryption takes milliseconds for, once for each connection. Bounded likewise. */
    private final ExecutorService keys;

    // The network thread's.
    private final InputRegistry inputs;
    private final Map<ExecutorAddress, OutgoingConnection> outgoing = new HashMap<>();
    private final Newcomers<Channel> newcomers;
    private boolean closed;

    private DataPlane(
            ExecutorId self,
            ApplicationIdentity identity,
            boolean isEncrypted,
            String bindHost,
            DataPlaneLimits limits) {
        this.self = self;
        this.handshake = identity.handshake();
        this.lookups = aside("name-lookup", 1);
        this.keys = aside(
                "connection-keys",
                Math.min(MAX_KEY_THREADS, Runtime.getRuntime().availableProcessors()));
        this.encryption = isEncrypted ? new Encryption(new PinnedTls(identity), keys) : null;
        this.limits = limits;
        DefaultThreadFactory threads = new DefaultThreadFactory("network", true);
        this.group = Epoll.isAvailable() ? new EpollEventLoopGroup(1, threads) : new NioEventLoopGroup(1, threads);
        this.thread = new NetworkThread(group.next());
        this.ticker = new FlushTicker(thread);
        this.newcomers = new Newcomers<>(limits.maxUnauthenticated());
        this.inputs = new InputRegistry(thread, limits.maxWaiting(), limits.maxWaitNanos());
        this.listener = listen(bindHost);
    }

    private static ExecutorService aside(String name, int threads) {
        ThreadPoolExecutor aside = new ThreadPoolExecutor(
                threads,
                threads,
                ASIDE_IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory(name, true));
        aside.allowCoreThreadTimeOut(true);
        return aside;
    }

    /**
     * Takes connections from now on, at a port that the system chooses.
     *
     * @param isEncrypted whether connections are; so must be those of all its peers
     * @param bindHost empty for every address of the node
     * @throws UncheckedIOException if the address can't be listened on
     */
    public static DataPlane open(ExecutorId self, ApplicationIdentity identity, boolean isEncrypted, String bindHost) {
        return open(self, identity, isEncrypted, bindHost, DataPlaneLimits.DEFAULT);
    }

    static DataPlane open(
            ExecutorId self,
            ApplicationIdentity identity,
            boolean isEncrypted,
            String bindHost,
            DataPlaneLimits limits) {
        return new DataPlane(self, identity, isEncrypted, bindHost, limits);
    }

    private Channel listen(String bindHost) {
        InetSocketAddress address = bindHost.isEmpty() ? new InetSocketAddress(0) : new InetSocketAddress(bindHost, 0);
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channel(Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel accepted) {
                        accept(accepted);
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
            throw new UncheckedIOException(
                    "The data plane can't listen on " + (bindHost.isEmpty() ? "any address" : bindHost)
                            + ". Set selvage.network.bind-host to an address of this node.",
                    new IOException(bound.cause()));
        }
        return bound.channel();
    }

    ExecutorId self() {
        return self;
    }

    @Override
    public int dataPort() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    @Override
    public long refused() {
        return refusals.total();
    }

    /** Sockets whose peers have not proven themselves yet. */
    int newcomers() {
        return newcomers.count();
    }

    @Override
    public OutputChannel openOutput(
            ChannelDefinition definition, ExecutorAddress receiver, Wakeup wakeup, ChannelFailureListener failures) {
        requireBufferSize(definition);
        if (receiver.dataPort() < 1 || receiver.dataPort() > MAX_PORT) {
            throw new IllegalArgumentException("executor " + receiver + " has no data port");
        }
        RemoteOutput channel = new RemoteOutput(definition, wakeup, failures, thread, ticker);
        thread.post(() -> onOpenOutput(channel, receiver));
        return channel;
    }

    @Override
    public InputChannel registerInput(ChannelDefinition definition, Wakeup wakeup, ChannelFailureListener failures) {
        requireBufferSize(definition);
        RemoteInput channel = new RemoteInput(definition, wakeup, failures, thread, pool);
        thread.post(() -> onRegisterInput(channel));
        return channel;
    }

    @Override
    public void release(JobId job, Incarnation incarnation, Map<Integer, Incarnation> goingOn) {
        thread.post(() -> {
            inputs.release(job, incarnation, goingOn);
            outgoing.values().forEach(connection -> connection.release(job, incarnation, goingOn));
        });
    }

    /** Ends all channels and connections; returns when the network thread has ended. */
    @Override
    public void close() {
        thread.post(this::onClose);
        group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
        lookups.shutdown();
        keys.shutdown();
        if (!group.terminationFuture().awaitUninterruptibly(2 * CLOSE_SECONDS, TimeUnit.SECONDS)) {
            LOG.warn("The network thread has not ended within {} seconds; it is left alone.", 2 * CLOSE_SECONDS);
        }
    }

    private static void requireBufferSize(ChannelDefinition definition) {
        if (definition.bufferBytes() > FrameReader.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("channel " + definition.id() + " has buffers of "
                    + definition.bufferBytes() + " bytes, where " + FrameReader.MAX_PAYLOAD_BYTES + " are the most");
        }
    }

    // ---- The network thread's.

    private void onOpenOutput(RemoteOutput channel, ExecutorAddress receiver) {
        if (closed) {
            channel.close();
            return;
        }
        if (!inputs.tryStart(channel.id())) {
            channel.fail(ChannelFailure.of(
                    "Channel " + channel.id() + " was opened although its incarnation has ended here."));
            return;
        }
        ticker.onChannelOpened(channel.flushTimeoutNanos());
        OutgoingConnection connection = outgoing.get(receiver);
        if (connection == null) {
            connection = new OutgoingConnection(thread, self, receiver, refusals, over -> outgoing.remove(receiver));
            outgoing.put(receiver, connection);
            connect(connection);
        }
        connection.open(channel);
    }

    private void onRegisterInput(RemoteInput channel) {
        if (closed) {
            channel.close();
        } else {
            inputs.register(channel);
        }
    }

    private void onClose() {
        if (!closed) {
            closed = true;
            listener.close();
            new ArrayList<>(outgoing.values()).forEach(OutgoingConnection::closeQuietly);
            inputs.closeQuietly();
        }
    }

    private void connect(OutgoingConnection connection) {
        ExecutorAddress to = connection.address();
        lookups.execute(() -> {
            InetSocketAddress address = new InetSocketAddress(to.host(), to.dataPort());
            thread.post(() -> connect(connection, address));
        });
    }

    private void connect(OutgoingConnection connection, InetSocketAddress address) {
        if (closed) {
            return;
        }
        if (address.isUnresolved()) {
            connection.onClosed("There is no address for the host of executor " + connection.address() + ".", false);
            return;
        }
        new Bootstrap()
                .group(thread.loop())
                .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .handler(newHandshake(Handshake.Side.CONNECTING, new Connecting(connection)))
                .connect(address)
                .addListener((ChannelFuture connected) -> {
                    if (!connected.isSuccess()) {
                        connection.onClosed(
                                "Executor " + connection.address() + " can't be connected to: "
                                        + FailureWords.sentence(connected.cause()),
                                isOfPeer(connected.cause()));
                    }
                });
    }

    private HandshakeHandler newHandshake(Handshake.Side side, HandshakeHandler.Outcome outcome) {
        return new HandshakeHandler(
                new HandshakeExchange(side, handshake, encryption != null),
                encryption,
                limits.maxHandshakeNanos(),
                outcome);
    }

    /** Refused, timed out, no route: nobody is there, and nothing is wrong with this process. */
    private static boolean isOfPeer(Throwable notConnected) {
        return notConnected instanceof ConnectException || notConnected instanceof NoRouteToHostException;
    }

    private void accept(Channel socket) {
        if (closed) {
            socket.close();
            return;
        }
        socket.pipeline().addLast(newHandshake(Handshake.Side.ACCEPTING, new Accepting(socket)));
        newcomers
                .add(socket)
                .map(eldest -> eldest.pipeline().get(HandshakeHandler.class))
                .ifPresent(eldest -> eldest.giveUp(
                        "it had not proven itself, and more than " + limits.maxUnauthenticated() + " wait to"));
    }

    private static final class Connecting implements HandshakeHandler.Outcome {
        private final OutgoingConnection connection;

        Connecting(OutgoingConnection connection) {
            this.connection = connection;
        }

        @Override
        public Connection onAuthenticated() {
            return connection;
        }

        @Override
        public void onRefused(String why) {
            connection.onClosed("The handshake with executor " + connection.address() + " failed: " + why + ".", false);
        }
    }

    private final class Accepting implements HandshakeHandler.Outcome {
        private final Channel socket;
        private final String remote;

        Accepting(Channel socket) {
            this.socket = socket;
            this.remote = Refusals.nameOf(socket.remoteAddress());
        }

        @Override
        public Connection onAuthenticated() {
            newcomers.remove(socket);
            IncomingConnection connection = new IncomingConnection(thread, self, remote, inputs, refusals);
            inputs.onConnected(connection);
            return connection;
        }

        @Override
        public void onRefused(String why) {
            newcomers.remove(socket);
            refusals.count(remote, why);
        }
    }
}
