package io.selvage.task.executor;

import io.selvage.api.graph.Vertex;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.StateBackendKind;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.program.ProgramClassLoader;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.Deploy;
import io.selvage.protocol.wire.Follow;
import io.selvage.protocol.wire.SubtaskPlacement;
import io.selvage.task.exchange.ChannelDefinition;
import io.selvage.task.exchange.ChannelFailureListener;
import io.selvage.task.exchange.ChannelId;
import io.selvage.task.exchange.ExecutorAddress;
import io.selvage.task.exchange.InputChannel;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.exchange.Timestamps;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.operator.ChainBuilder;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.Output;
import io.selvage.task.subtask.SubtaskCut;
import io.selvage.task.subtask.SubtaskListener;
import io.selvage.task.subtask.SubtaskPhase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Safe for use by many threads. Does once what takes a JVM long the first time, so that a deployment need not wait for
 * it: makes a program's subtasks and operators and lets go of them, loads the classes that those name, passes records
 * through a data connection of this process to itself, and takes over a small job of its own. Of the user's program
 * nothing is opened: what runs is what makes its operators.
 */
final class WarmUp implements Standby.Warming {
    /** For a rehearsal, and a fifth of it for records that are passed: more is not worth it on a busy machine. */
    static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** So many that the JVM compiles what handles one. */
    static final int RECORDS = 20_000;

    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    /** Of a program: with so many loaded it is not looked for more, which would take longer than it saves. */
    private static final int ENOUGH_CLASSES = 300;

    /** Of each split of the small job, which reads them two or three times. */
    static final int REHEARSED_RECORDS = RECORDS / 2;

    private static final JobId NO_JOB = JobId.random();
    private static final Incarnation ONLY = new Incarnation(1);
    private static final int BUFFER_BYTES = 32 * 1024;
    private static final Duration FLUSH = Duration.ofMillis(1);
    private static final Duration IN_FLIGHT = Duration.ofSeconds(1);

    private final ExecutorServices services;
    private final ExecutorSettings settings;
    private final long mostNanos;
    private final AtomicBoolean isDone = new AtomicBoolean();

    /** @param mostNanos for a rehearsal, as {@link #MOST_NANOS} */
    WarmUp(ExecutorServices services, ExecutorSettings settings, long mostNanos) {
        this.services = services;
        this.settings = settings;
        this.mostNanos = mostNanos;
    }

