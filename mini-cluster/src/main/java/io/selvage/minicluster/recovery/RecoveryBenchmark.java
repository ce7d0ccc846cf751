package io.selvage.minicluster.recovery;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.exit.ClientException;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.ProcessSignals;
import io.selvage.minicluster.workload.Workload;
import io.selvage.minicluster.workload.WorkloadJar;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.Recovery;
import io.selvage.protocol.wire.SessionDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileUtil;
import org.jspecify.annotations.Nullable;

/** Owned by the thread that runs it, the process's main one. Prints a line of JSON for each fault, and one for all. */
final class RecoveryBenchmark {
    private static final String FROM = "the recovery benchmark";
    private static final int PARALLELISM = 2;
    private static final int STEADY_CHECKPOINTS = 3;
    private static final long POLL_MILLIS = 20;
    private static final long LOG_POLL_MILLIS = 300;
    private static final long PATIENCE_MILLIS = 180_000;
    private static final long READY_PATIENCE_MILLIS = 150_000;
    private static final int NODE_MEMORY_MIB = 20_480;
    /** Of the state that a standby says it holds: sizes are those of rows, which differ a little from the keys'. */
    private static final double MOST_OF_IT = 0.9;

    private final RecoverySettings settings;
    private final Random random;
    private final Path measured;

    RecoveryBenchmark(RecoverySettings settings) {
        this.settings = settings;
        this.random = new Random(settings.seed());
        this.measured = settings.folder().resolve("measured");
    }

    void run() throws IOException, InterruptedException {
        if (Files.exists(measured) && !FileUtil.fullyDelete(measured.toFile())) {
            throw new IOException("Could not delete " + measured + ".");
        }
        Files.createDirectories(measured);
        Path user = Files.createDirectories(settings.folder().resolve("user"));
        try (MiniCluster cluster = MiniCluster.builder(settings.folder().resolve("cluster"))
                        .nodeMemoryMib(NODE_MEMORY_MIB)
                        .maxAppAttempts(1000)
                        .start();
                SelvageClient client = SelvageClient.of(settings.home(), cluster.configurationFolder(), user)) {
            Configuration configuration = configuration();
            try (Session session = client.open(configuration, OpenObserver.SILENT)) {
                String job = session.submit(program(), configuration, id -> {}).get(0);
                note("session " + session.applicationId() + ", job " + job);
                measure(cluster, session, job);
                session.stop("the benchmark is over");
            }
        }
    }

    private Configuration configuration() {
        Map<String, String> given = new LinkedHashMap<>(Map.of(
                "selvage.application.name", "recovery",
                "selvage.application.max-attempts", "1000",
                "selvage.executor.slots", "1",
                "selvage.executor.minimum", Integer.toString(PARALLELISM),
                "selvage.executor.memory", settings.executorMemory(),
                "selvage.master.memory", "512m",
                "selvage.network.bind-host", "127.0.0.1"));
        given.putAll(Map.of(
                "selvage.checkpoint.interval",
                "1s",
                "selvage.parallelism.default",
                Integer.toString(PARALLELISM),
                "selvage.restart.attempts",
                "1000000"));
        given.put("selvage.executor.standby", Integer.toString(settings.standby()));
        return Configuration.defaults().with(given, FROM).with(settings.options(), FROM);
    }

    private Program program() throws IOException {
        Path jar = WorkloadJar.write(settings.folder().resolve("workload.jar"));
        return new Program(
                ProgramJar.open(jar, Workload.class.getName()),
                List.of(
                        "--keys", Long.toString(settings.keys()),
                        "--state-bytes", Integer.toString(settings.stateBytes()),
                        "--rate", Double.toString(settings.recordsPerSecond()),
                        "--readers", Integer.toString(PARALLELISM),
                        "--prefill", Long.toString((settings.keys() + PARALLELISM - 1) / PARALLELISM),
                        "--start", Long.toString(System.currentTimeMillis()),
                        "--measure", measured.toString()));
    }

    private void measure(MiniCluster cluster, Session session, String job) throws IOException, InterruptedException {
        Map<FaultKind, List<FaultFigures>> all = new EnumMap<>(FaultKind.class);
        Map<FaultKind, List<Long>> standbyReady = new EnumMap<>(FaultKind.class);
        awaitReady(session, job, System.currentTimeMillis());
        Thread.sleep(settings.warmUpMillis());
        awaitReady(session, job, System.currentTimeMillis()); // The first checkpoints are those of the state's making.
        for (int i = 0; i < settings.faults(); i++) {
            for (FaultKind kind : settings.kinds()) {
                // Anywhere between two checkpoints.
                Thread.sleep(settings.pauseMillis() + random.nextInt(1000));
                long faultMillis = System.currentTimeMillis();
                FaultFigures figures = fault(kind, i, cluster, session, job);
                System.out.println(figures.toJson());
                all.computeIfAbsent(kind, none -> new ArrayList<>()).add(figures);
                long readyMillis = awaitReady(session, job, System.currentTimeMillis());
                if (readyMillis > 0) {
                    standbyReady
                            .computeIfAbsent(kind, none -> new ArrayList<>())
                            .add(readyMillis - faultMillis);
                }
            }
        }
        all.forEach((kind, figures) -> System.out.println(
                FaultFigures.summary(figures, standbyReady.getOrDefault(kind, List.of()), settings)));
    }

