package io.selvage.master.main;

import io.selvage.checkpoint.history.JournalReplay;
import io.selvage.checkpoint.history.JournaledState;
import io.selvage.checkpoint.journal.EpochOutcome;
import io.selvage.checkpoint.journal.Journal;
import io.selvage.checkpoint.journal.JournalOutcome;
import io.selvage.checkpoint.journal.SignOfLife;
import io.selvage.checkpoint.library.StoredClasses;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.Patience;
import io.selvage.checkpoint.store.StoreRefusedException;
import io.selvage.master.control.ControlServer;
import io.selvage.master.event.ExitCode;
import io.selvage.master.http.StatusServer;
import io.selvage.master.job.JobMaster;
import io.selvage.master.job.SessionFacts;
import io.selvage.master.journal.JournalWriter;
import io.selvage.master.loop.Doors;
import io.selvage.master.loop.Inbox;
import io.selvage.master.loop.MasterLoop;
import io.selvage.master.loop.Questions;
import io.selvage.master.resource.Fleet;
import io.selvage.master.resource.FleetLimits;
import io.selvage.master.storage.MasterStorage;
import io.selvage.master.storage.Pulse;
import io.selvage.master.token.TokenEnds;
import io.selvage.master.token.TokenKeeper;
import io.selvage.master.yarn.ExecutorLaunch;
import io.selvage.master.yarn.KerberosTokens;
import io.selvage.master.yarn.StatusReaders;
import io.selvage.master.yarn.YarnCluster;
import io.selvage.protocol.config.KerberosConfig;
import io.selvage.protocol.process.ClassArchive;
import io.selvage.protocol.process.ClassArchiveMaker;
import io.selvage.protocol.process.ProcessRole;
import io.selvage.protocol.process.StartSteps;
import io.selvage.protocol.wire.EpochStarted;
import io.selvage.protocol.wire.JournalRecord;
import io.selvage.protocol.wire.JournaledJob;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionDescription;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.LongSupplier;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ApplicationMaster's process. Started by YARN without arguments; what it needs is in its working directory, its
 * environment and its credentials. How it ends: {@link ExitCode}.
 *
 * <p>The order of the start: ports and storage side by side, then the epoch (which names the ports), then the loop, and
 * only then the ResourceManager is told, so that executors of the attempt before can register while YARN is still being
 * asked. What these need is loaded beside.
 */
public final class MasterMain {
    private static final Logger LOG = LoggerFactory.getLogger(MasterMain.class);
    private static final long FIRST_EPOCH = 1;
    /** So long a master waits for HDFS, which a new one could not do without either. */
    private static final Duration HDFS_OUTAGE = Duration.ofMinutes(10);

    private final Surroundings here;
    private final ProcessEnd end;
    private final StartSteps steps;
    private final Inbox inbox;
    private final Questions questions;
    private final Doors doors = new Doors();
    private final StatusReaders readers = new StatusReaders();
    private final long startedNanos = System.nanoTime();
    private final long startedMillis = System.currentTimeMillis();

    private MasterMain(Surroundings here, ProcessEnd end, StartSteps steps) {
        this.here = here;
        this.end = end;
        this.steps = steps;
        this.inbox = new Inbox(what -> end.end(ExitCode.OVERLOADED, what));
        this.questions = new Questions(inbox);
    }

