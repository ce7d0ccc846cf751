package io.selvage.task.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.security.Handshake;
import io.selvage.protocol.security.Handshake.Side;
import io.selvage.protocol.security.Refusals;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Wakeup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What strangers and broken peers may send to a data port: 100,000 inputs, each made of a seed of its own. A failure
 * names the seed; {@code -Dselvage.fuzz.seed=N} begins with that one.
 */
@Timeout(300)
class DataPlaneFuzzTest {
    private static final long FIRST_SEED = Long.getLong("selvage.fuzz.seed", 1);
    private static final int HANDSHAKES = 60_000;
    private static final int FRAMES = 29_700;
    private static final int ANSWERS = 10_000;
    private static final int SOCKETS = 300;
    private static final int SLOW = 64;
    /** Descriptors that a JVM may open meanwhile for itself: jars that it has not read before. */
    private static final int SPARE = 5;

    private static final String HOST = InetAddress.getLoopbackAddress().getHostAddress();
    private static final int BUFFER = 1024;
    private static final long NEVER = TimeUnit.HOURS.toNanos(1);
    private static final JobId JOB = JobId.random();

    private final Handshake handshake = ApplicationIdentity.create().handshake();
    private final Handshake another = ApplicationIdentity.create().handshake();

    @Test
    void noStrangerGetsPastTheHandshakeAndEachIsRefusedOnce() throws ProtocolViolation {
        Recorded recorded = Recorded.of(handshake);
        for (long seed = FIRST_SEED; seed < FIRST_SEED + HANDSHAKES; seed++) {
            CountingOutcome outcome = new CountingOutcome();
            EmbeddedChannel socket = new EmbeddedChannel(
                    new HandshakeHandler(new HandshakeExchange(Side.ACCEPTING, handshake), NEVER, outcome));
            Random random = new Random(seed);
            int answered = attack(socket, random, recorded);
            boolean isHungUpOn = !socket.isOpen();
            socket.finishAndReleaseAll();
            if (outcome.authenticated != 0 || outcome.refused != 1 || answered > Handshake.CHALLENGE_BYTES) {
                throw new AssertionError("Seed " + seed + ": authenticated " + outcome.authenticated + ", refused "
                        + outcome.refused + ", " + answered + " bytes answered, hung up " + isHungUpOn);
            }
        }
    }

    /** Answers the number of bytes that the stranger was given. */
    private int attack(EmbeddedChannel socket, Random random, Recorded recorded) throws ProtocolViolation {
        switch (random.nextInt(8)) {
            case 0 -> send(socket, random, bytes(random, random.nextInt(300)));
            case 1 ->
                send(socket, random, Arrays.copyOf(recorded.opening(), random.nextInt(recorded.opening().length)));
            case 2 -> {
                HandshakeExchange stranger = new HandshakeExchange(Side.CONNECTING, another);
                byte[] challenge = openingAnswered(socket, random, stranger);
                send(socket, random, stranger.onMessage(challenge));
                return challenge.length + drain(socket);
            }
            case 3 -> {
                send(socket, random, recorded.opening());
                send(socket, random, recorded.proof());
            }
            case 4 -> {
                HandshakeExchange damaged = new HandshakeExchange(Side.CONNECTING, handshake);
                byte[] challenge = openingAnswered(socket, random, damaged);
                byte[] proof = damaged.onMessage(challenge);
                proof[random.nextInt(proof.length)] ^= (byte) (1 << random.nextInt(8));
                send(socket, random, proof);
                return challenge.length + drain(socket);
            }
            case 5 -> {
                HandshakeExchange truncated = new HandshakeExchange(Side.CONNECTING, handshake);
                byte[] challenge = openingAnswered(socket, random, truncated);
                byte[] proof = truncated.onMessage(challenge);
                send(socket, random, Arrays.copyOf(proof, random.nextInt(proof.length)));
                return challenge.length + drain(socket);
            }
            case 6 -> {
                byte[] challenge = openingAnswered(socket, random, new HandshakeExchange(Side.CONNECTING, handshake));
                send(socket, random, challenge);
                return challenge.length + drain(socket);
            }
            default -> {
                send(socket, random, recorded.opening());
                send(socket, random, bytes(random, 1 + random.nextInt(10_000)));
            }
        }
        return drain(socket);
    }

    private static byte[] openingAnswered(EmbeddedChannel socket, Random random, HandshakeExchange exchange) {
        send(socket, random, exchange.opening());
        ByteBuf answer = socket.readOutbound();
        byte[] challenge = new byte[answer.readableBytes()];
        answer.readBytes(challenge);
        answer.release();
        return challenge;
    }

