package io.selvage.task.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.ImmediateExecutor;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.security.Handshake.Side;
import io.selvage.protocol.security.Refusals;
import io.selvage.protocol.transport.PinnedTls;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.Wakeup;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Two ends without sockets or threads, so that each can be made to fail where it is wanted. */
class EncryptedConnectionTest {
    private static final int MOST_CHARACTERS = 400;
    private static final byte[] LARGE = bytesInTheClear(80_000); // Hexadecimal digits are twice as many.
    private static final int DEADLINE_SECONDS = 5;
    private static final JobId JOB = JobId.random();

    private final ApplicationIdentity identity = ApplicationIdentity.create();
    private final End sender = new End(Side.CONNECTING, ImmediateExecutor.INSTANCE);
    private final End receiver = new End(Side.ACCEPTING, ImmediateExecutor.INSTANCE);

    @Test
    void whatIsNoTlsIsNotQuotedOnceTheConnectionStands() {
        talk(sender, receiver);

        receiver.hear(LARGE);

        assertThat(receiver.socket.isOpen()).isFalse();
        assertThat(receiver.failure().reason()).contains("no TLS record").hasSizeLessThan(MOST_CHARACTERS);
        assertThat(receiver.failure().lostPeer()).isNull();
        assertThat(receiver.refusals.total()).isEqualTo(1);
    }

    @Test
    void whatIsNoTlsIsNotQuotedBeforeTheConnectionStands() {
        prove(sender, receiver);

        receiver.hear(Arrays.copyOf(LARGE, 20_000));

        assertThat(receiver.refused).contains("no TLS record").hasSizeLessThan(MOST_CHARACTERS);
    }

    /**
     * A record of which the peer hears nothing is not missed before the next one: the connection would only be still.
     */
    @Test
    void aRecordThatCannotBeWrittenEndsTheConnection() {
        talk(sender, receiver);
        sender.socket.failing = new OutOfMemoryError("of direct memory, in a test");

        sender.say();

        assertThat(sender.socket.isOpen()).isFalse();
        assertThat(sender.failure().reason()).contains("closed here after", "of direct memory, in a test");
        assertThat(sender.failure().lostPeer()).isNull();
        assertThat(sender.refusals.total()).as("what the peer sent was sound").isZero();
    }

    /** As it closes, what was still to be sent fails too, and must not be told in place of the cause. */
    @Test
    void whatIsLeftUnsentHidesNoCause() {
        talk(sender, receiver);
        sender.writeWithoutFlush();

        sender.hear(LARGE);

        assertThat(sender.failure().reason()).contains("no TLS record");
        assertThat(sender.refusals.total()).isEqualTo(1);
    }

    @Test
    void whatIsLeftUnsentAsThePeerGoesIsNoFailureOfThisSide() {
        talk(sender, receiver);
        sender.writeWithoutFlush();

        sender.hangUpOn();

        assertThat(sender.failure().reason()).contains("the peer closed it");
        assertThat(sender.failure().lostPeer()).isEqualTo(new ExecutorId("receiver"));
    }

    @Test
    void onlyWhoGotWhatCannotBeDecryptedCountsIt() {
        talk(sender, receiver);
        byte[] record = sender.say();
        record[record.length - 1] ^= 1;

        receiver.hear(record);
        pass(receiver, sender);

        assertThat(receiver.failure().reason()).contains("the peer sent what can't be decrypted");
        assertThat(receiver.refusals.total()).isEqualTo(1);
        assertThat(sender.failure().reason()).contains("the peer refused what it got");
        assertThat(sender.failure().lostPeer()).as("it has said so").isNull();
        assertThat(sender.refusals.total()).isZero();
    }

    @Test
    void aFailureToEncryptIsThisSides() {
        talk(sender, receiver);

        sender.socket.pipeline().fireExceptionCaught(new SSLException("no more keys, in a test"));
        sender.socket.runPendingTasks();

        assertThat(sender.failure().reason()).contains("closed here after", "no more keys, in a test");
        assertThat(sender.failure().lostPeer()).isNull();
    }

    @Test
    void aPeerMaySendOnlySoMuchBeforeItsEncryptionStands() {
        Queue<Runnable> work = new ArrayDeque<>();
        End slow = new End(Side.ACCEPTING, work::add);
        prove(sender, slow);
        pass(sender, slow); // Its hello.
        assertThat(work).as("the work of TLS that is not done").isNotEmpty();

        int sent = 0;
        while (slow.refused == null && sent < 1 << 20) {
            slow.hear(new byte[1000]);
            sent += 1000;
        }

        assertThat(sent).isLessThanOrEqualTo(HandshakeHandler.MAX_BYTES_UNTIL_ENCRYPTED + 1000);
        assertThat(slow.refused).contains("the peer sent more than 65536 bytes before its encryption stood");
        slow.late(); // TLS has a moment for its good-bye.
        assertThat(slow.socket.isOpen()).isFalse();
    }

    @Test
    void whatComesOnceItStandsHasNoSuchBound() {
        talk(sender, receiver);

        for (int i = 0; i < HandshakeHandler.MAX_BYTES_UNTIL_ENCRYPTED / 10; i++) {
            receiver.hear(sender.say());
        }

        assertThat(receiver.socket.isOpen()).isTrue();
    }

