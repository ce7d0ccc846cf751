package io.selvage.task.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.security.Handshake;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.Control;
import io.selvage.task.exchange.ElementDecoder;
import io.selvage.task.exchange.ElementLog;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Timestamps;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.exchange.Watermark;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Over real sockets on loopback, in the clear and encrypted, with Netty's leak detector looking at each buffer. */
@ParameterizedClass(name = "encrypted: {0}")
@ValueSource(booleans = {false, true})
@Timeout(300)
class DataPlaneTest {
    static {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    }

    private static final String HOST = InetAddress.getLoopbackAddress().getHostAddress();
    private static final int BUFFER = 4096;
    private static final Duration FLUSH = Duration.ofMillis(1);
    private static final Duration TARGET = Duration.ofSeconds(1);
    private static final Duration NEVER = Duration.ofHours(1);
    private static final Incarnation FIRST = new Incarnation(1);
    private static final Incarnation SECOND = new Incarnation(2);

    private final long activeBefore = activeBuffers();
    private final ApplicationIdentity identity = ApplicationIdentity.create();
    private final JobId job = JobId.random();
    private final List<DataPlane> planes = new ArrayList<>();
    private final boolean isEncrypted;
    private final DataPlane a;
    private final DataPlane b;
    private final BlockingQueue<ChannelFailure> failuresOfA = new LinkedBlockingQueue<>();
    private final BlockingQueue<ChannelFailure> failuresOfB = new LinkedBlockingQueue<>();
    private final Wakeup producer = new Wakeup();
    private final Wakeup consumer = new Wakeup();

    DataPlaneTest(boolean isEncrypted) {
        this.isEncrypted = isEncrypted;
        this.a = plane("a");
        this.b = plane("b");
    }

