package io.selvage.task.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.concurrent.ImmediateExecutor;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.security.Handshake;
import io.selvage.protocol.security.Handshake.Side;
import io.selvage.protocol.security.Refusals;
import io.selvage.protocol.transport.PinnedTls;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.ElementEncoder;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Timestamps;
import io.selvage.task.exchange.Wakeup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What strangers and broken peers may send to a data port: 100,000 inputs where data is encrypted and 100,000 where it
 * is not, each made of a seed of its own. A failure names the seed; {@code -Dselvage.fuzz.seed=N} begins with that one.
 */
@ParameterizedClass(name = "encrypted: {0}")
@ValueSource(booleans = {false, true})
@Timeout(300)
class DataPlaneFuzzTest {
    private static final long FIRST_SEED = Long.getLong("selvage.fuzz.seed", 1);
    private static final int HANDSHAKES = 60_000;
    private static final int FRAMES = 29_700;
    private static final int ANSWERS = 10_000;
    private static final int PASSED_ON = 38_000; // Encrypted, as are:
    private static final int DAMAGED = FRAMES + ANSWERS - PASSED_ON;
    private static final int SOCKETS = 300;
    private static final int SLOW = 64;
    /** Descriptors that a JVM may open meanwhile for itself: jars that it has not read before. */
    private static final int SPARE = 5;

    private static final String HOST = InetAddress.getLoopbackAddress().getHostAddress();
    private static final int BUFFER = 1024;
    /** What TLS says of itself, with the application's certificate, to who has proven that he knows it. */
    private static final int MOST_ANSWERED_ENCRYPTED = 4096;

    private static final long NEVER = TimeUnit.HOURS.toNanos(1);
    private static final JobId JOB = JobId.random();

    private final boolean isEncrypted;
    private final ApplicationIdentity identity = ApplicationIdentity.create();
    private final ApplicationIdentity anotherIdentity = ApplicationIdentity.create();
    private final Handshake handshake = identity.handshake();
    private final Handshake another = anotherIdentity.handshake();
    private final @Nullable Encryption encryption;

    DataPlaneFuzzTest(boolean isEncrypted) {
        this.isEncrypted = isEncrypted;
        this.encryption = isEncrypted ? encryption(identity) : null;
    }

    private static Encryption encryption(ApplicationIdentity of) {
        return new Encryption(new PinnedTls(of), ImmediateExecutor.INSTANCE);
    }

    private HandshakeExchange connecting() {
        return new HandshakeExchange(Side.CONNECTING, handshake, isEncrypted);
    }

    private HandshakeHandler accepting(HandshakeHandler.Outcome outcome) {
        return new HandshakeHandler(
                new HandshakeExchange(Side.ACCEPTING, handshake, isEncrypted), encryption, NEVER, outcome);
    }

