package io.selvage.protocol.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.buffer.UnpooledByteBufAllocator;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.embedded.EmbeddedChannel;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslHandler;
import io.grpc.stub.StreamObserver;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.security.Refusals;
import io.selvage.protocol.wire.DescribeSessionRequest;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SessionServiceGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What strangers may send to a control port: 100,000 inputs, each made of a seed of its own. A failure names the seed;
 * {@code -Dselvage.fuzz.seed=N} begins with that one.
 */
@Timeout(300)
class ControlFuzzTest {
    private static final long FIRST_SEED = Long.getLong("selvage.fuzz.seed", 1);
    private static final int HANDSHAKES = 99_600;
    private static final int SOCKETS = 360;
    private static final int OTHERS = 40;
    private static final int PLACES = 64;
    /** Half-open, and more than may be there at once. */
    private static final int SLOW = 3 * PLACES;
    /** Descriptors that a JVM may open meanwhile for itself: jars that it has not read before. */
    private static final int SPARE = 5;

    private static final String HOST = InetAddress.getLoopbackAddress().getHostAddress();

    private final ApplicationIdentity identity = ApplicationIdentity.create();
    private final ApplicationIdentity another = ApplicationIdentity.create();
    private final Refusals refusals = new Refusals("the port of the test");
    private final List<ManagedChannel> channels = new ArrayList<>();
    private Server server;