    @Override
    public void run(Follow follow, PreparedJob job, BooleanSupplier isUnneeded) {
        long startNanos = System.nanoTime();
        JobConfig config = services.jobConfig(follow.getSettingsMap());
        List<String> left = new ArrayList<>();
        attempt("make the program's subtasks", () -> make(job, config), isUnneeded, left);
        attempt("load what they name", () -> loadNamed(job), isUnneeded, left);
        if (isDone.compareAndSet(false, true)) {
            attempt("pass records to itself", () -> passRecords(isUnneeded), isUnneeded, left);
            services.transport().release(NO_JOB, ONLY);
            LOG.info("A small job, {}, is taken over here, so that another one can be quickly", Rehearsal.JOB);
            for (StateBackendKind backend : EnumSet.of(StateBackendKind.HEAP, config.stateBackend())) {
                attempt(
                        "take over a small job with its state in " + backend,
                        () -> rehearse(follow.getSettingsMap(), backend, isUnneeded),
                        isUnneeded,
                        left);
            }
            isDone.set(left.isEmpty());
        }
        LOG.info(
                "What is slow the first time took {} ms for {}{}",
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos),
                follow.getJobId(),
                left.isEmpty() ? "" : "; not done: " + left);
    }

    /** Answers whether it was done. */
    private interface Step {
        boolean run() throws InterruptedException;
    }

    /** Of what fails here, a deployment would meet the same, and then it counts. */
    private void attempt(String what, Step step, BooleanSupplier isUnneeded, List<String> left) {
        boolean isDoneNow = false;
        try {
            isDoneNow = !isUnneeded.getAsBoolean() && step.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable failed) { // The user's code is in it.
            LOG.warn("The standby {} could not {}", settings.id(), what, failed);
        }
        if (!isDoneNow) {
            left.add(what);
        }
    }

    private boolean make(PreparedJob job, JobConfig config) {
        makeSubtasks(job, config);
        ChainBuilder chains = new ChainBuilder(
                NO_JOB.value(),
                ONLY.value(),
                job.graph().maxParallelism(),
                job.loader(),
                services.backends().of(config.stateBackend()),
                services.clock());
        for (Vertex vertex : job.graph().vertices()) {
            chains.build(vertex, 0, Nobody.INSTANCE, new Counters(), () -> {}).make();
        }
        return true;
    }

    /**
     * Readers, writers, elements and state are of classes that the steps themselves do not load until they are opened.
     * What the steps' classes name is loaded, and what those name in turn; nothing of it is initialized.
     */
    private static boolean loadNamed(PreparedJob job) {
        if (job.loader() instanceof ProgramClassLoader program) {
            int looked = 0;
            int members = 0;
            for (int round = 0; round < 2; round++) {
                List<Class<?>> loaded = program.ownClasses();
                for (; looked < loaded.size() && program.ownClasses().size() < ENOUGH_CLASSES; looked++) {
                    members += membersOf(loaded.get(looked));
                }
            }
            LOG.debug("Looked at {} members of {} classes of {}", members, looked, program.getName());
        }
        return true;
    }

    /** To look at them loads the classes that lie within this one, and those that its members name. */
    private static int membersOf(Class<?> of) {
        try {
            return of.getNestMembers().length + of.getDeclaredFields().length + of.getDeclaredMethods().length;
        } catch (LinkageError | RuntimeException missing) {
            LOG.debug("Not all that {} names is there; whoever needs it will say so", of, missing);
            return 0;
        }
    }

    /** All of them are here: no channel leaves the process. */
    private void makeSubtasks(PreparedJob job, JobConfig config) {
        Deploy.Builder deploy = Deploy.newBuilder().setJobId(NO_JOB.value());
        for (Vertex vertex : job.graph().vertices()) {
            for (int index = 0; index < vertex.parallelism(); index++) {
                deploy.addSubtasks(SubtaskPlacement.newBuilder()
                        .setVertex(vertex.id())
                        .setSubtask(index)
                        .setExecutorId(settings.id().value()));
            }
        }
        SegmentReader segments = new SegmentReader(services.store());
        CheckpointMetadata none = CheckpointMetadata.getDefaultInstance();
        RestoredCheckpoint nothing = new RestoredCheckpoint(
                none, segments, new HeldState(), services.backends(), config.stateBackend(), new RestoreFigures(null));
        new SubtaskFactory(
                        new DeploymentId(NO_JOB, ONLY),
                        deploy.build(),
                        job,
                        nothing,
                        new RestoredChannels(none, segments, job),
                        config,
                        settings.id(),
                        services.transport(),
                        (channel, failure) -> {},
                        Nobody.INSTANCE,
                        services.backends().of(config.stateBackend()),
                        services.clock())
                .build();
    }

    /** @param jobSettings of the job that may come */
    private boolean rehearse(Map<String, String> jobSettings, StateBackendKind backend, BooleanSupplier isUnneeded)
            throws InterruptedException {
        Map<String, String> inBackend = new HashMap<>(jobSettings);
        inBackend.put(JobConfig.STATE_BACKEND.name(), backend.name().toLowerCase(Locale.ROOT));
        return new Rehearsal(settings, services, inBackend, REHEARSED_RECORDS).run(mostNanos, isUnneeded);
    }

    private boolean passRecords(BooleanSupplier isUnneeded) {
        ExecutorAddress here = new ExecutorAddress(
                settings.id(), settings.host(), services.transport().dataPort());
        Wakeup wakeup = new Wakeup();
        AtomicBoolean hasFailed = new AtomicBoolean();
        ChannelFailureListener failures = (channel, failure) -> {
            LOG.warn("The data connection of {} to itself has failed: {}", here, failure.reason());
            hasFailed.set(true);
            wakeup.signal();
        };
        ChannelDefinition definition =
                new ChannelDefinition(new ChannelId(NO_JOB, ONLY, 0, 0, 0), strings(), BUFFER_BYTES, FLUSH, IN_FLIGHT);
        InputChannel input = services.transport().registerInput(definition, wakeup, failures);
        OutputChannel output = services.transport().openOutput(definition, here, wakeup, failures);
        long deadline = System.nanoTime() + mostNanos / 5;
        int sent = 0;
        int received = 0;
        while (received < RECORDS
                && !hasFailed.get()
                && !isUnneeded.getAsBoolean()
                && System.nanoTime() - deadline < 0) {
            while (sent < RECORDS && output.tryEmit("record " + sent, Timestamps.NONE)) {
                sent++;
            }
            output.flush();
            for (Object record = input.poll(); record != null; record = input.poll()) {
                received++;
            }
            input.release(System.nanoTime());
            wakeup.prepare();
            if (input.isEmpty() && received < sent) {
                wakeup.await(TimeUnit.MILLISECONDS.toNanos(1));
            } else {
                wakeup.cancel();
            }
        }
        return received == RECORDS;
    }

    @SuppressWarnings("unchecked")
    private static Serde<Object> strings() {
        return (Serde<Object>) (Serde<?>) Serdes.STRING;
    }

    /** Hears of what is never run. */
    private enum Nobody implements SubtaskListener, Output {
        INSTANCE;

        @Override
        public void onPhase(SubtaskId subtask, SubtaskPhase phase, @Nullable Throwable failure) {}

        @Override
        public void onCut(SubtaskCut cut) {}

        @Override
        public void onThreadEnd(SubtaskId subtask) {}

        @Override
        public void emit(Object value, long timestampMillis) {}

        @Override
        public void watermark(long millis) {}

        @Override
        public void idle(boolean isIdle) {}
    }
}
