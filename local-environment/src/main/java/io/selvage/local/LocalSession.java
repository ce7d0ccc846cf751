package io.selvage.local;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import com.google.protobuf.Message;
import io.selvage.api.graph.JobGraph;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.history.JournaledState;
import io.selvage.checkpoint.restore.NotRestorableException;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.checkpoint.restore.StartPointCheck;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.master.event.ConnectionId;
import io.selvage.master.event.ExitCode;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.event.RequestId;
import io.selvage.master.job.JobMaster;
import io.selvage.master.job.SessionFacts;
import io.selvage.master.loop.Inbox;
import io.selvage.master.loop.MasterLoop;
import io.selvage.master.loop.Questions;
import io.selvage.master.resource.FleetLimits;
import io.selvage.master.storage.MasterStorage;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.Scope;
import io.selvage.protocol.graph.GraphCodec;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.StopSessionResponse;
import io.selvage.protocol.wire.SubmitJobRequest;
import io.selvage.protocol.wire.SubmitJobResponse;
import io.selvage.task.executor.ExecutorServices;
import io.selvage.task.executor.ExecutorSettings;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.StateBackends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session in this process: a thread for the master's loop, one for the executor's, and those that wait for files.
 * Safe for use by many threads.
 */
final class LocalSession {
    /** As many as any job wants: slots cost nothing here. */
    private static final int SLOTS = 1 << 20;

    private static final Duration HEARTBEAT = Duration.ofMillis(100);
    /** Whoever stands at a breakpoint is not lost. */
    private static final Duration NEVER_LOST = Duration.ofDays(365);

    private static final Duration START_LIMIT = Duration.ofMinutes(1);
    private static final long ANSWER_SECONDS = 60;
    private static final long STOP_SECONDS = 90;
    private static final long THREAD_END_MILLIS = 5_000;
    private static final int UPLOAD_THREADS = 2;
    private static final long BLOCK_CACHE_BYTES = 32L << 20;
    private static final long ROW_BYTES = 64L << 20;
    private static final Logger LOG = LoggerFactory.getLogger(LocalSession.class);

    /** Its directory in the state root, which others may use as well. */
    private final String application = "local-" + UUID.randomUUID();

    private final Configuration configuration;
    private final Path directory;
    private final DurableStore store;
    private final @Nullable StartPoint from;
    private final ClassLoader loader;
    private final long startedNanos = System.nanoTime();
    private final Inbox inbox = new Inbox(this::onBroken);
    private final Questions questions = new Questions(inbox);
    private final MasterStorage storage;
    private final ExecutorService preparing = Executors.newSingleThreadExecutor(daemons("local-prepare"));
    private final ExecutorService uploading = Executors.newFixedThreadPool(UPLOAD_THREADS, daemons("local-upload"));
    private final StateBackends backends;
    private final AtomicInteger connections = new AtomicInteger();
    private final Queue<String> submitted = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    /** Completed by the master's end; with an exception if that is not the one that was wanted. */
    private final CompletableFuture<ExitCode> end = new CompletableFuture<>();

    private final Thread masterThread;
    private final Thread exitHook; // A program that runs for good is ended from outside.
    /** Written by the master's loop, read by whoever closes a session that is broken. */
    private volatile @Nullable LocalExecutor executor;

    private LocalSession(Configuration configuration, Path directory, DurableStore store, @Nullable StartPoint from) {
        this.configuration = configuration;
        this.directory = directory;
        this.store = store;
        this.from = from;
        ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
        this.loader = ofThread == null ? LocalSession.class.getClassLoader() : ofThread;
        this.storage = new MasterStorage(store, application, inbox, this::onBroken);
        this.backends = new StateBackends(
                KeyedBackends.HEAP,
                () -> new RocksEnvironment(directory.resolve("state"), BLOCK_CACHE_BYTES, ROW_BYTES));
        JobMaster master = new JobMaster(
                new SessionFacts(
                        1,
                        store.qualify(application),
                        SessionDescription.newBuilder()
                                .setApplicationId(application)
                                .setEpoch(1)
                                .build()),
                new JournaledState(),
                configuration,
                limits(),
                System.currentTimeMillis(),
                System.nanoTime());
        LocalActions actions = new LocalActions(inbox, questions, storage, this::launch, this::onEnd);
        MasterLoop loop = new MasterLoop(master, inbox, actions, () -> System.nanoTime() - startedNanos);
        this.masterThread = new Thread(() -> run(loop), "local-master");
        masterThread.setDaemon(true);
        this.exitHook = new Thread(() -> delete(directory), "delete-" + directory);
    }

