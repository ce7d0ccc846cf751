package io.selvage.task.main;

import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.journal.JournalTail;
import io.selvage.checkpoint.library.StoredClasses;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.ClassLoading;
import io.selvage.protocol.process.ClassArchive;
import io.selvage.protocol.process.ClassArchiveMaker;
import io.selvage.protocol.process.ContainerLayout;
import io.selvage.protocol.process.ProcessRole;
import io.selvage.protocol.process.StartSteps;
import io.selvage.protocol.program.ProgramClassLoader;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import io.selvage.task.control.MasterDoor;
import io.selvage.task.control.MasterSeeker;
import io.selvage.task.control.TokenIntake;
import io.selvage.task.control.Watchdog;
import io.selvage.task.executor.ExecutorLoop;
import io.selvage.task.executor.ExecutorServices;
import io.selvage.task.executor.ExecutorSettings;
import io.selvage.task.executor.ExitCode;
import io.selvage.task.executor.ProcessSignals;
import io.selvage.task.network.DataPlane;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.StateBackends;
import io.selvage.task.watchdog.AttemptFailure;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A task executor's process, as YARN starts it in a container. */
public final class ExecutorMain {
    static final int UPLOAD_THREADS = 4;
    /** Hooks that have not ended after this time are not waited for. */
    static final long EXIT_LIMIT_MILLIS = 5_000;
    /** Read in this order: the last says what tasks do when HDFS does not answer. */
    static final List<String> HADOOP_RESOURCES =
            List.of("hdfs-default.xml", "hdfs-site.xml", "selvage-executor-hdfs.xml");

    private static final Logger LOG = LoggerFactory.getLogger(ExecutorMain.class);
    /** Of the memory for RocksDB; the rest is for what it does beside. */
    private static final double BLOCK_CACHE_SHARE = 0.5;

    private static final long LEAST_BLOCK_CACHE_BYTES = 8L << 20;
    /** Of the heap, for rows that are in use. */
    private static final double ROW_SHARE = 0.3;

    private static final ExitWitness WITNESS = new ExitWitness();

    private ExecutorMain() {}

    public static void main(String[] arguments) {
        StartSteps steps = StartSteps.ofThisProcess();
        steps.done("main");
        WITNESS.install();
        Path workingDirectory = Path.of("").toAbsolutePath();
        try {
            run(Surroundings.read(System.getenv(), workingDirectory), workingDirectory, steps);
        } catch (StartException e) {
            LOG.error("The executor can't start: {}", e.getMessage(), e);
            exit(ExitCode.BAD_START, String.valueOf(e.getMessage()));
        } catch (Throwable broken) {
            LOG.error("The executor can't go on", broken);
            exit(ExitCode.FATAL, broken.toString());
        }
    }

