package io.selvage.task.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Wakeup;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A connection that lasts takes new keys every so often, which is after 128 GiB by the JDK's defaults. Here it is after
 * 256 KiB, in a process of its own, because the JDK reads it once.
 */
class KeyUpdateTest {
    private static final String LIMITS = "jdk.tls.keyLimits=AES/GCM/NoPadding KeyUpdate 2^18\n";
    private static final String UPDATED = "KeyUpdate: write key updated";
    private static final int RECORDS = 4_000;
    private static final int RECORD_BYTES = 1_000;
    private static final int LEAST_UPDATES = 10; // of the 15 that so many bytes take in each direction

    @Test
    @Timeout(180)
    void recordsPassOverChangesOfTheKeysBothWays(@TempDir Path directory) throws IOException, InterruptedException {
        Path limits = Files.writeString(directory.resolve("limits"), LIMITS);
        Path told = directory.resolve("told");
        Process process = new ProcessBuilder(List.of(
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:TieredStopAtLevel=1", // It lives for seconds.
                        "-Djava.security.properties=" + limits,
                        "-Djavax.net.debug=ssl:handshake",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        KeyUpdateTest.class.getName()))
                .redirectErrorStream(true)
                .redirectOutput(told.toFile())
                .start();
        try {
            boolean isOver = process.waitFor(150, TimeUnit.SECONDS);
            String all = Files.readString(told, StandardCharsets.ISO_8859_1);
            String end = all.substring(Math.max(0, all.length() - 4_000));
            assertThat(isOver).as(end).isTrue();
            assertThat(process.exitValue()).as(end).isZero();
            try (Stream<String> lines = all.lines()) {
                assertThat(lines.filter(line -> line.contains(UPDATED)).count())
                        .as(end)
                        .isGreaterThanOrEqualTo(2 * LEAST_UPDATES);
            }
        } finally {
            process.destroyForcibly();
        }
    }

    /** Two executors, each of which sends to the other. */
    public static void main(String[] ignored) throws InterruptedException {
        ApplicationIdentity identity = ApplicationIdentity.create();
        String host = InetAddress.getLoopbackAddress().getHostAddress();
        BlockingQueue<ChannelFailure> failures = new LinkedBlockingQueue<>();
        try (DataPlane a = DataPlane.open(new ExecutorId("a"), identity, true, host);
                DataPlane b = DataPlane.open(new ExecutorId("b"), identity, true, host)) {
            List<Thread> threads = new ArrayList<>();
            JobId job = JobId.random();
            for (int edge = 0; edge < 2; edge++) {
                DataPlane from = edge == 0 ? a : b;
                DataPlane to = edge == 0 ? b : a;
                ChannelDefinition definition = definition(job, edge);
                Wakeup consumer = new Wakeup();
                Wakeup producer = new Wakeup();
                InputChannel input = to.registerInput(definition, consumer, (id, why) -> failures.add(why));
                OutputChannel output = from.openOutput(
                        definition,
                        new ExecutorAddress(to.self(), host, to.dataPort()),
                        producer,
                        (id, why) -> failures.add(why));
                int seed = edge;
                threads.add(new Thread(() -> emitAll(output, producer, new Random(seed)), "producer-" + edge));
                threads.add(new Thread(() -> expectAll(input, consumer, new Random(seed)), "consumer-" + edge));
            }
            Thread.setDefaultUncaughtExceptionHandler((thread, failed) -> {
                failed.printStackTrace();
                System.err.println(thread.getName() + " ends; failed channels: " + failures);
                Runtime.getRuntime().halt(1);
            });
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            if (!failures.isEmpty()) {
                throw new IllegalStateException("failed channels: " + failures);
            }
        }
    }

    private static void emitAll(OutputChannel output, Wakeup wakeup, Random random) {
        for (int i = 0; i < RECORDS; i++) {
            byte[] record = record(random);
            while (!output.tryEmit(record, i)) {
                output.flush();
                wakeup.prepare();
                if (output.isFull()) {
                    wakeup.await(TimeUnit.SECONDS.toNanos(1));
                } else {
                    wakeup.cancel();
                }
            }
        }
        output.flush();
    }

    private static void expectAll(InputChannel input, Wakeup wakeup, Random random) {
        for (int i = 0; i < RECORDS; i++) {
            Object got = input.poll();
            while (got == null) {
                wakeup.prepare();
                if (input.isEmpty()) {
                    wakeup.await(TimeUnit.SECONDS.toNanos(1));
                } else {
                    wakeup.cancel();
                }
                got = input.poll();
            }
            input.release(System.nanoTime());
            assertThat((byte[]) got).as("record %s", i).isEqualTo(record(random));
        }
    }

    private static byte[] record(Random random) {
        byte[] record = new byte[RECORD_BYTES];
        random.nextBytes(record);
        return record;
    }

    private static ChannelDefinition definition(JobId job, int edge) {
        @SuppressWarnings("unchecked")
        Serde<Object> bytes = (Serde<Object>) (Serde<?>) Serdes.BYTES;
        return new ChannelDefinition(
                new ChannelId(job, new Incarnation(1), edge, 0, 0),
                bytes,
                32 << 10,
                Duration.ofMillis(1),
                Duration.ofSeconds(1));
    }
}