    /** @param stateRoot null: in a new directory for temporary files */
    static LocalSession start(Configuration configuration, @Nullable Path stateRoot, @Nullable StartPoint from) {
        JobConfig.from(configuration);
        try {
            Path directory = Files.createTempDirectory("selvage-local-");
            Path root = stateRoot == null ? directory.resolve("root") : stateRoot.toAbsolutePath();
            DurableStore store = DurableStore.open(
                    new org.apache.hadoop.fs.Path(root.toUri()), new org.apache.hadoop.conf.Configuration());
            LocalSession session = new LocalSession(configuration, directory, store, from);
            Runtime.getRuntime().addShutdownHook(session.exitHook);
            session.masterThread.start();
            session.inbox.post(new MasterEvent.ResourceManagerJoined(List.of()));
            return session;
        } catch (IOException unwritable) {
            throw new JobFailedException(
                    "No directory for checkpoints could be made: " + unwritable.getMessage()
                            + " Name another one with -Djava.io.tmpdir=DIR, or with stateRoot(...).",
                    unwritable);
        }
    }

    private static FleetLimits limits() {
        return new FleetLimits(
                SLOTS,
                1,
                0,
                NEVER_LOST.toNanos(),
                HEARTBEAT.toNanos(),
                NEVER_LOST.toNanos(),
                START_LIMIT.toNanos(),
                START_LIMIT.toNanos(),
                START_LIMIT.toNanos(),
                0,
                0);
    }

    Configuration configuration() {
        return configuration;
    }

    boolean isRestored() {
        return from != null;
    }

    /** A path as a user writes it: without a scheme it is one of this machine. */
    static String qualify(String path) {
        return new org.apache.hadoop.fs.Path(path).toUri().getScheme() == null
                ? Path.of(path).toAbsolutePath().toUri().toString()
                : path;
    }

    // ---- the loops -----------------------------------------------------------------------------------------------

    private void run(MasterLoop loop) {
        try {
            loop.run();
        } catch (InterruptedException wanted) {
            Thread.currentThread().interrupt();
        } catch (Throwable broken) {
            LOG.error("The local environment can't go on", broken);
            end.completeExceptionally(new JobFailedException("The local environment can't go on: " + broken, broken));
        }
    }

    /** The master's loop. */
    private LocalExecutor launch(ExecutorId id) {
        ExecutorSettings settings = new ExecutorSettings(
                id,
                "localhost",
                SLOTS,
                ProcessHandle.current().pid(),
                "local",
                "",
                NEVER_LOST,
                directory.resolve("programs"),
                0);
        ExecutorServices services = new ExecutorServices(
                store,
                configuration,
                NoPeers.INSTANCE,
                backends,
                preparing,
                uploading,
                System::nanoTime,
                loader,
                (code, reason) -> onExecutorEnd(id, code, reason),
                (signal, processId) -> {
                    throw new IllegalStateException("nobody drills a local environment");
                });
        LocalExecutor launched =
                new LocalExecutor(new ConnectionId(connections.incrementAndGet()), settings, services, inbox);
        executor = launched;
        launched.start();
        return launched;
    }

    private void onExecutorEnd(ExecutorId id, io.selvage.task.executor.ExitCode code, String reason) {
        if (code == io.selvage.task.executor.ExitCode.SHUT_DOWN) {
            LocalExecutor ended = executor;
            if (ended != null) {
                ended.end();
            }
            inbox.post(new MasterEvent.ContainerCompleted(id, 0, reason));
        } else {
            // On a cluster the process would end, and its subtasks with it.
            onBroken(reason);
        }
    }

    private void onBroken(String reason) {
        LOG.error("The local environment can't go on: {}", reason);
        end.completeExceptionally(new JobFailedException("The local environment can't go on: " + reason));
    }

    private void onEnd(ExitCode code, String reason) {
        if (code == ExitCode.STOPPED) {
            end.complete(code);
        } else {
            onBroken(reason);
        }
    }

    // ---- requests ------------------------------------------------------------------------------------------------