    /** The file system, the master's port and the ports here are made ready side by side: each takes its time. */
    private static void run(Surroundings here, Path workingDirectory, StartSteps steps) throws StartException {
        steps.done("settings");
        FutureTask<DurableStore> opening = new FutureTask<>(() -> {
            HADOOP_RESOURCES.forEach(Configuration::addDefaultResource);
            DurableStore store = here.openStore();
            steps.done("storage");
            return store;
        });
        startDaemon("start-storage", opening);
        MasterDoor door = new MasterDoor(here.identity());
        here.launchedBy().ifPresent(door::openEarly);
        steps.done("master's door");
        DataPlane dataPlane = DataPlane.open(
                here.executor(),
                here.identity(),
                here.session().encryptsData(),
                here.session().bindHost());
        steps.done("data plane");
        ExecutorSettings settings = new ExecutorSettings(
                here.executor(),
                here.host(),
                here.session().executorSlots(),
                ProcessHandle.current().pid(),
                here.node(),
                here.logUrl(),
                here.session().executorLease(),
                workingDirectory.resolve("programs"),
                (long) (here.session().standbyMemoryShare()
                        * Runtime.getRuntime().maxMemory()));
        DurableStore store = await(opening);
        ExecutorServices services = new ExecutorServices(
                store,
                here.configuration(),
                dataPlane,
                new StateBackends(KeyedBackends.HEAP, () -> openDisk(here, workingDirectory)),
                threads("prepare", 1),
                threads("upload", UPLOAD_THREADS),
                System::nanoTime,
                parentOfPrograms(here.spec(), ClassLoading.from(here.configuration()), workingDirectory),
                ExecutorMain::exit,
                ProcessSignals.SYSTEM);
        ExecutorLoop loop = new ExecutorLoop(settings, services);
        JournalTail tail = new JournalTail(
                store, CheckpointLayout.journalDirectory(here.spec().getApplicationId()), 0);
        Watchdog watchdog = new Watchdog(
                store,
                here.spec().getApplicationId(),
                here.executor(),
                new AttemptFailure(here.spec().getApplicationId()),
                threads("watchdog", 1));
        startDaemon(
                "master-link",
                new MasterSeeker(
                        tail,
                        door,
                        loop,
                        watchdog,
                        TokenIntake.ofThisProcess(),
                        here.session().masterSilenceTimeout()));
        steps.done("loop");
        LOG.info(
                "Executor {} takes data at {}:{}; milliseconds since the process's start: {}",
                here.executor(),
                here.host(),
                dataPlane.dataPort(),
                steps);
        new ClassArchiveMaker(
                        ProcessRole.EXECUTOR,
                        ClassArchive.of(System.getenv()),
                        new StoredClasses(store, here.spec().getLibraryArchive().getSha256()),
                        StoredClasses.machineOf(here.spec().getClassArchive()),
                        here.session().executorMemory().bytes())
                .start();
        Thread.currentThread().setName("executor-loop");
        loop.run();
    }

    /** What jobs' jars do not hold is looked for in the session's user jars, and then among Selvage's own. */
    static ClassLoader parentOfPrograms(SessionSpec spec, ClassLoading loading, Path workingDirectory)
            throws StartException {
        ClassLoader own = ExecutorMain.class.getClassLoader();
        if (spec.getUserJarCount() == 0) {
            return own;
        }
        List<URL> jars = new ArrayList<>();
        for (LibraryFile jar : spec.getUserJarList()) {
            Path file = workingDirectory.resolve(ContainerLayout.userJar(jar.getName()));
            try {
                jars.add(file.toUri().toURL());
            } catch (MalformedURLException impossible) {
                throw new StartException("The jar " + file + " has a name that is no URL.", impossible);
            }
        }
        return new ProgramClassLoader("session", jars, loading, own);
    }

    private static RocksEnvironment openDisk(Surroundings here, Path workingDirectory) {
        long outside =
                here.session().rocksDbBytes(here.session().executorMemory().bytes());
        long cacheBytes = Math.max(LEAST_BLOCK_CACHE_BYTES, (long) (outside * BLOCK_CACHE_SHARE));
        long rowBytes = (long) (Runtime.getRuntime().maxMemory() * ROW_SHARE);
        LOG.info("RocksDB caches blocks in {} bytes outside of the heap, and rows in {} in it", cacheBytes, rowBytes);
        return new RocksEnvironment(workingDirectory.resolve("state"), cacheBytes, rowBytes);
    }

    private static DurableStore await(FutureTask<DurableStore> opening) throws StartException {
        try {
            return opening.get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof StartException refused) {
                throw refused;
            }
            throw new StartException("The state root can't be used: " + failed.getCause(), failed.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("The executor was interrupted while it started.", e);
        }
    }

    private static void startDaemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Their queues hold one task for each deployment and each checkpoint under way at most. */
    private static Executor threads(String name, int count) {
        ThreadFactory factory = task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
        return Executors.newFixedThreadPool(count, factory);
    }

    private static void exit(ExitCode code, String reason) {
        LOG.info("The executor ends with {} ({}): {}", code.code(), code, reason);
        if (code != ExitCode.SHUT_DOWN) {
            ExitWitness.lastWords(reason);
        }
        Thread limit = new Thread(
                () -> {
                    try {
                        TimeUnit.MILLISECONDS.sleep(EXIT_LIMIT_MILLIS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    Runtime.getRuntime().halt(code.code());
                },
                "exit-limit");
        limit.setDaemon(true);
        limit.start();
        WITNESS.exit(code);
    }
}