    // ---- one fault -----------------------------------------------------------------------------------------------

    private FaultFigures fault(FaultKind kind, int number, MiniCluster cluster, Session session, String job)
            throws IOException, InterruptedException {
        SessionDescription before = session.describe();
        JobDescription jobBefore = session.job(job);
        long victim = victim(kind, number, before, jobBefore);
        long faultMillis = System.currentTimeMillis();
        switch (kind) {
            case KILL_TASK, KILL_AM -> ProcessSignals.KILL.send(victim);
            case HANG_TASK, HANG_AM -> ProcessSignals.STOP.send(victim);
            case NAME_NODE -> {
                cluster.stopNameNode();
                faultMillis = System.currentTimeMillis();
                Thread.sleep(settings.downMillis());
                cluster.startNameNode();
            }
        }
        long sinceMillis = kind == FaultKind.NAME_NODE ? System.currentTimeMillis() : faultMillis;
        JobDescription back = awaitBack(kind, session, job, before, jobBefore);
        long seenMillis = System.currentTimeMillis();
        OptionalLong caughtUp = awaitCaughtUp(faultMillis, seenMillis);
        OutputLog log = OutputLog.read(measured);
        long untilMillis = System.currentTimeMillis() - 100;
        SessionDescription after = session.describe();
        if (victim != 0 && (kind == FaultKind.HANG_TASK || kind == FaultKind.HANG_AM)) {
            endIfLeft(victim);
        }
        Recovery recovery = recoveryOf(back, jobBefore.getIncarnation(), faultMillis);
        long nextCheckpoint = (kind.isOfMaster() ? back.getFirstCheckpointMillis() : seenMillis) - sinceMillis;
        return new FaultFigures(
                kind,
                number,
                recovery == null ? null : Long.valueOf(recovery.getDetectedMillis() - faultMillis),
                log.gapMillis(faultMillis, untilMillis),
                log.silenceMillis(faultMillis, untilMillis),
                caughtUp.isPresent() ? Long.valueOf(caughtUp.getAsLong()) : null,
                back.getIncarnation() == jobBefore.getIncarnation() ? 0 : log.replayed(back.getIncarnation()),
                back.getIncarnation() - jobBefore.getIncarnation(),
                before.getExecutorsCount() - (kind.isOfTask() ? 1 : 0),
                kept(before, after, kind.isOfTask() ? victim : 0),
                nextCheckpoint,
                kind.isOfMaster() ? 0 : back.getCheckpointsFailed() - jobBefore.getCheckpointsFailed(),
                recovery != null && recovery.getByStandby());
    }

    private static long victim(FaultKind kind, int number, SessionDescription session, JobDescription job) {
        if (kind.isOfMaster()) {
            return session.getMasterPid();
        }
        if (!kind.isOfTask()) {
            return 0;
        }
        Set<String> withSinks = job.getOutputsList().stream()
                .map(output -> output.getExecutorId())
                .collect(Collectors.toSet());
        List<ExecutorDescription> busy = session.getExecutorsList().stream()
                .filter(each ->
                        withSinks.isEmpty() ? each.getBusySlots() > 0 : withSinks.contains(each.getExecutorId()))
                .toList();
        return busy.get(number % busy.size()).getPid();
    }

    /** A process that hangs is ended by whoever replaced it; if not, that is worth a word. */
    private static void endIfLeft(long pid) throws IOException, InterruptedException {
        for (int i = 0; i < 100 && ProcessSignals.isAlive(pid); i++) {
            Thread.sleep(100);
        }
        if (ProcessSignals.isAlive(pid)) {
            note("process " + pid + " still hangs 10 s after the job came back; it is killed");
            ProcessSignals.KILL.send(pid);
        }
    }

    private static int kept(SessionDescription before, SessionDescription after, long victim) {
        Set<Long> now = after.getExecutorsList().stream()
                .map(ExecutorDescription::getPid)
                .collect(Collectors.toSet());
        return (int) before.getExecutorsList().stream()
                .filter(each -> each.getPid() != victim && now.contains(each.getPid()))
                .count();
    }

    @Nullable
    private static Recovery recoveryOf(JobDescription job, long incarnationBefore, long faultMillis) {
        return job.getRecoveriesList().stream()
                .filter(each -> each.getIncarnation() > incarnationBefore && each.getDetectedMillis() >= faultMillis)
                .findFirst()
                .orElse(null);
    }

    // ---- waiting -------------------------------------------------------------------------------------------------