    @Test
    void noStrangerGetsPastTheHandshakeAndEachIsRefusedOnce() throws ProtocolViolation {
        Recorded recorded = recorded();
        for (long seed = FIRST_SEED; seed < FIRST_SEED + HANDSHAKES; seed++) {
            CountingOutcome outcome = new CountingOutcome();
            EmbeddedChannel socket = new EmbeddedChannel(accepting(outcome));
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
        switch (random.nextInt(9)) {
            case 0 -> send(socket, random, bytes(random, random.nextInt(300)));
            case 1 ->
                send(socket, random, Arrays.copyOf(recorded.opening(), random.nextInt(recorded.opening().length)));
            case 2 -> {
                HandshakeExchange stranger = new HandshakeExchange(Side.CONNECTING, another, isEncrypted);
                byte[] challenge = openingAnswered(socket, random, stranger);
                send(socket, random, stranger.onMessage(challenge));
                return challenge.length + drain(socket);
            }
            case 3 -> {
                send(socket, random, recorded.opening());
                send(socket, random, recorded.proof());
            }
            case 4 -> {
                HandshakeExchange damaged = connecting();
                byte[] challenge = openingAnswered(socket, random, damaged);
                byte[] proof = damaged.onMessage(challenge);
                proof[random.nextInt(proof.length)] ^= (byte) (1 << random.nextInt(8));
                send(socket, random, proof);
                return challenge.length + drain(socket);
            }
            case 5 -> {
                HandshakeExchange truncated = connecting();
                byte[] challenge = openingAnswered(socket, random, truncated);
                byte[] proof = truncated.onMessage(challenge);
                send(socket, random, Arrays.copyOf(proof, random.nextInt(proof.length)));
                return challenge.length + drain(socket);
            }
            case 6 -> {
                byte[] challenge = openingAnswered(socket, random, connecting());
                send(socket, random, challenge);
                return challenge.length + drain(socket);
            }
            case 7 -> { // A peer of the session's that was given another setting.
                HandshakeExchange other = new HandshakeExchange(Side.CONNECTING, handshake, !isEncrypted);
                byte[] challenge = openingAnswered(socket, random, other);
                send(socket, random, other.onMessage(challenge));
                assertThat(drain(socket)).as("he is told").isEqualTo(Handshake.RESPONSE_BYTES);
                return challenge.length;
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

    /**
     * Whoever sits between two peers and passes their proofs on has the connection then, and can do nothing with it.
     */
    @Test
    void whoPassesASoundProofOnGetsNoFurther() throws Exception {
        assumeThat(isEncrypted).isTrue();
        byte[] hello = hello(encryption(identity).newHandler(Side.CONNECTING).engine());
        for (long seed = FIRST_SEED; seed < FIRST_SEED + PASSED_ON; seed++) {
            Random random = new Random(seed);
            CountingOutcome outcome = new CountingOutcome();
            EmbeddedChannel socket = new EmbeddedChannel(accepting(outcome));
            proveTo(socket, random);
            int answered = interfere(socket, random, hello);
            boolean isHungUpOn = !socket.isOpen();
            socket.finishAndReleaseAll();
            if (outcome.authenticated != 0 || outcome.refused != 1 || answered > MOST_ANSWERED_ENCRYPTED) {
                throw new AssertionError("Seed " + seed + ": authenticated " + outcome.authenticated + ", refused "
                        + outcome.refused + ", " + answered + " bytes answered, hung up " + isHungUpOn);
            }
        }
    }

    private void proveTo(EmbeddedChannel socket, Random random) throws ProtocolViolation {
        HandshakeExchange peer = connecting();
        byte[] challenge = openingAnswered(socket, random, peer);
        send(socket, random, peer.onMessage(challenge));
        assertThat(drain(socket)).isEqualTo(Handshake.RESPONSE_BYTES);
    }

    /** Answers the number of bytes that were answered. */
    private int interfere(EmbeddedChannel socket, Random random, byte[] hello) throws Exception {
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3 -> send(socket, random, bytes(random, random.nextInt(500)));
            case 4, 5, 6, 7 -> { // A record by its header alone, of whatever kind and length.
                byte[] record = bytes(random, 5 + random.nextInt(300));
                record[0] = (byte) (20 + random.nextInt(5));
                record[1] = 3;
                record[2] = (byte) random.nextInt(5);
                if (random.nextBoolean()) {
                    record[3] = (byte) ((record.length - 5) >>> 8);
                    record[4] = (byte) (record.length - 5);
                }
                send(socket, random, record);
            }
            case 8, 9, 10 -> send(socket, random, Arrays.copyOf(hello, random.nextInt(hello.length)));
            case 11 -> { // In the clear.
                send(socket, random, frames(random));
            }
            case 12 -> { // An older version.
                SSLEngine older = SSLContext.getDefault().createSSLEngine();
                older.setUseClientMode(true);
                older.setEnabledProtocols(new String[] {"TLSv1.2"});
                send(socket, random, hello(older));
            }
            case 13 -> {
                byte[] damaged = hello.clone();
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
                send(socket, random, damaged);
                send(socket, random, bytes(random, random.nextInt(500)));
            }
            case 14 -> { // Replayed.
                send(socket, random, hello);
                send(socket, random, bytes(random, random.nextInt(500)));
            }
            default -> {
                return switch (random.nextInt(20)) {
                    case 0 -> talkAs(encryption(anotherIdentity).newHandler(Side.CONNECTING), socket);
                    case 1 -> talkAs(new SslHandler(stranger(true)), socket);
                    case 2 -> talkAs(new SslHandler(stranger(false)), socket);
                    default -> 0; // Says nothing more.
                };
            }
        }
        return drain(socket);
    }

    /** Of somebody who trusts everybody, and has another application's certificate or none. */
    private SSLEngine stranger(boolean hasCertificate) throws GeneralSecurityException, IOException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        if (hasCertificate) {
            keys.setKeyEntry(
                    "key", anotherIdentity.privateKey(), new char[0], new Certificate[] {anotherIdentity.certificate()
                    });
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, new char[0]);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(managers.getKeyManagers(), InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(true);
        return engine;
    }

    /** As far as it is talked to. */
    private static int talkAs(SslHandler stranger, EmbeddedChannel socket) {
        EmbeddedChannel client = new EmbeddedChannel(stranger);
        int answered = 0;
        try {
            boolean isTalking = true;
            while (isTalking) {
                pass(client, socket);
                int more = pass(socket, client);
                answered += more;
                isTalking = more > 0;
            }
        } catch (DecoderException hungUp) {
            pass(client, socket); // One of the two does not trust the other, and has said so.
        }
        try {
            client.finishAndReleaseAll();
        } catch (Exception again) { // Of any kind: what is thrown there is not declared.
            // The same.
        }
        return answered + drain(socket);
    }

    /** Answers the number of bytes. */
    private static int pass(EmbeddedChannel from, EmbeddedChannel to) {
        int count = 0;
        for (ByteBuf out = from.readOutbound(); out != null; out = from.readOutbound()) {
            count += out.readableBytes();
            if (to.isOpen()) {
                to.writeInbound(out);
            } else {
                out.release();
            }
        }
        return count;
    }

    private static byte[] hello(SSLEngine engine) throws SSLException {
        engine.beginHandshake();
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    /** Who changes what goes over an encrypted connection ends it, and nothing of what he made is read. */
    @Test
    void changedBytesEndTheirConnectionAndNothingElse() throws Exception {
        assumeThat(isEncrypted).isTrue();
        ArrayPool pool = new ArrayPool();
        int ended = 0;
        int read = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + DAMAGED; seed++) {
            Random random = new Random(seed);
            Refusals refusals = new Refusals("the port of the test");
            List<String> failures = new ArrayList<>();
            EmbeddedChannel socket = new EmbeddedChannel();
            NetworkThread thread = new NetworkThread(socket.eventLoop());
            InputRegistry registry = new InputRegistry(thread, 8, NEVER);
            RemoteInput input = new RemoteInput(
                    definition(0), new Wakeup(), (id, failure) -> failures.add(failure.reason()), thread, pool);
            registry.register(input);
            IncomingConnection connection =
                    new IncomingConnection(thread, new ExecutorId("b"), "the test", registry, refusals);
            registry.onConnected(connection);
            socket.pipeline().addLast(accepting(new LettingIn(connection)));
            socket.pipeline().fireChannelActive();
            proveTo(socket, random);
            EmbeddedChannel client = new EmbeddedChannel(encryption(identity).newHandler(Side.CONNECTING));
            while (pass(client, socket) + pass(socket, client) > 0) {
                // Until neither has anything to say.
            }
            List<byte[]> records = new ArrayList<>();
            records.add(encrypted(client, FrameReaderTest.frame(FrameType.PEER, 0, 0, 0, new byte[] {'a'})));
            records.add(encrypted(
                    client,
                    FrameReaderTest.frame(
                            FrameType.OPEN,
                            0,
                            1,
                            0,
                            new OpenRequest(definition(0).id(), BUFFER).encode())));
            for (int i = 0; i < 4; i++) {
                records.add(encrypted(client, FrameReaderTest.frame(FrameType.DATA, 0, 1, i, element("record " + i))));
            }
            boolean isChanged = change(records, random);
            int number = 0;
            for (byte[] record : records) {
                send(socket, random, record);
                for (Object got = input.poll(); got != null; got = input.poll()) {
                    assertThat(got).as("seed %s", seed).isEqualTo("record " + number++);
                }
            }
            read += number;
            boolean isHungUpOn = isHungUpOn(socket, seed, refusals, failures);
            client.finishAndReleaseAll();
            if (isChanged && !isHungUpOn) {
                throw new AssertionError("Seed " + seed + ": what was changed is let through");
            }
            ended += isHungUpOn ? 1 : 0;
        }
        assertThat(ended).as("most of them are refused").isGreaterThan(DAMAGED / 2);
        assertThat(read).as("what comes before is read").isGreaterThan(DAMAGED / 2);
    }

    private static byte[] element(String record) {
        BinaryWriter out = new BinaryWriter();
        new ElementEncoder(definition(0).serde()).write(record, Timestamps.NONE, out);
        return out.toByteArray();
    }

    private static byte[] encrypted(EmbeddedChannel client, byte[] frame) {
        client.writeOutbound(Unpooled.wrappedBuffer(frame));
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        for (ByteBuf out = client.readOutbound(); out != null; out = client.readOutbound()) {
            byte[] bytes = new byte[out.readableBytes()];
            out.readBytes(bytes);
            wire.writeBytes(bytes);
            out.release();
        }
        return wire.toByteArray();
    }

    /** False: in a way that may leave the rest to be waited for. */
    private static boolean change(List<byte[]> records, Random random) {
        int at = random.nextInt(records.size() - 1);
        switch (random.nextInt(7)) {
            case 0 -> { // Past the header, whose length would have more to be waited for.
                byte[] record = records.get(at);
                record[5 + random.nextInt(record.length - 5)] ^= (byte) (1 << random.nextInt(8));
            }
            case 1 -> records.add(at, records.get(at));
            case 2 -> records.remove(at);
            case 3 -> records.add(at, records.remove(at + 1));
            case 4 -> { // In the clear.
                records.add(at, FrameReaderTest.frame(FrameType.DATA, 0, 1, 0, bytes(random, 100)));
            }
            case 5 -> {
                byte[] record = records.get(at);
                record[random.nextInt(5)] ^= (byte) (1 << random.nextInt(8));
                return false;
            }
            default -> {
                int last = records.size() - 1;
                byte[] record = records.get(last);
                records.set(last, Arrays.copyOf(record, random.nextInt(record.length)));
                return false;
            }
        }
        return true;
    }

    /** A peer with the secret that is broken, or is cut into by who has none: its connection ends, and nothing else. */
    @Test
    void brokenFramesEndTheirConnectionAndNothingElse() {
        assumeThat(isEncrypted)
                .as("what lies above encryption knows nothing of it")
                .isFalse();
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
        assumeThat(isEncrypted)
                .as("what lies above encryption knows nothing of it")
                .isFalse();
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
        try (DataPlane receiver = DataPlane.open(new ExecutorId("b"), identity, isEncrypted, HOST, limits);
                DataPlane sender = DataPlane.open(new ExecutorId("a"), identity, isEncrypted, HOST)) {
            Honest before = new Honest(sender, receiver, 1);
            before.passes("before");
            int threads = Thread.activeCount();
            long descriptors = descriptors();

            List<Socket> slow = new ArrayList<>();
            byte[] opening = connecting().opening();
            for (int i = 0; i < SLOW; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), receiver.dataPort());
                socket.getOutputStream().write(opening, 0, i % opening.length);
                slow.add(socket);
            }
            try (DataPlane late = DataPlane.open(new ExecutorId("c"), identity, isEncrypted, HOST)) {
                new Honest(late, receiver, 2).passes("while others hold every place");
            }
            assertThat(receiver.newcomers()).isLessThanOrEqualTo(limits.maxUnauthenticated());
            Recorded recorded = recorded();
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
            int most = Handshake.CHALLENGE_BYTES;
            switch (random.nextInt(isEncrypted ? 5 : 4)) {
                case 0 -> socket.getOutputStream().write(bytes(random, random.nextInt(1 << 16)));
                case 1 -> {
                    socket.getOutputStream().write(recorded.opening());
                    socket.getOutputStream().write(recorded.proof());
                }
                case 2 -> {
                    HandshakeExchange stranger = new HandshakeExchange(Side.CONNECTING, another, isEncrypted);
                    socket.getOutputStream().write(stranger.opening());
                    byte[] challenge = socket.getInputStream().readNBytes(Handshake.CHALLENGE_BYTES);
                    socket.getOutputStream().write(stranger.onMessage(challenge));
                }
                case 3 -> socket.setSoLinger(true, 0); // Hangs up with a reset.
                default -> { // Passes a sound proof on, and makes up the rest.
                    HandshakeExchange passedOn = connecting();
                    socket.getOutputStream().write(passedOn.opening());
                    byte[] challenge = socket.getInputStream().readNBytes(Handshake.CHALLENGE_BYTES);
                    socket.getOutputStream().write(passedOn.onMessage(challenge));
                    socket.getInputStream().readNBytes(Handshake.RESPONSE_BYTES);
                    socket.getOutputStream().write(bytes(random, random.nextInt(1 << 10)));
                    most = MOST_ANSWERED_ENCRYPTED;
                }
            }
            if (random.nextBoolean()) {
                socket.shutdownOutput();
                assertThat(readToEnd(socket)).isLessThanOrEqualTo(most);
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
    private record Recorded(byte[] opening, byte[] proof) {}

    private Recorded recorded() throws ProtocolViolation {
        HandshakeExchange connecting = connecting();
        HandshakeExchange accepting = new HandshakeExchange(Side.ACCEPTING, handshake, isEncrypted);
        byte[] opening = connecting.opening();
        return new Recorded(opening, connecting.onMessage(accepting.onMessage(opening)));
    }

    private record LettingIn(Connection connection) implements HandshakeHandler.Outcome {
        @Override
        public Connection onAuthenticated() {
            return connection;
        }

        @Override
        public void onRefused(String why) {
            throw new IllegalStateException(why);
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
