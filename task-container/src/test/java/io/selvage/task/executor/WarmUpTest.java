package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.StateBackendKind;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.security.ApplicationIdentity;
import io.selvage.protocol.wire.Follow;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailureListener;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.ElementLog;
import io.selvage.task.exchange.ExchangeTransport;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.network.DataPlane;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.StateBackends;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class WarmUpTest {
    private static final ExecutorId SELF = new ExecutorId("executor-1");

    @TempDir
    Path directory;

    /** Counts what a subtask's thread would call. */
    private record Counting(ExchangeTransport real, List<String> opened, List<Object> received)
            implements ExchangeTransport {
        @Override
        public int dataPort() {
            return real.dataPort();
        }

        @Override
        public long refused() {
            return real.refused();
        }

        @Override
        public OutputChannel openOutput(
                ChannelDefinition definition,
                ExecutorAddress receiver,
                Wakeup wakeup,
                ChannelFailureListener failures) {
            opened.add("out");
            return real.openOutput(definition, receiver, wakeup, failures);
        }

        @Override
        public InputChannel registerInput(
                ChannelDefinition definition, Wakeup wakeup, ChannelFailureListener failures) {
            opened.add("in");
            InputChannel input = real.registerInput(definition, wakeup, failures);
            return new Heard(input, received);
        }

        @Override
        public void release(JobId job, Incarnation incarnation, Map<Integer, Incarnation> goingOn) {
            opened.add("release");
            real.release(job, incarnation, goingOn);
        }

        @Override
        public void close() {
            real.close();
        }
    }

    private record Heard(InputChannel input, List<Object> received) implements InputChannel {
        @Override
        public ChannelId id() {
            return input.id();
        }

        @Override
        public Object poll() {
            Object element = input.poll();
            if (element != null) {
                received.add(element);
            }
            return element;
        }

        @Override
        public long timestampMillis() {
            return input.timestampMillis();
        }

        @Override
        public boolean isEmpty() {
            return input.isEmpty();
        }

        @Override
        public @Nullable Barrier announced() {
            return input.announced();
        }

        @Override
        public ElementLog newLog() {
            return input.newLog();
        }

        @Override
        public void logQueued(ElementLog log) {
            input.logQueued(log);
        }

        @Override
        public void release(long nowNanos) {
            input.release(nowNanos);
        }
    }

    @Test
    @Timeout(60)
    void passesRecordsToItselfOnceAndMakesEachProgramWithoutOpeningIt() throws Exception {
        DurableStore store = DurableStore.open(
                new org.apache.hadoop.fs.Path(directory.resolve("root").toUri()), new Configuration());
        try (DataPlane plane = DataPlane.open(SELF, ApplicationIdentity.create(), false, "127.0.0.1")) {
            Counting transport = new Counting(plane, new CopyOnWriteArrayList<>(), new ArrayList<>());
            ExecutorServices services = new ExecutorServices(
                    store,
                    io.selvage.protocol.config.Configuration.defaults(),
                    transport,
                    new StateBackends(
                            KeyedBackends.HEAP,
                            () -> new RocksEnvironment(directory.resolve("state"), 1 << 20, 1 << 20)),
                    Runnable::run,
                    Runnable::run,
                    System::nanoTime,
                    getClass().getClassLoader(),
                    (code, reason) -> {},
                    (signal, processId) -> {});
            ExecutorSettings settings = new ExecutorSettings(
                    SELF, "127.0.0.1", 1, 7, "node:1", "", Duration.ofSeconds(60), directory.resolve("work"), 1 << 20);
            WarmUp warmUp =
                    new WarmUp(services, settings, Duration.ofSeconds(50).toNanos());
            PreparedJob job = new PreparedJob(
                    ExactlyOnceTest.graph(new EventSource(1, 10, 1, 0), "job-warm", 2, 2, 1000),
                    getClass().getClassLoader());
            Follow follow = Follow.newBuilder().setJobId("job-warm").build();
            warmUp.run(follow, job, () -> false);
            assertThat(transport.received()).hasSize(WarmUp.RECORDS);
            warmUp.run(follow, job, () -> false);
            assertThat(transport.opened()).containsOnlyOnce("in", "out").startsWith("in", "out", "release");
            assertThat(Ledger.of("job-warm").rows()).isEmpty();
            for (StateBackendKind backend : StateBackendKind.values()) {
                Map<String, String> jobSettings =
                        Map.of(JobConfig.STATE_BACKEND.name(), backend.name().toLowerCase(Locale.ROOT));
                Rehearsal rehearsal = new Rehearsal(settings, services, jobSettings, WarmUp.REHEARSED_RECORDS);
                assertThat(rehearsal.run(Duration.ofSeconds(50).toNanos(), () -> false))
                        .as("it comes to its end on %s", backend)
                        .isTrue();
                int states = backend == StateBackendKind.HEAP ? RehearsalProgram.PARALLELISM : 0;
                assertThat(rehearsal.figures().followed())
                        .as("states held ready")
                        .isEqualTo(states);
                assertThat(rehearsal.figures().kept()).as("states taken back").isEqualTo(states);
                Rehearsal cutShort = new Rehearsal(settings, services, jobSettings, WarmUp.REHEARSED_RECORDS);
                AtomicInteger asked = new AtomicInteger();
                assertThat(cutShort.run(Duration.ofSeconds(50).toNanos(), () -> asked.incrementAndGet() > 2))
                        .as("it is told to end on %s", backend)
                        .isFalse();
                for (Thread thread : Thread.getAllStackTraces().keySet()) {
                    if (thread.getName().contains(Rehearsal.JOB.value())) {
                        thread.join(); // The last that it does is to say that it ends.
                    }
                }
            }
            assertThat(store.list("")).as("what is stored").isEmpty();
            assertThat(directory.resolve("state"))
                    .as("what is left on the disk")
                    .satisfiesAnyOf(
                            state -> assertThat(state).doesNotExist(),
                            state -> assertThat(state).isEmptyDirectory());
        }
    }
}
