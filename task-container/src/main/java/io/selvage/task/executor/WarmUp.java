package io.selvage.task.executor;

import io.selvage.api.graph.Edge;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.Vertex;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailureListener;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.ExchangeTransport;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Timestamps;
import io.selvage.task.exchange.Wakeup;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Safe for use by many threads. Does once what takes a JVM long the first time, so that a deployment need not wait for
 * it: opens a program's operators, which loads their classes, and lets go of them; and sends a record through a data
 * connection of this process to itself. Nothing of the user's is called but what reading the operators calls.
 */
final class WarmUp {
    static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    private static final JobId NO_JOB = JobId.random();
    private static final Incarnation ONLY = new Incarnation(1);
    private static final int BUFFER_BYTES = 1024;
    private static final Duration FLUSH = Duration.ofMillis(1);

    private final ExecutorAddress self;
    private final ExchangeTransport transport;
    private final AtomicBoolean isConnected = new AtomicBoolean();

    WarmUp(ExecutorAddress self, ExchangeTransport transport) {
        this.self = self;
        this.transport = transport;
    }

    void run(PreparedJob job) {
        open(job);
        if (isConnected.compareAndSet(false, true)) {
            try {
                passOneRecord();
            } catch (RuntimeException failed) {
                LOG.warn("No record could be passed through {}", self, failed);
            } finally {
                transport.release(NO_JOB, ONLY);
            }
        }
    }

    private void passOneRecord() {
        Wakeup wakeup = new Wakeup();
        AtomicBoolean hasFailed = new AtomicBoolean();
        ChannelFailureListener failures = (channel, failure) -> {
            LOG.warn("The first data connection of {}, to itself, has failed: {}", self, failure.reason());
            hasFailed.set(true);
            wakeup.signal();
        };
        ChannelDefinition definition =
                new ChannelDefinition(new ChannelId(NO_JOB, ONLY, 0, 0, 0), strings(), BUFFER_BYTES, FLUSH);
        InputChannel input = transport.registerInput(definition, wakeup, failures);
        OutputChannel output = transport.openOutput(definition, self, wakeup, failures);
        output.tryEmit("warm", Timestamps.NONE);
        output.flush();
        long deadline = System.nanoTime() + MOST_NANOS;
        while (input.poll() == null && !hasFailed.get() && System.nanoTime() - deadline < 0) {
            wakeup.prepare();
            if (input.isEmpty()) {
                wakeup.await(MOST_NANOS / 10);
            } else {
                wakeup.cancel();
            }
        }
        input.release();
    }

    @SuppressWarnings("unchecked")
    private static Serde<Object> strings() {
        return (Serde<Object>) (Serde<?>) Serdes.STRING;
    }

    private static void open(PreparedJob job) {
        try {
            for (Vertex vertex : job.graph().vertices()) {
                for (Operator operator : vertex.operators()) {
                    Opaque.read(operator.definition(), job.loader(), operator.name());
                }
            }
            for (Edge edge : job.graph().edges()) {
                job.definition(edge);
            }
        } catch (RuntimeException unusable) {
            // A deployment would say the same, and then it counts.
            LOG.warn("A followed program can't be opened", unusable);
        }
    }
}