    @AfterEach
    void leavesNoBufferBehind() {
        planes.forEach(DataPlane::close);
        // The network threads have ended, and have given back what they kept for themselves. So may have threads of
        // other tests.
        assertThat(activeBuffers()).isLessThanOrEqualTo(activeBefore);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void carriesManyChannelsInOrderBothWays(long seed) throws Exception {
        int channels = 12;
        int records = 800;
        Random random = new Random(seed);
        List<CompletableFuture<Void>> running = new ArrayList<>();
        List<InputChannel> inputs = new ArrayList<>();
        List<OutputChannel> outputs = new ArrayList<>();
        for (int i = 0; i < channels; i++) {
            DataPlane from = i % 2 == 0 ? a : b;
            DataPlane to = i % 2 == 0 ? b : a;
            Definition definition = define(FIRST, i).bytes(1024 << random.nextInt(6));
            long content = random.nextLong();
            Wakeup emitting = new Wakeup();
            Wakeup polling = new Wakeup();
            InputChannel input =
                    to.registerInput(definition.of(byteArrays()), polling, (id, why) -> failuresOfB.add(why));
            OutputChannel output = from.openOutput(
                    definition.of(byteArrays()), address(to), emitting, (id, why) -> failuresOfA.add(why));
            running.add(run(() -> emitAll(output, emitting, new Random(content), records)));
            running.add(run(() -> expectAll(input, polling, new Random(content), records)));
            inputs.add(input);
            outputs.add(output);
        }
        for (CompletableFuture<Void> each : running) {
            each.get(120, TimeUnit.SECONDS);
        }
        for (int i = 0; i < channels; i++) {
            assertThat(inputs.get(i).bytesTaken())
                    .isEqualTo(outputs.get(i).bytesAccepted())
                    .isGreaterThan(records);
        }
        assertThat(failuresOfA).isEmpty();
        assertThat(failuresOfB).isEmpty();
    }

    @Test
    void controlElementsKeepTheirPlaceAndAreNotHeldBack() throws Exception {
        Definition definition = define(FIRST, 1).flush(NEVER);
        InputChannel input = register(b, definition);
        OutputChannel output = open(a, b, definition);

        emit(output, "one", 1);
        emit(output, new Watermark(1));
        emit(output, "two", 2);
        emit(output, new Barrier(new CheckpointId(1), 99, false));
        emit(output, EndOfInput.INSTANCE);
        emit(output, new Barrier(new CheckpointId(2), 100, true));

        assertThat(next(input, 6))
                .containsExactly(
                        "one@1",
                        new Watermark(1),
                        "two@2",
                        new Barrier(new CheckpointId(1), 99, false),
                        EndOfInput.INSTANCE,
                        new Barrier(new CheckpointId(2), 100, true));
    }

    @Test
    void aSingleRecordArrivesWithinTheFlushTimeoutWithoutAFlush() throws Exception {
        Definition definition = define(FIRST, 1);
        InputChannel input = register(b, definition);
        OutputChannel output = open(a, b, definition);
        next(input, output, "warm");

        long[] nanos = new long[50];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            next(input, output, "r" + i);
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        assertThat(Duration.ofNanos(nanos[nanos.length / 10]))
                .as("those that other threads have not held up")
                .isLessThan(Duration.ofMillis(50));
    }

    @Test
    void withoutTimeoutARecordGoesWhenItsProducerFlushes() throws Exception {
        Definition held = define(FIRST, 1).flush(NEVER);
        Definition other = define(FIRST, 2).flush(NEVER);
        InputChannel input = register(b, held);
        InputChannel otherInput = register(b, other);
        OutputChannel output = open(a, b, held);
        OutputChannel otherOutput = open(a, b, other);

        // The first credit sends what there is.
        emit(output, new Watermark(0));
        assertThat(next(input, 1)).containsExactly(new Watermark(0));

        emit(output, "held", 1);
        emit(otherOutput, new Watermark(1));
        assertThat(next(otherInput, 1)).containsExactly(new Watermark(1));
        // What goes on the same connection has overtaken it.
        assertThat(input.isEmpty()).isTrue();

        output.flush();
        assertThat(next(input, 1)).containsExactly("held@1");
    }

    @Test
    void aSlowConsumerHoldsItsProducerAtTheCreditThatItGave() throws Exception {
        Definition definition = define(FIRST, 1);
        Definition other = define(FIRST, 2);
        InputChannel input = b.registerInput(definition.of(byteArrays()), consumer, (id, why) -> failuresOfB.add(why));
        OutputChannel output =
                a.openOutput(definition.of(byteArrays()), address(b), producer, (id, why) -> failuresOfA.add(why));
        InputChannel otherInput = register(b, other);
        OutputChannel otherOutput = open(a, b, other);

        byte[] kilobyte = new byte[1000];
        int accepted = emitUntilStuck(output, kilobyte, otherOutput, otherInput);
        int most = Credit.window(BUFFER) + (RemoteOutput.MAX_SEALED_CHUNKS + 1) * BUFFER;
        assertThat(accepted * kilobyte.length).isLessThanOrEqualTo(most).isGreaterThan(Credit.window(BUFFER) / 2);

        // The rest comes as the consumer makes room, and the producer hears of it.
        CompletableFuture<Void> rest = run(() -> {
            for (int i = 0; i < 100; i++) {
                emit(output, kilobyte, Timestamps.NONE, producer);
            }
            output.flush();
        });
        for (int i = 0; i < accepted + 100; i++) {
            assertThat((byte[]) await(input, consumer)).hasSize(kilobyte.length);
        }
        rest.get(60, TimeUnit.SECONDS);
        assertThat(failuresOfA).isEmpty();
        assertThat(failuresOfB).isEmpty();
    }

    @Test
    void aBarrierReachesASlowConsumerInAboutTheTargetTime() throws Exception {
        Definition definition = define(FIRST, 1).bytes(8 << 10).inFlight(Duration.ofMillis(100));
        InputChannel input = b.registerInput(definition.of(byteArrays()), consumer, (id, why) -> failuresOfB.add(why));
        OutputChannel output =
                a.openOutput(definition.of(byteArrays()), address(b), producer, (id, why) -> failuresOfA.add(why));
        byte[] record = new byte[64];
        AtomicInteger taken = new AtomicInteger();
        CompletableFuture<Integer> ahead = CompletableFuture.supplyAsync(
                () -> {
                    int sent = 0;
                    while (taken.get() < 2_000) { // By then it is known how fast they are taken.
                        emit(output, record, Timestamps.NONE, producer);
                        sent++;
                    }
                    int queued = sent - taken.get();
                    emit(output, new Barrier(new CheckpointId(1), 0, false), producer);
                    return queued;
                },
                task -> new Thread(task, "subtask").start());
        while (!(await(input, consumer) instanceof Barrier)) {
            taken.incrementAndGet();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1)); // The work that one record is.
        }
        int full = (8 << 10) * Credit.IN_FLIGHT_BUFFERS / record.length;
        assertThat(ahead.get(60, TimeUnit.SECONDS)).as("records ahead of it").isLessThan(full / 3);
        assertThat(failuresOfA).isEmpty();
        assertThat(failuresOfB).isEmpty();
    }

    /** Whatever has been read before or since, is queued, or has not been sent; records of several buffers among it. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void anAnnouncedBarrierBringsAlongWhatItOvertakes(int seed) throws Exception {
        Random random = new Random(seed);
        Definition definition = define(FIRST, 1).bytes(1024 << random.nextInt(3));
        InputChannel input = b.registerInput(definition.of(byteArrays()), consumer, (id, why) -> failuresOfB.add(why));
        OutputChannel output =
                a.openOutput(definition.of(byteArrays()), address(b), producer, (id, why) -> failuresOfA.add(why));
        List<String> sent = new ArrayList<>();
        emit(output, new byte[1], 0);
        sent.add(text(new byte[1], 0));
        output.flush();
        assertThat(text(await(input, consumer), 0)).isEqualTo(sent.get(0)); // The connection stands.
        int most = random.nextInt(800);
        boolean isAccepted = true;
        int forced = 0;
        for (int i = 0; isAccepted && i < most; i++) {
            byte[] record = new byte[random.nextInt(20) == 0 ? 3000 : random.nextInt(100)];
            random.nextBytes(record);
            long timestamp = random.nextInt(3) == 0 ? Timestamps.NONE : i + random.nextInt(300);
            isAccepted = output.tryEmit(record, timestamp) || forced++ < 3 && output.tryForce(record, timestamp);
            if (isAccepted) {
                sent.add(text(record, timestamp));
            }
        }
        int polled = 1;
        for (int left = random.nextInt(sent.size()); left > 0 && !input.isEmpty(); left--) {
            Object record = input.poll();
            if (record == null) {
                break;
            }
            assertThat(text(record, input.timestampMillis())).isEqualTo(sent.get(polled++));
        }
        ElementLog log = input.newLog();
        int from = polled;
        Barrier barrier = new Barrier(new CheckpointId(1), 5, false);
        assertThat(output.tryAnnounce(barrier)).isTrue();
        byte[] after = {9};
        assertThat(output.tryForce(after, 77)).isTrue();
        output.flush();
        boolean isLogged = random.nextBoolean();
        for (int left = random.nextInt(sent.size() - polled + 1); left > 0; left--) {
            Object record = await(input, consumer);
            assertThat(text(record, input.timestampMillis())).isEqualTo(sent.get(polled++));
            log.append(record, input.timestampMillis());
        }
        if (awaitAnnounced(input)) {
            assertThat(input.announced()).isEqualTo(barrier);
            log = isLogged ? log : input.newLog();
            from = isLogged ? from : polled;
            input.logQueued(log);
            assertThat(records(log)).containsExactlyElementsOf(sent.subList(from, sent.size()));
        }
        while (polled < sent.size()) {
            assertThat(text(await(input, consumer), input.timestampMillis())).isEqualTo(sent.get(polled++));
        }
        assertThat(await(input, consumer)).isEqualTo(barrier);
        assertThat(input.announced()).isNull();
        assertThat((byte[]) await(input, consumer)).isEqualTo(after);
        assertThat(input.timestampMillis()).isEqualTo(77);
    }

    /** False: it was sent before it could be announced, so nothing is under way that has not come. */
    private boolean awaitAnnounced(InputChannel input) {
        while (input.announced() == null) {
            consumer.prepare();
            if (input.announced() == null && input.isEmpty()) {
                consumer.await(TimeUnit.SECONDS.toNanos(20));
            } else {
                consumer.cancel();
                return input.announced() != null;
            }
        }
        return true;
    }

    private static String text(Object record, long timestampMillis) {
        return Arrays.toString((byte[]) record) + "@" + timestampMillis;
    }

    private static List<String> records(ElementLog log) {
        BinaryReader in = new BinaryReader(log.toByteArray());
        ElementDecoder decoder = ElementLog.open(in, byteArrays());
        List<String> records = new ArrayList<>();
        while (in.remaining() > 0) {
            records.add(text(decoder.read(in), decoder.timestampMillis()));
        }
        return records;
    }

    @Test
    void recordsLargerThanABufferArriveWhole() throws Exception {
        Definition definition = define(FIRST, 1).bytes(1024);
        Random random = new Random(5);
        List<byte[]> records = new ArrayList<>();
        for (int size : new int[] {10, 5000, 1023, 1024, 1025, 3_000_000, 0, 70_000, 1, 2048}) {
            byte[] record = new byte[size];
            random.nextBytes(record);
            records.add(record);
        }
        InputChannel input = b.registerInput(definition.of(byteArrays()), consumer, (id, why) -> failuresOfB.add(why));
        OutputChannel output =
                a.openOutput(definition.of(byteArrays()), address(b), producer, (id, why) -> failuresOfA.add(why));

        CompletableFuture<Void> emitting = run(() -> {
            for (byte[] record : records) {
                emit(output, record, 3, producer);
            }
        });
        for (byte[] record : records) {
            assertThat((byte[]) await(input, consumer)).isEqualTo(record);
        }
        emitting.get(60, TimeUnit.SECONDS);
        assertThat(failuresOfB).isEmpty();
    }

    @Test
    void aRecordBeyondTheLimitIsRefusedWithTheRemedy() {
        OutputChannel output = a.openOutput(
                define(FIRST, 1).of(byteArrays()), address(b), producer, (id, why) -> failuresOfA.add(why));

        assertThatThrownBy(() -> output.tryEmit(new byte[RemoteOutput.MAX_RECORD_BYTES], Timestamps.NONE))
                .isInstanceOf(RecordTooLargeException.class)
                .hasMessageContaining("Split it");
    }

    @Test
    void aRecordWhoseSerdeThrowsLeavesNothingBehind() throws Exception {
        Definition definition = define(FIRST, 1);
        @SuppressWarnings("unchecked")
        Serde<Object> picky = (Serde<Object>) (Serde<?>) new PickySerde();
        InputChannel input = b.registerInput(definition.of(picky), consumer, (id, why) -> failuresOfB.add(why));
        OutputChannel output =
                a.openOutput(definition.of(picky), address(b), producer, (id, why) -> failuresOfA.add(why));

        emit(output, "good", 1);
        assertThatThrownBy(() -> output.tryEmit("bad", 2)).hasMessage("no bad records");
        emit(output, "better", 3);

        assertThat(next(input, 2)).containsExactly("good@1", "better@3");
    }

    @Test
    void aReceiverThatRegistersLateGetsAll() throws Exception {
        Definition definition = define(FIRST, 1);
        OutputChannel output = open(a, b, definition);
        emit(output, "early", 1);
        passThrough(2);

        assertThat(next(register(b, definition), 1)).containsExactly("early@1");
    }

    @Test
    void aSenderWhoseReceiverNeverRegistersFailsNamingIt() throws Exception {
        DataPlane impatient = plane("impatient", new DataPlaneLimits(8, TimeUnit.SECONDS.toNanos(60), 8, 1));
        open(a, impatient, define(FIRST, 1));

        assertThat(next(failuresOfA).reason()).contains("Executor impatient", "has not started the subtask");
    }

    @Test
    void onlySoManySendersMayWait() throws Exception {
        DataPlane small =
                plane("small", new DataPlaneLimits(8, TimeUnit.SECONDS.toNanos(60), 2, TimeUnit.MINUTES.toNanos(1)));
        for (int i = 0; i < 3; i++) {
            open(a, small, define(FIRST, i));
        }

        assertThat(next(failuresOfA).reason()).contains("too many wait", "edge 2");
    }

    @Test
    void anOlderIncarnationIsRefused() throws Exception {
        register(b, define(SECOND, 1));
        open(a, b, define(FIRST, 1));

        assertThat(next(failuresOfA).reason()).contains("Executor b", "later incarnation");
        assertThat(failuresOfB).isEmpty();
    }

    @Test
    void anOlderIncarnationThatWaitsIsRefusedWhenALaterStarts() throws Exception {
        open(a, b, define(FIRST, 1));
        passThrough(2);
        register(b, define(SECOND, 1));

        assertThat(next(failuresOfA).reason()).contains("Executor b", "later incarnation");
    }

    @Test
    void aReleasedIncarnationIsClosedAtBothEndsAndNotOpenedAgain() throws Exception {
        Definition definition = define(FIRST, 1);
        InputChannel input = register(b, definition);
        OutputChannel output = open(a, b, definition);
        next(input, output, "before");
        emit(output, "queued", 1);
        output.flush();
        consumerSees(input);

        b.release(job, FIRST);
        assertThat(next(failuresOfA).reason()).contains("Executor b", "has ended that incarnation");
        assertThat(output.tryEmit("after", 1)).isFalse();
        assertThat(input.poll()).isNull();
        assertThat(input.isEmpty()).isTrue();
        assertThat(failuresOfB).isEmpty();

        JobId otherJob = JobId.random();
        ChannelDefinition again =
                new ChannelDefinition(new ChannelId(job, FIRST, 9, 0, 0), strings(), BUFFER, FLUSH, TARGET);
        a.openOutput(again, address(b), producer, (id, why) -> failuresOfA.add(why));
        assertThat(next(failuresOfA).reason()).contains("later incarnation");
        ChannelDefinition other =
                new ChannelDefinition(new ChannelId(otherJob, FIRST, 9, 0, 0), strings(), BUFFER, FLUSH, TARGET);
        InputChannel otherInput = b.registerInput(other, consumer, (id, why) -> failuresOfB.add(why));
        next(otherInput, a.openOutput(other, address(b), producer, (id, why) -> failuresOfA.add(why)), "goes on");
    }

    /** A zombie: it has been given up, and does not know yet. */
    @Test
    void neitherRecordsNorBarriersNorCreditOfAnOlderIncarnationReachALaterOne() throws Exception {
        Definition old = define(FIRST, 1);
        InputChannel oldInput = register(b, old);
        OutputChannel zombie = open(a, b, old);
        next(oldInput, zombie, "before");
        emit(zombie, new Barrier(new CheckpointId(7), 0, false));
        String large = "z".repeat(BUFFER / 2);
        while (zombie.tryEmit(large, 1)) {
            zombie.flush();
        }

        b.release(job, FIRST);
        InputChannel input = register(b, define(SECOND, 1));
        OutputChannel output = open(a, b, define(SECOND, 1));
        // What the zombie's consumer gives back now belongs to no channel.
        while (oldInput.poll() != null) {
            oldInput.release(System.nanoTime());
        }
        for (int i = 0; i < 100; i++) {
            next(input, output, "after " + i);
        }
        assertThat(next(failuresOfA).reason()).contains("Executor b", "has ended that incarnation");
        assertThat(zombie.tryEmit(large, 1)).isFalse();
        assertThat(oldInput.poll()).isNull();
        assertThat(input.isEmpty()).isTrue();
    }

    @Test
    void releaseAfterTheEndOfInputIsNoFailure() throws Exception {
        Definition definition = define(FIRST, 1);
        InputChannel input = register(b, definition);
        OutputChannel output = open(a, b, definition);
        emit(output, EndOfInput.INSTANCE);
        assertThat(next(input, 1)).containsExactly(EndOfInput.INSTANCE);

        b.release(job, FIRST);
        a.release(job, FIRST);
        JobId otherJob = JobId.random();
        ChannelDefinition other =
                new ChannelDefinition(new ChannelId(otherJob, FIRST, 9, 0, 0), strings(), BUFFER, FLUSH, TARGET);
        InputChannel otherInput = b.registerInput(other, consumer, (id, why) -> failuresOfB.add(why));
        next(otherInput, a.openOutput(other, address(b), producer, (id, why) -> failuresOfA.add(why)), "goes on");

        assertThat(failuresOfA).isEmpty();
        assertThat(failuresOfB).isEmpty();
    }

    @Test
    void theSendersReleaseFailsAReceiverThatStillExpectsRecords() throws Exception {
        Definition definition = define(FIRST, 1);
        InputChannel input = register(b, definition);
        next(input, open(a, b, definition), "before");

        a.release(job, FIRST);

        assertThat(next(failuresOfB).reason()).contains("Executor a", "has ended that incarnation");
    }

    /** Of a channel whose elements are thrown away, nothing whole can be captured any more. */
    @Test
    void aChannelThatIsClosedAnnouncesNothingOnceItsElementsAreGone() throws Exception {
        Definition definition = define(FIRST, 1);
        InputChannel input = register(b, definition);
        OutputChannel output = open(a, b, definition);
        next(input, output, "before");
        emit(output, "queued", 2);
        consumerSees(input);
        assertThat(output.tryAnnounce(new Barrier(new CheckpointId(1), 5, false)))
                .isTrue();
        while (input.announced() == null) {
            consumer.prepare();
            if (input.announced() == null) {
                consumer.await(TimeUnit.SECONDS.toNanos(1));
            } else {
                consumer.cancel();
            }
        }

        a.release(job, FIRST);

        next(failuresOfB);
        assertThat(input.poll()).isNull();
        assertThat(input.announced()).isNull();
    }

    /** Its peer has never heard of it, and must not miss it among the channels that come after. */
    @Test
    void aChannelThatIsReleasedBeforeItsConnectionStandsCostsNoOther() throws Exception {
        ChannelDefinition other =
                new ChannelDefinition(new ChannelId(JobId.random(), FIRST, 9, 0, 0), strings(), BUFFER, FLUSH, TARGET);
        InputChannel otherInput = b.registerInput(other, consumer, (id, why) -> failuresOfB.add(why));
        InputChannel input = register(b, define(SECOND, 1));
        try (CuttableWire wire = CuttableWire.held(b.dataPort(), isEncrypted)) {
            ExecutorAddress address = new ExecutorAddress(new ExecutorId("b"), HOST, wire.port());
            OutputChannel released = open(a, address, define(FIRST, 1));
            OutputChannel otherOutput = a.openOutput(other, address, producer, (id, why) -> failuresOfA.add(why));
            a.release(job, FIRST);
            OutputChannel output = open(a, address, define(SECOND, 1));
            wire.letThrough();

            next(otherInput, otherOutput, "goes on");
            next(input, output, "starts");
            assertThat(released.tryEmit("ended", 1)).isFalse();
            assertThat(failuresOfA).isEmpty();
            assertThat(failuresOfB).isEmpty();
        }
    }

    @Test
    void aLostConnectionFailsEachChannelOnceAtBothEnds() throws Exception {
        try (CuttableWire wire = new CuttableWire(b.dataPort(), isEncrypted)) {
            for (int i = 0; i < 3; i++) {
                InputChannel input = register(b, define(FIRST, i));
                next(
                        input,
                        open(a, new ExecutorAddress(new ExecutorId("b"), HOST, wire.port()), define(FIRST, i)),
                        "x");
            }
            wire.cut();

            for (int i = 0; i < 3; i++) {
                assertThat(next(failuresOfA))
                        .matches(why -> why.reason().contains("executor b at") && isLoss(why, "b"));
                assertThat(next(failuresOfB))
                        .matches(why -> why.reason().contains("executor a at") && isLoss(why, "a"));
            }
            passThrough(7);
            assertThat(failuresOfA).isEmpty();
            assertThat(failuresOfB).isEmpty();
        }
    }

    @Test
    void aProcessThatEndsFailsItsPeersChannels() throws Exception {
        Definition forth = define(FIRST, 1);
        Definition back = define(FIRST, 2);
        next(register(b, forth), open(a, b, forth), "x");
        InputChannel input = a.registerInput(back.of(strings()), consumer, (id, why) -> failuresOfA.add(why));
        next(input, b.openOutput(back.of(strings()), address(a), producer, (id, why) -> failuresOfB.add(why)), "y");

        b.close();

        assertThat(List.of(failuresOfA.take(), failuresOfA.take()))
                .allMatch(why -> why.reason().contains("executor b at") && isLoss(why, "b"));
        assertThat(failuresOfB).isEmpty();
    }

    @Test
    void anExecutorThatCannotBeReachedFailsTheChannelNamingIt() throws Exception {
        DataPlane gone = plane("gone");
        ExecutorAddress address = address(gone, "gone");
        gone.close();
        open(a, address, define(FIRST, 1));

        ChannelFailure failure = next(failuresOfA);
        assertThat(failure.reason()).contains("Executor gone at", "can't be connected to");
        assertThat(isLoss(failure, "gone")).isTrue();
    }

    @Test
    void anotherExecutorAtTheAddressIsRefused() throws Exception {
        open(a, new ExecutorAddress(new ExecutorId("c"), HOST, b.dataPort()), define(FIRST, 1));

        ChannelFailure failure = next(failuresOfA);
        assertThat(failure.reason()).contains("executor c at", "the name of another executor, b");
        assertThat(failure.lostPeer()).as("closed from this side").isNull();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 4, 8, 12, 17, 30, 900})
    void aDamagedFrameClosesTheConnectionAndFailsBothEnds(long offset) throws Exception {
        assumeThat(isEncrypted).as("the places of its bytes are not known").isFalse();
        Definition definition = define(FIRST, 1);
        try (CuttableWire wire = new CuttableWire(b.dataPort(), isEncrypted)) {
            byte[] open = new OpenRequest(definition.id(), BUFFER).encode();
            long framesFrom = 40L + 32 + FrameHeader.BYTES + 1 + FrameHeader.BYTES + open.length;
            wire.flipAfter(framesFrom + offset);
            register(b, definition);
            OutputChannel output = open(a, new ExecutorAddress(new ExecutorId("b"), HOST, wire.port()), definition);
            // A length that has become larger waits for more: there is more.
            AtomicBoolean failed = new AtomicBoolean();
            CompletableFuture<Void> emitting = emitUntil(failed, output);

            ChannelFailure damaged = next(failuresOfB);
            assertThat(damaged.reason()).contains("executor a at", "the peer sent");
            assertThat(damaged.lostPeer()).as("closed from this side").isNull();
            assertThat(next(failuresOfA).reason()).contains("executor b at");
            failed.set(true);
            emitting.get(60, TimeUnit.SECONDS);
        }
    }

    /** Whatever byte it is that means something: those of the proof and of the certificates are among the first. */
    @ParameterizedTest
    @ValueSource(longs = {3, 20, 50, 80, 200, 400, 700, 1000, 1500, 2500, 10_000})
    void aDamagedByteNeverPassesAndClosesTheConnection(long place) throws Exception {
        // A length within the handshake's messages that has become larger is waited for.
        DataPlane brisk =
                plane("b", new DataPlaneLimits(8, TimeUnit.SECONDS.toNanos(3), 8, TimeUnit.MINUTES.toNanos(1)));
        Definition definition = define(FIRST, 1);
        try (CuttableWire wire = new CuttableWire(brisk.dataPort(), isEncrypted)) {
            wire.flipAfter(place);
            InputChannel input = register(brisk, definition);
            OutputChannel output = open(a, new ExecutorAddress(new ExecutorId("b"), HOST, wire.port()), definition);
            AtomicBoolean failed = new AtomicBoolean();
            CompletableFuture<Void> emitting = emitUntil(failed, output);

            next(failuresOfA);
            failed.set(true);
            emitting.get(60, TimeUnit.SECONDS);
            Object record = input.poll();
            while (record != null) {
                assertThat(record).isEqualTo("x".repeat(1000));
                record = input.poll();
            }
            awaitRefusal(brisk);
        }
    }

    private static CompletableFuture<Void> emitUntil(AtomicBoolean failed, OutputChannel output) {
        return run(() -> {
            String record = "x".repeat(1000);
            while (!failed.get()) {
                if (!output.tryEmit(record, 1)) {
                    output.flush();
                    Thread.onSpinWait();
                }
            }
        });
    }

    private static void awaitRefusal(DataPlane by) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (by.refused() == 0) {
            assertThat(System.nanoTime()).as("nobody counts it").isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    @Test
    void whoListensInBetweenReadsRecordsOnlyIfTheyAreNotEncrypted() throws Exception {
        Definition definition = define(FIRST, 1);
        try (CuttableWire wire = new CuttableWire(b.dataPort(), isEncrypted)) {
            InputChannel input = register(b, definition);
            OutputChannel output = open(a, new ExecutorAddress(new ExecutorId("b"), HOST, wire.port()), definition);
            for (int i = 0; i < 1000; i++) {
                next(input, output, "account " + i + " of a customer");
            }
            String heard = wire.heard();
            String channelId =
                    new String(new OpenRequest(definition.id(), BUFFER).encode(), StandardCharsets.ISO_8859_1);
            if (isEncrypted) {
                assertThat(heard.length()).isGreaterThan(1000 * "account 0 of a customer".length());
                assertThat(heard).doesNotContain("account ", "customer", channelId);
            } else {
                assertThat(heard).contains("account 7 of a customer", "account 999 of a customer", channelId);
            }
        }
    }

    @Test
    void whereOneSideEncryptsAndTheOtherDoesNotBothSaySo() throws Exception {
        DataPlane other = added(DataPlane.open(new ExecutorId("other"), identity, !isEncrypted, HOST));
        open(a, other, define(FIRST, 1));

        assertThat(next(failuresOfA).reason())
                .contains("handshake with executor other", "selvage.network.encryption is " + isEncrypted);
        awaitRefusal(other);
    }

    @Test
    void aPeerWithAnotherSecretIsRefused() throws Exception {
        DataPlane stranger =
                added(DataPlane.open(new ExecutorId("stranger"), ApplicationIdentity.create(), isEncrypted, HOST));
        stranger.openOutput(define(FIRST, 1).of(strings()), address(b), producer, (id, why) -> failuresOfA.add(why));

        assertThat(next(failuresOfA).reason()).contains("handshake with executor b", "failed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                "SELVAGE1 and then nothing but garbage in place of a proof, long enough to be taken for one, and more",
                "\u0000\u0001\u0002"
            })
    void whateverElseConnectsIsHungUpOn(String said) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), b.dataPort())) {
            socket.getOutputStream().write(said.getBytes(StandardCharsets.ISO_8859_1));
            socket.setSoTimeout(60_000);

            assertThat(readToEnd(socket)).isLessThanOrEqualTo(Handshake.CHALLENGE_BYTES);
        }
    }

    @Test
    void aPeerThatStaysSilentIsHungUpOnInTime() throws Exception {
        DataPlane brisk = plane("brisk", new DataPlaneLimits(8, TimeUnit.MILLISECONDS.toNanos(50), 8, 1));
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), brisk.dataPort())) {
            socket.setSoTimeout(60_000);

            assertThat(readToEnd(socket)).isZero();
        }
    }

    @Test
    void onlySoManyStrangersMayLingerAndTheOneThatIsThereLongestGoes() throws Exception {
        DataPlane small = plane("small", new DataPlaneLimits(2, TimeUnit.SECONDS.toNanos(60), 8, 1));
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            sockets.add(new Socket(InetAddress.getLoopbackAddress(), small.dataPort()));
            sockets.get(i).setSoTimeout(60_000);
        }

        assertThat(readToEnd(sockets.get(0))).isZero();
        Definition definition = define(FIRST, 1);
        InputChannel input = register(small, definition);
        next(input, open(a, small, definition), "although all places are taken");
        assertThat(small.refused()).isEqualTo(2);
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    // ---- What a subtask does at its channels.

    private interface Work {
        void run() throws Exception;
    }

    private static CompletableFuture<Void> run(Work work) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        work.run();
                    } catch (Exception failed) {
                        throw new IllegalStateException(failed);
                    }
                },
                task -> new Thread(task, "subtask").start());
    }

    private void emitAll(OutputChannel output, Wakeup wakeup, Random random, int records) {
        for (int i = 0; i < records; i++) {
            emit(output, record(random), i, wakeup);
            if (random.nextInt(50) == 0) {
                output.flush();
            }
            if (random.nextInt(100) == 0) {
                emit(output, new Watermark(i), wakeup);
            }
        }
        emit(output, EndOfInput.INSTANCE, wakeup);
    }

    private static void expectAll(InputChannel input, Wakeup wakeup, Random random, int records) {
        for (int i = 0; i < records; i++) {
            assertThat((byte[]) await(input, wakeup)).isEqualTo(record(random));
            assertThat(input.timestampMillis()).isEqualTo(i);
            random.nextInt(50);
            if (random.nextInt(100) == 0) {
                assertThat(await(input, wakeup)).isEqualTo(new Watermark(i));
            }
        }
        assertThat(await(input, wakeup)).isSameAs(EndOfInput.INSTANCE);
        assertThat(input.isEmpty()).isTrue();
    }

    private static byte[] record(Random random) {
        byte[] record = new byte[random.nextInt(20) == 0 ? random.nextInt(60_000) : random.nextInt(300)];
        random.nextBytes(record);
        return record;
    }

    private void emit(OutputChannel output, Object value, long timestampMillis) {
        emit(output, value, timestampMillis, producer);
    }

    private void emit(OutputChannel output, Control control) {
        emit(output, control, producer);
    }

    private static void emit(OutputChannel output, Object value, long timestampMillis, Wakeup wakeup) {
        while (!output.tryEmit(value, timestampMillis)) {
            awaitRoom(output, wakeup);
        }
    }

    private static void emit(OutputChannel output, Control control, Wakeup wakeup) {
        while (!output.tryEmit(control)) {
            awaitRoom(output, wakeup);
        }
    }

    private static void awaitRoom(OutputChannel output, Wakeup wakeup) {
        output.flush();
        long start = System.nanoTime();
        wakeup.prepare();
        if (output.isFull()) {
            wakeup.await(TimeUnit.SECONDS.toNanos(60));
        } else {
            wakeup.cancel();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .as("wait for room on %s", output.id())
                .isLessThan(Duration.ofSeconds(60));
    }

    /** Emits until the channel is full although all that can be under way has arrived. Gives the number of records. */
    private int emitUntilStuck(OutputChannel output, byte[] record, OutputChannel other, InputChannel otherInput) {
        int accepted = 0;
        for (int quietRounds = 0; quietRounds < 5; quietRounds++) {
            while (output.tryEmit(record, Timestamps.NONE)) {
                accepted++;
                quietRounds = 0;
            }
            output.flush();
            next(otherInput, other, "after it");
        }
        return accepted;
    }

    private static Object await(InputChannel input, Wakeup wakeup) {
        while (true) {
            Object element = input.poll();
            if (element != null) {
                input.release(System.nanoTime());
                return element;
            }
            long start = System.nanoTime();
            wakeup.prepare();
            if (input.isEmpty()) {
                wakeup.await(TimeUnit.SECONDS.toNanos(60));
            } else {
                wakeup.cancel();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("wait for input on %s", input.id())
                    .isLessThan(Duration.ofSeconds(60));
        }
    }

    private List<Object> next(InputChannel input, int count) {
        return Stream.generate(() -> {
                    Object element = await(input, consumer);
                    return element instanceof Control ? element : element + "@" + input.timestampMillis();
                })
                .limit(count)
                .toList();
    }

    private static ChannelFailure next(BlockingQueue<ChannelFailure> failures) throws InterruptedException {
        ChannelFailure failure = failures.poll(60, TimeUnit.SECONDS);
        assertThat(failure).as("a failed channel").isNotNull();
        return failure;
    }

    private static boolean isLoss(ChannelFailure failure, String peer) {
        return new ExecutorId(peer).equals(failure.lostPeer());
    }

    private void next(InputChannel input, OutputChannel output, String value) {
        emit(output, value, 1);
        assertThat(await(input, consumer)).isEqualTo(value);
    }

    private void consumerSees(InputChannel input) {
        while (input.isEmpty()) {
            consumer.prepare();
            if (input.isEmpty()) {
                consumer.await(TimeUnit.SECONDS.toNanos(60));
            } else {
                consumer.cancel();
            }
        }
    }

    /** Something has gone from a to b and was read there: what a and b were asked before has been done. */
    private void passThrough(int edge) {
        Definition definition = define(FIRST, edge);
        InputChannel input = register(b, definition);
        next(input, open(a, b, definition), "passed");
    }

    // ---- Planes and channels.

    private DataPlane plane(String name) {
        return added(DataPlane.open(new ExecutorId(name), identity, isEncrypted, HOST));
    }

    private DataPlane plane(String name, DataPlaneLimits limits) {
        return added(DataPlane.open(new ExecutorId(name), identity, isEncrypted, HOST, limits));
    }

    private DataPlane added(DataPlane plane) {
        planes.add(plane);
        return plane;
    }

    private ExecutorAddress address(DataPlane plane) {
        return address(plane, plane.self().value());
    }

    private static ExecutorAddress address(DataPlane plane, String name) {
        return new ExecutorAddress(new ExecutorId(name), HOST, plane.dataPort());
    }

    private record Definition(ChannelId id, int bufferBytes, Duration flushTimeout, Duration inFlightTarget) {
        Definition bytes(int count) {
            return new Definition(id, count, flushTimeout, inFlightTarget);
        }

        Definition flush(Duration timeout) {
            return new Definition(id, bufferBytes, timeout, inFlightTarget);
        }

        Definition inFlight(Duration target) {
            return new Definition(id, bufferBytes, flushTimeout, target);
        }

        ChannelDefinition of(Serde<Object> serde) {
            return new ChannelDefinition(id, serde, bufferBytes, flushTimeout, inFlightTarget);
        }
    }

    private Definition define(Incarnation incarnation, int edge) {
        return new Definition(new ChannelId(job, incarnation, edge, 0, 1), BUFFER, FLUSH, TARGET);
    }

    private InputChannel register(DataPlane at, Definition definition) {
        return at.registerInput(definition.of(strings()), consumer, (id, why) -> failuresOfB.add(why));
    }

    private OutputChannel open(DataPlane from, DataPlane to, Definition definition) {
        return open(from, address(to), definition);
    }

    private OutputChannel open(DataPlane from, ExecutorAddress to, Definition definition) {
        return from.openOutput(definition.of(strings()), to, producer, (id, why) -> failuresOfA.add(why));
    }

    @SuppressWarnings("unchecked")
    private static Serde<Object> strings() {
        return (Serde<Object>) (Serde<?>) Serdes.STRING;
    }

    @SuppressWarnings("unchecked")
    private static Serde<Object> byteArrays() {
        return (Serde<Object>) (Serde<?>) Serdes.BYTES;
    }

    private static int readToEnd(Socket socket) throws IOException {
        try {
            return socket.getInputStream().readAllBytes().length;
        } catch (java.net.SocketException reset) {
            return 0;
        }
    }

    private static long activeBuffers() {
        return PooledByteBufAllocator.DEFAULT.metric().directArenas().stream()
                        .mapToLong(PoolArenaMetric::numActiveAllocations)
                        .sum()
                + PooledByteBufAllocator.DEFAULT.metric().heapArenas().stream()
                        .mapToLong(PoolArenaMetric::numActiveAllocations)
                        .sum();
    }

    /** Refuses "bad" after it has written a part of it. */
    private static final class PickySerde implements Serde<String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void write(String value, io.selvage.api.type.BinaryWriter out) {
            out.writeString(value);
            if (value.equals("bad")) {
                throw new IllegalStateException("no bad records");
            }
        }

        @Override
        public String read(io.selvage.api.type.BinaryReader in) {
            return in.readString();
        }

        @Override
        public String schema() {
            return "picky";
        }
    }
}