    @Test
    void theDeadlineSaysWhatWasNotInTime() {
        End silent = new End(Side.ACCEPTING, ImmediateExecutor.INSTANCE);
        silent.late();
        assertThat(silent.refused).isEqualTo("the peer did not prove itself in time");

        End slow = new End(Side.ACCEPTING, task -> {});
        talk(sender, slow);
        slow.late();
        assertThat(slow.refused).isEqualTo("its encryption did not stand in time");
    }

    /** As far as it goes. */
    private static void talk(End one, End other) {
        int bytes = 1;
        while (bytes > 0) {
            bytes = pass(one, other) + pass(other, one);
        }
    }

    /** Up to where TLS begins, of which the accepting side has heard nothing yet. */
    private static void prove(End connecting, End accepting) {
        pass(connecting, accepting); // the challenges
        pass(accepting, connecting);
        pass(connecting, accepting); // the responses
        pass(accepting, connecting);
        assertThat(accepting.refused).isNull();
    }

    /** Answers the number of bytes. */
    private static int pass(End from, End to) {
        byte[] said = from.said();
        if (said.length > 0) {
            to.hear(said);
        }
        return said.length;
    }

    private static byte[] bytesInTheClear(int count) {
        byte[] bytes = new byte[count];
        Arrays.fill(bytes, (byte) 'G');
        return bytes;
    }

    /** One process, and its connection with one channel. */
    private final class End implements HandshakeHandler.Outcome {
        private final BreakableSocket socket = new BreakableSocket();
        private final Refusals refusals = new Refusals("the port of the test");
        private final List<ChannelFailure> failures = new ArrayList<>();
        private final Connection connection;
        private @Nullable String refused;

        End(Side side, Executor slow) {
            NetworkThread thread = new NetworkThread(socket.eventLoop());
            connection = side == Side.CONNECTING ? outgoing(thread) : incoming(thread);
            socket.freezeTime();
            socket.pipeline()
                    .addLast(new HandshakeHandler(
                            new HandshakeExchange(side, identity.handshake(), true),
                            new Encryption(new PinnedTls(identity), slow),
                            TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS),
                            this));
            socket.pipeline().fireChannelActive();
        }

        private Connection outgoing(NetworkThread thread) {
            OutgoingConnection outgoing = new OutgoingConnection(
                    thread,
                    new ExecutorId("sender"),
                    new ExecutorAddress(new ExecutorId("receiver"), "localhost", 1),
                    refusals,
                    over -> {});
            outgoing.open(new RemoteOutput(
                    definition(), new Wakeup(), (id, why) -> failures.add(why), thread, new FlushTicker(thread)));
            return outgoing;
        }

        private Connection incoming(NetworkThread thread) {
            InputRegistry registry = new InputRegistry(thread, 8, TimeUnit.HOURS.toNanos(1));
            registry.register(new RemoteInput(
                    definition(), new Wakeup(), (id, why) -> failures.add(why), thread, new ArrayPool()));
            IncomingConnection incoming =
                    new IncomingConnection(thread, new ExecutorId("receiver"), "the test", registry, refusals);
            registry.onConnected(incoming);
            return incoming;
        }

        @Override
        public Connection onAuthenticated() {
            return connection;
        }

        @Override
        public void onRefused(String why) {
            refused = why;
        }

        ChannelFailure failure() {
            assertThat(failures).hasSize(1);
            return failures.get(0);
        }

        void late() {
            socket.advanceTimeBy(DEADLINE_SECONDS + 1, TimeUnit.SECONDS);
            socket.runPendingTasks();
        }

        /** As the socket does when it has read to the end. */
        void hangUpOn() {
            socket.unsafe().close(socket.newPromise());
            socket.runPendingTasks();
        }

        void hear(byte[] bytes) {
            if (socket.isOpen()) {
                socket.writeInbound(Unpooled.wrappedBuffer(bytes));
            }
        }

        byte[] said() {
            socket.runPendingTasks();
            ByteBuf all = Unpooled.buffer();
            for (ByteBuf out = socket.readOutbound(); out != null; out = socket.readOutbound()) {
                all.writeBytes(out);
                out.release();
            }
            byte[] bytes = new byte[all.readableBytes()];
            all.readBytes(bytes);
            return bytes;
        }

        void writeWithoutFlush() {
            connection.write(FrameType.ANNOUNCE, 0, 1, 0, new byte[0], 0, 0);
        }

        /** Answers the bytes of one record of TLS; what is in it closes a channel that is closed already. */
        byte[] say() {
            said();
            connection.writeClose(1, CloseReason.RELEASED);
            return said();
        }
    }

    private static ChannelDefinition definition() {
        @SuppressWarnings("unchecked")
        Serde<Object> strings = (Serde<Object>) (Serde<?>) Serdes.STRING;
        return new ChannelDefinition(
                new ChannelId(JOB, new Incarnation(1), 0, 0, 0),
                strings,
                1024,
                Duration.ofMillis(1),
                Duration.ofSeconds(1));
    }

    private static final class BreakableSocket extends EmbeddedChannel {
        private @Nullable Error failing; // with the next write

        @Override
        protected Object filterOutboundMessage(Object message) throws Exception {
            Error now = failing;
            if (now != null) {
                failing = null;
                throw now;
            }
            return super.filterOutboundMessage(message);
        }
    }
}