    public static void main(String[] arguments) {
        StartSteps steps = StartSteps.ofThisProcess();
        steps.done("main");
        ProcessEnd end = new ProcessEnd();
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            if (error instanceof StartException refused) {
                refuse(end, refused);
            }
            LOG.error("Thread {} has failed.", thread.getName(), error);
            end.end(codeOf(error), "Thread " + thread.getName() + " has failed: " + error);
        });
        try {
            new MasterMain(Surroundings.read(System.getenv(), Path.of("")), end, steps).start();
        } catch (StartException refused) {
            refuse(end, refused);
        }
    }

    /** The JVM ends itself when its heap is full, but not for want of threads or of memory outside of the heap. */
    static ExitCode codeOf(Throwable error) {
        return error instanceof OutOfMemoryError ? ExitCode.OUT_OF_MEMORY : ExitCode.BROKEN_INVARIANT;
    }

    private static void refuse(ProcessEnd end, StartException refused) {
        LOG.error("The master can't start.", refused);
        end.end(refused.code(), String.valueOf(refused.getMessage()));
    }

    private void start() {
        steps.done("settings");
        LOG.info(
                "Master of {}, attempt {}, on {}, state root {}.",
                here.applicationId(),
                here.attempt(),
                here.host(),
                here.spec().getStateRoot());
        FutureTask<YarnConfiguration> hadoop = beside("start-settings", this::hadoop);
        FutureTask<Ports> listening = beside("start-ports", this::listen);
        startDaemon("status-readers", () -> readers.follow(here.session().statusAccess(), await(hadoop)));
        FutureTask<Surroundings.Storage> opening = beside("start-storage", () -> openStorage(await(hadoop)));
        FutureTask<YarnCluster> joining = beside("start-yarn", () -> connect(await(hadoop)));

        Surroundings.Storage opened = await(opening);
        Ports ports = await(listening);
        Won won = winEpoch(opened.store(), ports.control().port());
        steps.done("epoch");
        YarnCluster yarn = await(joining);
        LongSupplier clock = () -> System.nanoTime() - startedNanos;
        JournalWriter writer =
                new JournalWriter(won.journal(), inbox::post, what -> end.end(ExitCode.OVERLOADED, what), clock);
        MasterStorage storage = new MasterStorage(
                opened.store(), here.applicationId(), inbox, what -> end.end(ExitCode.OVERLOADED, what));
        String trackingUrl = "http://" + here.host() + ":" + ports.status().port() + "/";
        JobMaster jobMaster = new JobMaster(
                new SessionFacts(here.attempt(), here.applicationDirectory(), describe(trackingUrl), here.onlyJob()),
                won.state(),
                here.configuration(),
                FleetLimits.of(here.session()),
                startedMillis,
                startedMillis ^ here.attempt());
        Actions actions = new Actions(inbox, questions, writer, storage, ports.control(), yarn, end);
        MasterLoop loop = new MasterLoop(jobMaster, inbox, actions, clock);
        startThread("master-journal", writer::run);
        startThread("master-loop", loop::run);
        SignOfLife sign = new SignOfLife(
                opened.store(), CheckpointLayout.watchdogDirectory(here.applicationId()), here.attempt());
        startThread(
                "master-pulse",
                new Pulse(sign, loop::sinceTurnNanos, here.session().masterSilenceTimeout())::run);
        steps.done("loop");
        keepTokens(await(hadoop), yarn, ports.control());
        boolean isAnythingLeft = !won.state().jobs().stream().allMatch(JournaledJob::hasEnded);
        join(yarn, opened.specFile(), ports.control().port(), trackingUrl, isAnythingLeft);
        new ClassArchiveMaker(
                        ProcessRole.MASTER,
                        ClassArchive.of(System.getenv()),
                        new StoredClasses(
                                opened.store(), here.spec().getLibraryArchive().getSha256()),
                        StoredClasses.machineOf(here.spec().getClassArchive()),
                        here.session().masterMemory().bytes())
                .start();
    }

    private YarnConfiguration hadoop() {
        YarnConfiguration hadoop = Surroundings.hadoop();
        if (here.session().kerberos().hasKeytab()) {
            MasterLogin.logIn(hadoop, here.session().kerberos(), here.keytab(), here.launchedWith(), patience());
            steps.done("logged in");
        }
        return hadoop;
    }

    /** The client sees it if the first attempt fails; after it there are tasks, which wait for a master. */
    private Patience patience() {
        return here.attempt() == FIRST_EPOCH ? Patience.NONE : Patience.of(HDFS_OUTAGE);
    }

    private Surroundings.Storage openStorage(YarnConfiguration hadoop) {
        Surroundings.Storage storage = here.openStorage(hadoop);
        steps.done("storage");
        return storage;
    }

    private YarnCluster connect(YarnConfiguration hadoop) {
        YarnCluster yarn = new YarnCluster(inbox, here.spec(), here.session(), hadoop, here.attempt());
        yarn.connect();
        steps.done("clients of YARN");
        return yarn;
    }

    private record Ports(ControlServer control, StatusServer status) {}

    private Ports listen() {
        try {
            Ports ports = new Ports(
                    ControlServer.start(here.identity(), anyPort(), inbox, questions, doors),
                    StatusServer.start(anyPort(), questions, doors, readers));
            steps.done("ports");
            startDaemon(
                    "start-warm-up",
                    () -> ControlPortWarmUp.of(
                            here.identity(), here.bindHost(), ports.control().port(), steps));
            return ports;
        } catch (IOException failed) {
            throw new StartException(
                    ExitCode.PORT_UNAVAILABLE,
                    "No port could be opened on " + here.host() + ": " + failed.getMessage()
                            + ". Check selvage.network.bind-host.",
                    failed);
        }
    }

    private InetSocketAddress anyPort() {
        return here.bindHost().isEmpty() ? new InetSocketAddress(0) : new InetSocketAddress(here.bindHost(), 0);
    }

    private record Won(Journal journal, JournaledState state) {}

    private Won winEpoch(DurableStore store, int controlPort) {
        Patience patience = patience();
        for (int failures = 1; ; failures++) {
            try {
                return tryWinEpoch(store, controlPort);
            } catch (StartException failed) {
                if (failed.code() != ExitCode.JOURNAL_UNAVAILABLE || !patience.waitAfter(failures)) {
                    throw failed;
                }
                LOG.warn("{} It is tried again: what runs in executors waits for a master.", failed.getMessage());
            }
        }
    }

    private Won tryWinEpoch(DurableStore store, int controlPort) {
        EpochStarted epoch = EpochStarted.newBuilder()
                .setEpoch(here.attempt())
                .setHost(here.host())
                .setControlPort(controlPort)
                .setTimeMillis(startedMillis)
                .build();
        try {
            if (here.attempt() == FIRST_EPOCH) {
                store.proveAtomic();
            }
            store.catchUp();
            Journal journal = Journal.open(
                    store.with(Patience.of(HDFS_OUTAGE)), CheckpointLayout.journalDirectory(here.applicationId()));
            EpochOutcome outcome = journal.winEpoch(here.attempt(), epoch.toByteArray());
            if (outcome instanceof EpochOutcome.Won won) {
                JournaledState state = JournalReplay.replay(won.history());
                state.apply(JournalRecord.newBuilder().setEpochStarted(epoch).build());
                LOG.info(
                        "Epoch {} is won in slot {}; the journal knows {} jobs.",
                        here.attempt(),
                        won.slot(),
                        state.jobs().size());
                return new Won(journal, state);
            }
            if (outcome instanceof JournalOutcome.Fenced fenced) {
                throw new StartException(ExitCode.FENCED, fenced.reason(), null);
            }
            JournalOutcome.NotWritten failed = (JournalOutcome.NotWritten) outcome;
            throw new StartException(ExitCode.JOURNAL_UNAVAILABLE, failed.reason(), failed.cause());
        } catch (StoreRefusedException refused) {
            throw new StartException(ExitCode.STATE_ROOT_UNAVAILABLE, String.valueOf(refused.getMessage()), refused);
        } catch (IOException failed) {
            throw new StartException(
                    ExitCode.JOURNAL_UNAVAILABLE, "The journal can't be read: " + failed.getMessage(), failed);
        }
    }

    private SessionDescription describe(String trackingUrl) {
        return SessionDescription.newBuilder()
                .setApplicationId(here.applicationId())
                .setEpoch(here.attempt())
                .setMasterPid(ProcessHandle.current().pid())
                .setMasterHost(here.host())
                .setMasterNode(here.node())
                .setTrackingUrl(trackingUrl)
                .setStartedMillis(startedMillis)
                .setVersion(here.spec().getClientVersion())
                .setMaxAttempts(here.spec().getMaxAttempts())
                .setAttemptFailureWindowMillis(
                        here.session().attemptFailureWindow().toMillis())
                .setTokensEndMillis(tokensEnd().orElse(0))
                .build();
    }

    /** Before any container is asked for. The first tokens may fail to come: those of the launch may hold still. */
    private void keepTokens(YarnConfiguration hadoop, YarnCluster yarn, ControlServer control) {
        KerberosConfig kerberos = here.session().kerberos();
        if (!kerberos.hasKeytab()) {
            tokensEnd()
                    .ifPresent(end -> LOG.warn(
                            "This session has no keytab: its tokens end at {}, and from then on neither the master nor executors"
                                    + " can use HDFS. Take savepoints of its jobs before, and open a session with -kt and -kp.",
                            Instant.ofEpochMilli(end)));
            return;
        }
        yarn.useTokens(here.launchedWith());
        TokenKeeper keeper = new TokenKeeper(
                new KerberosTokens(hadoop, here.spec().getStateRoot(), kerberos.fileSystems()),
                tokens -> {
                    yarn.useTokens(tokens);
                    control.giveTokens(tokens);
                },
                System::currentTimeMillis);
        keeper.runOnce();
        startThread("master-tokens", keeper::run);
        steps.done("tokens");
    }

    /** Empty without Kerberos, and with a keytab. */
    private OptionalLong tokensEnd() {
        return here.session().kerberos().hasKeytab()
                ? OptionalLong.empty()
                : TokenEnds.earliest(ExecutorLaunch.forExecutors(here.launchedWith()));
    }

    /**
     * What YARN allows a container is no more than its largest node has that runs now: a node that is away may come
     * back, and jobs that have not ended wait for it.
     */
    private void join(
            YarnCluster yarn, LibraryFile specFile, int controlPort, String trackingUrl, boolean isAnythingLeft) {
        try {
            String unfit = yarn.join(specFile, here.host(), controlPort, trackingUrl, isAnythingLeft);
            steps.done("registered with YARN");
            if (!unfit.isEmpty() && !isAnythingLeft) {
                yarn.unregister(FinalApplicationStatus.FAILED, unfit);
                throw new StartException(ExitCode.BAD_CONFIGURATION, unfit, null);
            }
            if (!unfit.isEmpty()) {
                LOG.warn("{}", Fleet.heldBack(unfit));
            }
            LOG.info(
                    "Registered with YARN; control port {}, status page {}; milliseconds since the process's start: {}.",
                    controlPort,
                    trackingUrl,
                    steps);
        } catch (IOException failed) {
            throw new StartException(
                    ExitCode.RESOURCE_MANAGER_LOST,
                    "The ResourceManager does not register this attempt: " + failed.getMessage(),
                    failed);
        }
    }

    /** Begins a step of the start beside the others. Its failure ends the process at once, whoever waits for it. */
    private static <T> FutureTask<T> beside(String name, Callable<T> step) {
        FutureTask<T> task = new FutureTask<>(() -> {
            try {
                return step.call();
            } catch (Throwable failure) {
                Thread thread = Thread.currentThread();
                thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
                throw failure;
            }
        });
        startDaemon(name, task);
        return task;
    }

    private static <T> T await(FutureTask<T> step) {
        try {
            return step.get();
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof StartException refused
                    ? refused
                    : new IllegalStateException("A step of the start has failed.", failed.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException(ExitCode.BROKEN_INVARIANT, "The master was interrupted while it started.", e);
        }
    }

    private static void startDaemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** What a thread of the master does until it is interrupted. */
    @FunctionalInterface
    private interface Work {
        void run() throws InterruptedException;
    }

    private void startThread(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        end.end(ExitCode.BROKEN_INVARIANT, "Thread " + name + " was interrupted.");
                    }
                },
                name);
        thread.start();
    }
}