    /** A checkpoint is complete that was not before the fault. */
    private JobDescription awaitBack(
            FaultKind kind, Session session, String job, SessionDescription before, JobDescription jobBefore)
            throws IOException, InterruptedException {
        long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
        while (System.currentTimeMillis() < deadline) {
            try {
                boolean isMaster = !kind.isOfMaster() || session.describe().getEpoch() > before.getEpoch();
                JobDescription now = session.job(job); // After the look at the epoch: it is the new master's answer.
                requireAlive(now);
                boolean isBack = switch (kind) {
                    case KILL_TASK, HANG_TASK -> now.getIncarnation() > jobBefore.getIncarnation();
                    case KILL_AM, HANG_AM -> isMaster;
                    case NAME_NODE -> true;
                };
                boolean hasNext = kind.isOfMaster()
                        ? now.getFirstCheckpointMillis() > 0
                        : now.getLastCheckpoint() > jobBefore.getLastCheckpoint() && now.getPhase() == JobPhase.RUNNING;
                if (isBack && hasNext && (kind != FaultKind.NAME_NODE || isNewSinceNow(session, job, now))) {
                    return session.job(job);
                }
            } catch (ClientException absent) {
                note("no answer: " + absent.getMessage());
            }
            Thread.sleep(POLL_MILLIS);
        }
        throw new IOException("The job has not come back within " + PATIENCE_MILLIS / 1000 + " s: " + session.job(job));
    }

    /** One that completed before the NameNode went away may be newer than what was read then. */
    private static boolean isNewSinceNow(Session session, String job, JobDescription seen) throws InterruptedException {
        long deadline = System.currentTimeMillis() + PATIENCE_MILLIS;
        while (System.currentTimeMillis() < deadline) {
            if (session.job(job).getLastCheckpoint() > seen.getLastCheckpoint()) {
                return true;
            }
            Thread.sleep(POLL_MILLIS);
        }
        return false;
    }

    private OptionalLong awaitCaughtUp(long faultMillis, long fromMillis) throws IOException, InterruptedException {
        long deadline = fromMillis + PATIENCE_MILLIS;
        OptionalLong caughtUp = OptionalLong.empty();
        while (caughtUp.isEmpty() && System.currentTimeMillis() < deadline) {
            Thread.sleep(LOG_POLL_MILLIS);
            caughtUp = OutputLog.read(measured).caughtUpMillis(faultMillis);
        }
        return caughtUp;
    }

    /**
     * Records are in time, a few checkpoints have passed, and the standby, if there is to be one, holds the state as of
     * the last checkpoint, or is about to. Answers since when it does; 0: there is none.
     */
    private long awaitReady(Session session, String job, long fromMillis) throws IOException, InterruptedException {
        long deadline = fromMillis + PATIENCE_MILLIS;
        long readySinceMillis = 0;
        JobDescription first = session.job(job);
        while (System.currentTimeMillis() < deadline) {
            JobDescription now = session.job(job);
            requireAlive(now);
            boolean isReady = isStandbyReady(session, now);
            if (!isReady || readySinceMillis == 0) {
                readySinceMillis = isReady ? System.currentTimeMillis() : 0;
            }
            if (now.getPhase() == JobPhase.RUNNING
                    && now.getCheckpointsCompleted() >= first.getCheckpointsCompleted() + STEADY_CHECKPOINTS
                    && OutputLog.read(measured).usualLatencyMillis(System.currentTimeMillis()) < 500
                    && (isReady || isImpatient(fromMillis))) {
                return settings.standby() == 0 ? 0 : readySinceMillis;
            }
            if (now.getCheckpointsCompleted() < first.getCheckpointsCompleted()) {
                first = now; // Another master counts anew.
            }
            Thread.sleep(LOG_POLL_MILLIS);
        }
        throw new IOException("The job is not steady after " + PATIENCE_MILLIS / 1000 + " s: " + session.job(job));
    }

    private boolean isStandbyReady(Session session, JobDescription now) {
        if (settings.standby() == 0) {
            return session.describe().getExecutorsCount() >= PARALLELISM;
        }
        return now.getStandbyCheckpoint() >= now.getLastCheckpoint() - 1
                && session.describe().getExecutorsList().stream()
                        .anyMatch(each -> each.getStandby()
                                && each.getStandbyBytes() >= MOST_OF_IT * settings.keys() * settings.stateBytes());
    }

    private static boolean isImpatient(long fromMillis) {
        if (System.currentTimeMillis() - fromMillis <= READY_PATIENCE_MILLIS) {
            return false;
        }
        note("no standby is ready after " + READY_PATIENCE_MILLIS / 1000 + " s; going on without");
        return true;
    }

    private static void requireAlive(JobDescription job) throws IOException {
        if (Set.of(JobPhase.FAILED, JobPhase.CANCELED, JobPhase.FINISHED).contains(job.getPhase())) {
            throw new IOException("The job has ended: " + job);
        }
    }

    private static void note(String text) {
        System.err.println(text);
    }
}