    LocalJob submit(JobGraph graph) {
        JobId id = JobId.random();
        String path = DurableStore.join(DurableStore.join(application, id.value()), "graph.pb");
        SubmitJobRequest.Builder request = SubmitJobRequest.newBuilder()
                .setJobId(id.value())
                .setGraphPath(store.qualify(path))
                .putAllSettings(settingsOf(graph));
        StartPoint start = from;
        try {
            if (start != null) {
                StartPoint qualified = new StartPoint(qualify(start.path()), start.mayDropState(), start.claimed());
                request.setRestoredFrom(new StartPointCheck(store, qualified).check(graph));
            }
            PutOutcome put = store.putIfAbsent(path, GraphCodec.toMessage(graph).toByteArray());
            if (put.kind() != PutOutcome.Kind.WON) {
                throw new IOException("the job's graph was not written to " + store.qualify(path), put.cause());
            }
        } catch (NotRestorableException refused) {
            throw new JobFailedException(String.valueOf(refused.getMessage()), refused);
        } catch (IOException failed) {
            throw new JobFailedException("The job could not be started: " + failed.getMessage(), failed);
        }
        SubmitJobRequest submission = request.build();
        SubmitJobResponse answer =
                ask(asker -> new MasterEvent.SubmissionRequested(asker, submission), SubmitJobResponse.class);
        if (!answer.getRefusal().isEmpty()) {
            throw new JobFailedException("The job can't be run: " + answer.getRefusal());
        }
        submitted.add(id.value());
        return new LocalJob(this, id.value());
    }

    private Map<String, String> settingsOf(JobGraph graph) {
        return configuration
                .with(graph.settings(), "set by the program")
                .with(
                        Map.of(JobConfig.MAX_PARALLELISM.name(), Integer.toString(graph.maxParallelism())),
                        "set by the program")
                .settings(Scope.JOB);
    }

    /** Blocks until the master's loop has answered. */
    <T extends Message> T ask(Function<RequestId, MasterEvent> question, Class<T> kind) {
        CompletableFuture<Message> answer = questions
                .tryAsk(question)
                .orElseThrow(() -> new JobFailedException("Too many calls wait for the local environment."));
        try {
            CompletableFuture.anyOf(answer, end).get(ANSWER_SECONDS, TimeUnit.SECONDS);
            if (!answer.isDone()) {
                throw new JobFailedException("The local environment is closed.");
            }
            return kind.cast(answer.join());
        } catch (ExecutionException broken) {
            throw broken.getCause() instanceof JobFailedException known
                    ? new JobFailedException(String.valueOf(known.getMessage()), known)
                    : new IllegalStateException("The loop answers every question.", broken);
        } catch (TimeoutException late) {
            throw new JobFailedException("The local environment has not answered for " + ANSWER_SECONDS + " s.", late);
        } catch (InterruptedException interrupted) {
            throw interrupted(interrupted);
        }
    }

    void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException interrupted) {
            throw interrupted(interrupted);
        }
    }

    private static JobFailedException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new JobFailedException("Interrupted while the local environment was waited for.", cause);
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        // Interrupted or not, what was started ends first.
        boolean wasInterrupted = Thread.interrupted();
        try {
            stop();
        } finally {
            endThreads();
            delete(directory);
            forgetExitHook();
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void forgetExitHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(exitHook);
        } catch (IllegalStateException exiting) {
            LOG.debug("The process ends, and {} is deleted then", directory);
        }
    }

    private void stop() {
        if (end.isDone()) {
            return;
        }
        try {
            ask(
                    request -> new MasterEvent.SessionStopRequested(request, "The local environment is closed."),
                    StopSessionResponse.class);
            end.get(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (JobFailedException | ExecutionException | TimeoutException left) {
            LOG.warn("The local environment was not stopped in order.", left);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void endThreads() {
        LocalExecutor last = executor;
        if (last != null) {
            submitted.forEach(last::abandon);
            last.shutDown();
        }
        masterThread.interrupt();
        storage.close();
        try {
            masterThread.join(THREAD_END_MILLIS);
            if (last != null) {
                last.join(THREAD_END_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        preparing.shutdownNow();
        uploading.shutdownNow();
    }

    private static void delete(Path directory) {
        try {
            if (Files.exists(directory)) {
                MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
            }
        } catch (IOException left) {
            LOG.debug("{} is left in the directory for temporary files.", directory, left);
        }
    }

    private static ThreadFactory daemons(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}
