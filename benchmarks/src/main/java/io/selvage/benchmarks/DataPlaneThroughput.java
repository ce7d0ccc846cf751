package io.selvage.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailure;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.EndOfInput;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.network.DataPlane;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * How much one sending subtask gets through to one receiving subtask in another process's place, over a TCP connection
 * on loopback, serialization included; and how long a single record takes. Both ends are in this JVM, so four threads
 * share its cores: on a busy machine the CPU time for each record, of all threads, says more than the rate. Prints a
 * JSON line for each measurement.
 *
 * <pre>{@code java -cp ... io.selvage.benchmarks.DataPlaneThroughput [seconds for each measurement [encrypted]]}</pre>
 */
public final class DataPlaneThroughput {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private static final int BUFFER_BYTES = 32 << 10;
    private static final Duration FLUSH = Duration.ofMillis(1);
    private static final Duration IN_FLIGHT = Duration.ofSeconds(1);
    private static final long AWAIT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int LATENCY_RECORDS = 2000;
    private static final int DEFAULT_SECONDS = 5;
    private static final int CLOCK_EVERY = 4096; // records
    private static final double MEBIBYTE = 1 << 20;

    private final String host = InetAddress.getLoopbackAddress().getHostAddress();
    private final JobId job = JobId.random();
    private final DataPlane sender;
    private final DataPlane receiver;
    private int edge;

    private DataPlaneThroughput(DataPlane sender, DataPlane receiver) {
        this.sender = sender;
        this.receiver = receiver;
    }

    public static void main(String[] arguments) throws InterruptedException {
        int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : DEFAULT_SECONDS;
        boolean isEncrypted = arguments.length > 1 && arguments[1].equals("encrypted");
        ApplicationIdentity identity = ApplicationIdentity.create();
        String host = InetAddress.getLoopbackAddress().getHostAddress();
        try (DataPlane sender = DataPlane.open(new ExecutorId("sender"), identity, isEncrypted, host);
                DataPlane receiver = DataPlane.open(new ExecutorId("receiver"), identity, isEncrypted, host)) {
            DataPlaneThroughput bench = new DataPlaneThroughput(sender, receiver);
            Reading reading = Reading.sample(4711);
            bench.throughput("warm-up", Serdes.of(Reading.class), reading, seconds);
            bench.throughput("record-50-bytes", Serdes.of(Reading.class), reading, seconds);
            bench.throughput("bytes-1-kib", Serdes.BYTES, new byte[1024], seconds);
            bench.latency();
        }
    }

    private <T> void throughput(String name, Serde<T> serde, T record, int seconds) throws InterruptedException {
        ChannelDefinition definition = definition(serde);
        Wakeup emitting = new Wakeup();
        Wakeup polling = new Wakeup();
        long[] received = new long[1];
        Thread consumer = new Thread(
                () -> received[0] = consumeAll(receiver.registerInput(definition, polling, this::failed), polling),
                "consumer");
        consumer.start();
        OutputChannel output = sender.openOutput(
                definition,
                new ExecutorAddress(new ExecutorId("receiver"), host, receiver.dataPort()),
                emitting,
                this::failed);

        long start = System.nanoTime();
        long cpuStart = PROCESS.getProcessCpuTime();
        long producerStart = THREADS.getCurrentThreadCpuTime();
        long deadline = start + TimeUnit.SECONDS.toNanos(seconds);
        long records = 0;
        while (records % CLOCK_EVERY != 0 || System.nanoTime() < deadline) {
            while (!output.tryEmit(record, 1_700_000_000_000L + records)) {
                awaitRoom(output, emitting);
            }
            records++;
        }
        while (!output.tryEmit(EndOfInput.INSTANCE)) {
            awaitRoom(output, emitting);
        }
        long producerCpu = THREADS.getCurrentThreadCpuTime() - producerStart;
        consumer.join();
        long cpu = PROCESS.getProcessCpuTime() - cpuStart;
        double elapsed = (System.nanoTime() - start) / 1e9;
        if (received[0] != records) {
            throw new IllegalStateException(records + " records were sent and " + received[0] + " arrived");
        }
        int size = sizeOf(serde, record);
        System.out.printf(
                Locale.ROOT,
                "{\"benchmark\":\"data-plane/%s\",\"record_bytes\":%d,\"records_per_second\":%.0f,"
                        + "\"mebibytes_per_second\":%.1f,\"cpu_nanos_per_record\":%d,"
                        + "\"producer_cpu_nanos_per_record\":%d}%n",
                name,
                size,
                records / elapsed,
                records * size / elapsed / MEBIBYTE,
                cpu / records,
                producerCpu / records);
    }

    /** One record at a time, never flushed by hand: the flush time-out and the way. */
    private void latency() {
        ChannelDefinition definition = definition(Serdes.LONG);
        Wakeup emitting = new Wakeup();
        Wakeup polling = new Wakeup();
        InputChannel input = receiver.registerInput(definition, polling, this::failed);
        OutputChannel output = sender.openOutput(
                definition,
                new ExecutorAddress(new ExecutorId("receiver"), host, receiver.dataPort()),
                emitting,
                this::failed);
        long[] nanos = new long[LATENCY_RECORDS];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            if (!output.tryEmit((Object) (long) i, i)) {
                throw new IllegalStateException("an idle channel is full");
            }
            awaitInput(input, polling);
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        System.out.printf(
                Locale.ROOT,
                "{\"benchmark\":\"data-plane/single-record\",\"median_micros\":%d,\"p99_micros\":%d}%n",
                nanos[nanos.length / 2] / 1000,
                nanos[nanos.length * 99 / 100] / 1000);
    }

    private static long consumeAll(InputChannel input, Wakeup wakeup) {
        long records = 0;
        Object element = awaitInput(input, wakeup);
        while (element != EndOfInput.INSTANCE) {
            records++;
            element = input.poll();
            if (element == null) {
                input.release(System.nanoTime());
                element = awaitInput(input, wakeup);
            }
        }
        return records;
    }

    private static Object awaitInput(InputChannel input, Wakeup wakeup) {
        for (Object element = input.poll(); ; element = input.poll()) {
            if (element != null) {
                return element;
            }
            wakeup.prepare();
            if (input.isEmpty()) {
                wakeup.await(AWAIT_NANOS);
            } else {
                wakeup.cancel();
            }
        }
    }

    private static void awaitRoom(OutputChannel output, Wakeup wakeup) {
        output.flush();
        wakeup.prepare();
        if (output.isFull()) {
            wakeup.await(AWAIT_NANOS);
        } else {
            wakeup.cancel();
        }
    }

    @SuppressWarnings("unchecked")
    private <T> ChannelDefinition definition(Serde<T> serde) {
        return new ChannelDefinition(
                new ChannelId(job, new Incarnation(1), ++edge, 0, 0),
                (Serde<Object>) serde,
                BUFFER_BYTES,
                FLUSH,
                IN_FLIGHT);
    }

    private static <T> int sizeOf(Serde<T> serde, T record) {
        BinaryWriter out = new BinaryWriter();
        serde.write(record, out);
        return out.length();
    }

    private void failed(ChannelId channel, ChannelFailure failure) {
        throw new IllegalStateException(channel + ": " + failure.reason());
    }
}