    @BeforeEach
    void listen() throws IOException {
        server = ControlTransport.server(
                        identity, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), refusals, PLACES)
                .addService(new SessionServiceGrpc.SessionServiceImplBase() {
                    @Override
                    public void describeSession(
                            DescribeSessionRequest request, StreamObserver<SessionDescription> response) {
                        response.onNext(SessionDescription.getDefaultInstance());
                        response.onCompleted();
                    }
                })
                .build()
                .start();
    }

    @AfterEach
    void close() throws InterruptedException {
        for (ManagedChannel channel : channels) {
            channel.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
        }
        server.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
    }

    @Test
    void noStrangerGetsPastTheHandshake() throws SSLException {
        SslContext context = ControlTransport.serverContext(identity);
        List<byte[]> hellos = List.of(hello(identity), hello(another));
        for (long seed = FIRST_SEED; seed < FIRST_SEED + HANDSHAKES; seed++) {
            Random random = new Random(seed);
            SslHandler tls = context.newHandler(UnpooledByteBufAllocator.DEFAULT);
            EmbeddedChannel socket = new EmbeddedChannel(tls, new Deaf());
            send(socket, random, strangeBytes(random, hellos));
            boolean isIn = tls.handshakeFuture().isSuccess();
            socket.finishAndReleaseAll();
            if (isIn || !tls.handshakeFuture().isDone() || tls.handshakeFuture().isSuccess()) {
                throw new AssertionError("Seed " + seed + ": the handshake is " + tls.handshakeFuture());
            }
        }
    }

    private static byte[] strangeBytes(Random random, List<byte[]> hellos) {
        byte[] hello = hellos.get(random.nextInt(hellos.size()));
        int kind = random.nextInt(1000);
        if (kind < 300) {
            return bytes(random, random.nextInt(400));
        } else if (kind < 400) {
            return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        } else if (kind < 600) { // A record whose header is sound, of whatever length it claims.
            byte[] record = bytes(random, 5 + random.nextInt(400));
            record[0] = (byte) (20 + random.nextInt(5));
            record[1] = 3;
            record[2] = (byte) random.nextInt(5);
            return record;
        } else if (kind < 980) {
            return Arrays.copyOf(hello, random.nextInt(hello.length));
        } else if (kind < 992) { // Damaged where it says what follows, mostly; such a one may cost a key exchange.
            byte[] damaged = hello.clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            return damaged;
        }
        // Somebody else's, which was listened to, and again; or what follows it is made up.
        byte[] more = random.nextBoolean() ? hello : bytes(random, 1 + random.nextInt(20_000));
        byte[] both = Arrays.copyOf(hello, hello.length + more.length);
        System.arraycopy(more, 0, both, hello.length, more.length);
        return both;
    }

    /** What a client says first. */
    private static byte[] hello(ApplicationIdentity of) throws SSLException {
        SSLEngine engine = ControlTransport.clientContext(of).newEngine(UnpooledByteBufAllocator.DEFAULT);
        engine.beginHandshake();
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    @Test
    void strangersAtThePortHarmNobodyAndLeaveNothing() throws Exception {
        ManagedChannel before = channel();
        call(before);
        int threads = Thread.activeCount();
        long descriptors = descriptors();

        List<Socket> slow = new ArrayList<>();
        byte[] hello = hello(identity);
        for (int i = 0; i < SLOW; i++) {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.getPort());
            socket.getOutputStream().write(hello, 0, i % hello.length);
            slow.add(socket);
        }
        call(channel()); // Although others hold every place.
        assertThat(refusals.total()).as("the longest there went").isGreaterThanOrEqualTo(SLOW - PLACES);

        SSLContext insiders = insiders();
        for (int i = 0; i < SOCKETS; i++) {
            Random random = new Random(FIRST_SEED + i);
            if (i % 6 == 0) {
                attackFromInside(insiders, random);
            } else {
                attack(random, hello);
            }
            if (i % 60 == 0) {
                call(before);
            }
        }
        for (int i = 0; i < OTHERS; i++) {
            ManagedChannel stranger =
                    ControlTransport.channel(another, HOST, server.getPort()).build();
            assertThatThrownBy(() -> call(stranger)).isInstanceOf(StatusRuntimeException.class);
            stranger.shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
        }
        for (Socket socket : slow) {
            socket.close();
        }
        int strangers = SLOW + SOCKETS - SOCKETS / 6 + OTHERS;
        awaitTrue("each is counted", () -> refusals.total() >= strangers);
        call(before);
        call(channel());
        channels.remove(channels.size() - 1).shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
        channels.remove(channels.size() - 1).shutdownNow().awaitTermination(30, TimeUnit.SECONDS);
        awaitTrue("their descriptors are closed", () -> descriptors() <= descriptors + SPARE);
        awaitTrue("no thread is left", () -> Thread.activeCount() <= threads + SPARE);
    }

    private void attack(Random random, byte[] hello) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.getPort())) {
            if (random.nextInt(8) == 0) {
                socket.setSoLinger(true, 0); // Hangs up with a reset.
            }
            socket.getOutputStream().write(strangeBytes(random, List.of(hello)));
        } catch (IOException refused) {
            // Hung up on while it still wrote.
        }
    }

    /** Past the handshake, and then what no peer says. */
    private void attackFromInside(SSLContext insiders, Random random) throws IOException {
        try (SSLSocket socket = (SSLSocket)
                insiders.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), server.getPort())) {
            socket.setSoTimeout(60_000);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            if (random.nextBoolean()) {
                socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            socket.getOutputStream().write(bytes(random, 100 + random.nextInt(5_000)));
        } catch (IOException refused) {
            // Hung up on while it still wrote.
        }
    }

    private SSLContext insiders() throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(
                new KeyManager[] {new ApplicationKey(identity)},
                new TrustManager[] {new PinnedCertificate(identity.certificate())},
                null);
        return context;
    }

    private ManagedChannel channel() {
        ManagedChannel channel =
                ControlTransport.channel(identity, HOST, server.getPort()).build();
        channels.add(channel);
        return channel;
    }

    private static void call(ManagedChannel channel) {
        SessionDescription answer = SessionServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(2, TimeUnit.MINUTES)
                .describeSession(DescribeSessionRequest.getDefaultInstance());
        assertThat(answer).isNotNull();
    }

    private static long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** For longer than gRPC's pool keeps a thread that has nothing to do. */
    private static void awaitTrue(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(150);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("not in time: " + what).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** Feeds it in pieces of whatever sizes, as far as somebody listens. */
    private static void send(EmbeddedChannel socket, Random random, byte[] bytes) {
        int at = 0;
        while (at < bytes.length && socket.isOpen()) {
            int count = random.nextBoolean() ? bytes.length - at : 1 + random.nextInt(bytes.length - at);
            socket.writeInbound(Unpooled.copiedBuffer(bytes, at, count));
            at += count;
        }
    }

    private static byte[] bytes(Random random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Stands where gRPC would: hangs up at whatever the handshake throws. */
    private static final class Deaf extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable refused) {
            context.close();
        }
    }
}