    private static int drain(EmbeddedChannel socket) {
        int count = 0;
        for (ByteBuf out = socket.readOutbound(); out != null; out = socket.readOutbound()) {
            count += out.readableBytes();
            out.release();
        }
        return count;
    }

    /** A peer with the secret that is broken, or is cut into by who has none: its connection ends, and nothing else. */
    @Test
    void brokenFramesEndTheirConnectionAndNothingElse() {
        ArrayPool pool = new ArrayPool();
        int ended = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + FRAMES; seed++) {
            Random random = new Random(seed);
            Refusals refusals = new Refusals("the port of the test");
            List<String> failures = new ArrayList<>();
            EmbeddedChannel socket = new EmbeddedChannel();
            NetworkThread thread = new NetworkThread(socket.eventLoop());
            InputRegistry registry = new InputRegistry(thread, 8, NEVER);
            registry.register(new RemoteInput(
                    definition(0), new Wakeup(), (id, failure) -> failures.add(failure.reason()), thread, pool));
            IncomingConnection connection =
                    new IncomingConnection(thread, new ExecutorId("b"), "the test", registry, refusals);
            registry.onConnected(connection);
            socket.pipeline().addLast(connection);
            send(socket, random, frames(random));
            ended += isHungUpOn(socket, seed, refusals, failures) ? 1 : 0;
        }
        assertThat(ended).as("most of them are refused").isGreaterThan(FRAMES / 2);
    }

    /** Ends the socket, if the one side has not done so; that is a refusal, which is counted and told once. */
    private static boolean isHungUpOn(EmbeddedChannel socket, long seed, Refusals refusals, List<String> failures) {
        boolean isHungUpOn = !socket.isOpen();
        socket.finishAndReleaseAll();
        if (refusals.total() != (isHungUpOn ? 1 : 0)
                || failures.size() > 1
                || failures.stream().anyMatch(reason -> reason.contains("closed here after"))) {
            throw new AssertionError("Seed " + seed + ": hung up " + isHungUpOn + ", counted " + refusals.total()
                    + ", failures " + failures);
        }
        return isHungUpOn;
    }

    private static byte[] frames(Random random) {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        byte[] name = "a".getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(10) > 0) {
            wire.writeBytes(FrameReaderTest.frame(FrameType.PEER, 0, 0, 0, name));
        }
        if (random.nextInt(10) > 0) {
            wire.writeBytes(FrameReaderTest.frame(
                    FrameType.OPEN, 0, 1, 0, new OpenRequest(definition(0).id(), BUFFER).encode()));
        }
        int intact = random.nextInt(3);
        for (int i = 0; i < intact; i++) {
            wire.writeBytes(FrameReaderTest.frame(FrameType.DATA, 0, 1, i, bytes(random, 1 + random.nextInt(BUFFER))));
        }
        switch (random.nextInt(7)) {
            case 0 -> wire.writeBytes(bytes(random, random.nextInt(500)));
            case 1 -> { // Cut short.
                byte[] frame = FrameReaderTest.frame(FrameType.DATA, 0, 1, intact, bytes(random, 100));
                wire.write(frame, 0, random.nextInt(frame.length));
            }
            case 2 -> { // Beyond every limit, or negative; only the header is ever sent.
                FrameType type = FrameType.values()[random.nextInt(FrameType.values().length)];
                byte[] header =
                        Arrays.copyOf(FrameReaderTest.frame(type, 0, 1, intact, new byte[0]), FrameHeader.BYTES);
                int length = random.nextBoolean() ? -1 - random.nextInt(1 << 30) : FrameReader.MAX_PAYLOAD_BYTES + 1;
                for (int i = 0; i < 4; i++) {
                    header[12 + i] = (byte) (length >>> (24 - 8 * i));
                }
                wire.writeBytes(header);
            }
            case 3 -> { // Sound to the checksum, and senseless.
                FrameType type = FrameType.values()[random.nextInt(FrameType.values().length)];
                int channel = random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(4) - 1;
                int number = random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(4) - 1;
                wire.writeBytes(FrameReaderTest.frame(
                        type, random.nextInt(256), channel, number, bytes(random, random.nextInt(1200))));
            }
            case 4 -> { // Replayed.
                byte[] frame = FrameReaderTest.frame(FrameType.DATA, 0, 1, intact, bytes(random, 100));
                wire.writeBytes(frame);
                wire.writeBytes(frame);
            }
            case 5 -> { // More than was granted.
                for (int i = 0; i < 2 * Credit.WINDOW_BUFFERS + 4; i++) {
                    wire.writeBytes(FrameReaderTest.frame(FrameType.DATA, 0, 1, intact + i, bytes(random, BUFFER)));
                }
            }
            default -> { // A request, damaged before it was given its checksum.
                byte[] request = new OpenRequest(definition(1).id(), BUFFER).encode();
                request[random.nextInt(request.length)] = (byte) random.nextInt();
                wire.writeBytes(FrameReaderTest.frame(FrameType.OPEN, 0, 2, 0, request));
            }
        }
        byte[] all = wire.toByteArray();
        if (all.length > 0 && random.nextInt(4) == 0) {
            all[random.nextInt(all.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return all;
    }

    /** The same for what a receiver says to its sender. */
    @Test
    void brokenAnswersEndTheirConnectionAndNothingElse() {
        int ended = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + ANSWERS; seed++) {
            Random random = new Random(seed);
            Refusals refusals = new Refusals("the port of the test");
            List<String> failures = new ArrayList<>();
            EmbeddedChannel socket = new EmbeddedChannel();
            NetworkThread thread = new NetworkThread(socket.eventLoop());
            OutgoingConnection connection = new OutgoingConnection(
                    thread,
                    new ExecutorId("a"),
                    new ExecutorAddress(new ExecutorId("b"), HOST, 1),
                    refusals,
                    over -> {});
            connection.open(new RemoteOutput(
                    definition(0),
                    new Wakeup(),
                    (id, failure) -> failures.add(failure.reason()),
                    thread,
                    new FlushTicker(thread)));
            socket.pipeline().addLast(connection);
            send(socket, random, answers(random));
            ended += isHungUpOn(socket, seed, refusals, failures) ? 1 : 0;
        }
        assertThat(ended).as("most of them are refused").isGreaterThan(ANSWERS / 2);
    }

    private static byte[] answers(Random random) {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        if (random.nextInt(10) > 0) {
            byte[] name = (random.nextInt(20) > 0 ? "b" : "c").getBytes(StandardCharsets.UTF_8);
            wire.writeBytes(FrameReaderTest.frame(FrameType.PEER, 0, 0, 0, name));
        }
        int window = Credit.window(BUFFER);
        byte[] grant = new CreditGrant(BUFFER).encode();
        if (random.nextBoolean()) {
            wire.writeBytes(FrameReaderTest.frame(FrameType.CREDIT, 0, 1, random.nextInt(window + 1), grant));
        }
        FrameType type = FrameType.values()[random.nextInt(FrameType.values().length)];
        switch (random.nextInt(4)) {
            case 0 -> wire.writeBytes(bytes(random, 20 + random.nextInt(100)));
            case 1 ->
                wire.writeBytes(FrameReaderTest.frame(
                        type, random.nextInt(256), random.nextInt(4) - 1, random.nextInt(), bytes(random, 4)));
            case 2 ->
                wire.writeBytes(FrameReaderTest.frame(
                        FrameType.CREDIT, 0, 1, random.nextBoolean() ? window + 1 : random.nextInt(), grant));
            default ->
                wire.writeBytes(
                        FrameReaderTest.frame(FrameType.CREDIT, 0, 1, 0, new CreditGrant(random.nextInt()).encode()));
        }
        return wire.toByteArray();
    }

    @Test
    void strangersAtThePortHarmNobodyAndLeaveNothing() throws Exception {
        DataPlaneLimits limits = new DataPlaneLimits(16, TimeUnit.SECONDS.toNanos(3), 8, NEVER);
        try (DataPlane receiver = DataPlane.open(new ExecutorId("b"), handshake, HOST, limits);
                DataPlane sender = DataPlane.open(new ExecutorId("a"), handshake, HOST)) {
            Honest before = new Honest(sender, receiver, 1);
            before.passes("before");
            int threads = Thread.activeCount();
            long descriptors = descriptors();

            List<Socket> slow = new ArrayList<>();
            byte[] opening = new HandshakeExchange(Side.CONNECTING, handshake).opening();
            for (int i = 0; i < SLOW; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), receiver.dataPort());
                socket.getOutputStream().write(opening, 0, i % opening.length);
                slow.add(socket);
            }
            try (DataPlane late = DataPlane.open(new ExecutorId("c"), handshake, HOST)) {
                new Honest(late, receiver, 2).passes("while others hold every place");
            }
            assertThat(receiver.newcomers()).isLessThanOrEqualTo(limits.maxUnauthenticated());
            Recorded recorded = Recorded.of(handshake);
            for (int i = 0; i < SOCKETS; i++) {
                attack(receiver.dataPort(), new Random(FIRST_SEED + i), recorded);
                if (i % 20 == 0) {
                    before.passes("after " + i);
                }
            }
            for (Socket socket : slow) {
                socket.setSoTimeout(60_000);
                assertThat(readToEnd(socket)).isLessThanOrEqualTo(Handshake.CHALLENGE_BYTES);
                socket.close();
            }
            awaitTrue("all are gone", () -> receiver.newcomers() == 0);
            awaitTrue("each is counted", () -> receiver.refused() >= SLOW + SOCKETS);
            before.passes("at last");
            awaitTrue("their descriptors are closed", () -> descriptors() <= descriptors + SPARE);
            awaitTrue("no thread is left", () -> Thread.activeCount() <= threads);
        }
    }

    private void attack(int port, Random random, Recorded recorded) throws IOException, ProtocolViolation {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(60_000);
            switch (random.nextInt(4)) {
                case 0 -> socket.getOutputStream().write(bytes(random, random.nextInt(1 << 16)));
                case 1 -> {
                    socket.getOutputStream().write(recorded.opening());
                    socket.getOutputStream().write(recorded.proof());
                }
                case 2 -> {
                    HandshakeExchange stranger = new HandshakeExchange(Side.CONNECTING, another);
                    socket.getOutputStream().write(stranger.opening());
                    byte[] challenge = socket.getInputStream().readNBytes(Handshake.CHALLENGE_BYTES);
                    socket.getOutputStream().write(stranger.onMessage(challenge));
                }
                default -> socket.setSoLinger(true, 0); // Hangs up with a reset.
            }
            if (random.nextBoolean()) {
                socket.shutdownOutput();
                assertThat(readToEnd(socket)).isLessThanOrEqualTo(Handshake.CHALLENGE_BYTES);
            }
        } catch (SocketException refused) {
            // Hung up on while it still wrote.
        }
    }

    private static int readToEnd(Socket socket) throws IOException {
        try {
            return socket.getInputStream().readAllBytes().length;
        } catch (SocketException reset) {
            return 0;
        }
    }

    private static long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException unreadable) {
            throw new java.io.UncheckedIOException(unreadable);
        }
    }

    private static void awaitTrue(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
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

    @SuppressWarnings("unchecked")
    private static ChannelDefinition definition(int edge) {
        return new ChannelDefinition(
                new ChannelId(JOB, new Incarnation(1), edge, 0, 0),
                (Serde<Object>) (Serde<?>) Serdes.STRING,
                BUFFER,
                Duration.ofMillis(1),
                Duration.ofSeconds(1));
    }

    /** What somebody has listened to. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Recorded(byte[] opening, byte[] proof) {
        static Recorded of(Handshake handshake) throws ProtocolViolation {
            HandshakeExchange connecting = new HandshakeExchange(Side.CONNECTING, handshake);
            HandshakeExchange accepting = new HandshakeExchange(Side.ACCEPTING, handshake);
            byte[] opening = connecting.opening();
            return new Recorded(opening, connecting.onMessage(accepting.onMessage(opening)));
        }
    }

    private static final class CountingOutcome implements HandshakeHandler.Outcome {
        private int authenticated;
        private int refused;

        @Override
        public Connection onAuthenticated() {
            authenticated++;
            throw new IllegalStateException("a stranger is let in");
        }

        @Override
        public void onRefused(String why) {
            refused++;
        }
    }

    /** A channel of the job's, of which each record has to arrive. */
    private static final class Honest {
        private final Wakeup consumer = new Wakeup();
        private final List<String> failures = new ArrayList<>(); // guarded by itself
        private final InputChannel input;
        private final OutputChannel output;

        Honest(DataPlane from, DataPlane to, int edge) {
            input = to.registerInput(definition(edge), consumer, (id, failure) -> failed(failure.reason()));
            output = from.openOutput(
                    definition(edge),
                    new ExecutorAddress(to.self(), HOST, to.dataPort()),
                    new Wakeup(),
                    (id, failure) -> failed(failure.reason()));
        }

        private void failed(String reason) {
            synchronized (failures) {
                failures.add(reason);
            }
        }

        void passes(String record) {
            awaitTrue("room for " + record, () -> output.tryEmit(record, 1));
            output.flush();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            Object got = input.poll();
            while (got == null) {
                assertThat(System.nanoTime()).as(record + " has not arrived").isLessThan(deadline);
                consumer.prepare();
                if (input.isEmpty()) {
                    consumer.await(TimeUnit.MILLISECONDS.toNanos(100));
                } else {
                    consumer.cancel();
                }
                got = input.poll();
            }
            assertThat(got).isEqualTo(record);
            synchronized (failures) {
                assertThat(failures).isEmpty();
            }
        }
    }
}
