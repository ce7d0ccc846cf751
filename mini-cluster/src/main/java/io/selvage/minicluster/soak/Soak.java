package io.selvage.minicluster.soak;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.exit.ClientException;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.ProcessSignals;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SessionDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the thread that runs it. Opens a session on a cluster, runs the workload with exactly-once output in it,
 * lets the faults of a seeded schedule befall it, ends the input, and compares.
 */
public final class Soak {
    private static final String FROM = "the soak";
    private static final long POLL_MILLIS = 50;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final long PROCESSES_MILLIS = 15_000;
    private static final Map<String, String> SESSION_SETTINGS = Map.of(
            "selvage.application.name", "soak",
            "selvage.application.max-attempts", "1000",
            "selvage.application.attempt-failure-window", "30s",
            "selvage.executor.slots", "1",
            "selvage.executor.minimum", Integer.toString(VerifiedJob.PARALLELISM),
            "selvage.network.bind-host", "127.0.0.1");
    private static final Map<String, String> JOB_SETTINGS = Map.of(
            "selvage.checkpoint.interval", "500ms",
            "selvage.parallelism.default", Integer.toString(VerifiedJob.PARALLELISM),
            "selvage.restart.attempts", "1000000",
            "selvage.restart.max-delay", "1s");

    private final MiniCluster cluster;
    private final SoakSettings settings;
    private final Consumer<String> screen;
    private final Map<String, Integer> blows = new TreeMap<>();
    private long slowestMillis;
    private int notBack;

    private Soak(MiniCluster cluster, SoakSettings settings, Consumer<String> screen) {
        this.cluster = cluster;
        this.settings = settings;
        this.screen = screen;
    }

    /** @param screen told of each fault in a line */
    public static SoakReport run(MiniCluster cluster, SoakSettings settings, Consumer<String> screen)
            throws IOException, InterruptedException {
        return new Soak(cluster, settings, screen).run();
    }

    private SoakReport run() throws IOException, InterruptedException {
        java.nio.file.Path user = Files.createDirectories(settings.folder().resolve("user"));
        int processesBefore = cluster.containerProcesses().size();
        try (FileSystem files = FileSystem.newInstance(cluster.hadoopConfiguration());
                SelvageClient client = SelvageClient.of(settings.home(), cluster.configurationFolder(), user)) {
            Configuration configuration =
                    Configuration.defaults().with(SESSION_SETTINGS, FROM).with(JOB_SETTINGS, FROM);
            Session session = client.open(configuration, OpenObserver.SILENT);
            try {
                Path output = new Path(files.getHomeDirectory(), "soak/" + session.applicationId());
                VerifiedJob verified = new VerifiedJob(
                        session,
                        configuration,
                        output,
                        new VerifiedJob.Settings(
                                settings.folder().resolve("job"), settings.recordsPerSecond(), settings.keys(), false));
                String job = verified.id();
                screen.accept("seed " + settings.seed() + ", session " + session.applicationId() + ", job " + job);
                awaitBack(session, job, null);
                befall(session, job);
                verified.endInput();
                JobDescription last = awaitEnd(session, job);
                long epochs = session.describe().getEpoch();
                VerifiedJob.Result result = verified.compare(files);
                Path state = new Path(session.stateRoot(), session.applicationId());
                session.stop("the soak is over");
                SoakReport report = new SoakReport(
                        result.verdict(),
                        blows,
                        notBack,
                        slowestMillis,
                        last.getIncarnation() - 1,
                        epochs,
                        result.pending(),
                        processesLeft(processesBefore),
                        files.exists(state));
                if (report.isRight()) {
                    files.delete(output, true);
                }
                return report;
            } finally {
                session.close();
            }
        }
    }

    // ---- faults --------------------------------------------------------------------------------------------------

    private void befall(Session session, String job) throws IOException, InterruptedException {
        List<Blow> schedule = Blow.schedule(settings.seed(), settings.faults());
        for (int i = 0; i < schedule.size(); i++) {
            Blow blow = schedule.get(i);
            Thread.sleep(blow.pauseMillis());
            JobDescription before = patiently(() -> session.job(job));
            long startNanos = System.nanoTime();
            String what = deal(blow, session, job);
            blows.merge(blow.trouble().name().toLowerCase(Locale.ROOT).replace('_', '-'), 1, Integer::sum);
            boolean nextOverlaps =
                    i + 1 < schedule.size() && schedule.get(i + 1).overlaps();
            String number = (i + 1) + " of " + schedule.size() + ": " + what;
            if (nextOverlaps) {
                screen.accept(number + "; the next one does not wait");
                continue;
            }
            boolean isBack = awaitBack(session, job, before);
            long tookMillis = (System.nanoTime() - startNanos) / 1_000_000;
            slowestMillis = Math.max(slowestMillis, tookMillis);
            notBack += isBack ? 0 : 1;
            screen.accept(number + (isBack ? "; back after " : "; NOT BACK after ") + tookMillis + " ms");
        }
    }

    private String deal(Blow blow, Session session, String job) throws IOException, InterruptedException {
        SessionDescription now = patiently(session::describe);
        return switch (blow.trouble()) {
            case KILL_TASK -> "kill -9 of " + signal(ProcessSignals.KILL, task(now, blow));
            case KILL_MASTER -> "kill -9 of the master, " + signal(ProcessSignals.KILL, now.getMasterPid());
            case KILL_BOTH ->
                "kill -9 of the master, " + signal(ProcessSignals.KILL, now.getMasterPid()) + ", and of "
                        + signal(ProcessSignals.KILL, task(now, blow));
            case HOLD_TASK -> hold(task(now, blow), blow, "an executor");
            case HOLD_MASTER -> hold(now.getMasterPid(), blow, "the master");
            case NODE_MANAGER -> {
                int node = blow.which() % cluster.nodeManagerCount();
                cluster.stopNodeManager(node);
                Thread.sleep(blow.holdMillis());
                cluster.startNodeManager(node);
                yield "NodeManager " + node + " gone for " + blow.holdMillis() + " ms";
            }
            case NAME_NODE -> {
                cluster.stopNameNode();
                Thread.sleep(blow.holdMillis());
                cluster.startNameNode();
                yield "NameNode gone for " + blow.holdMillis() + " ms";
            }
            case RESOURCE_MANAGER -> {
                cluster.stopResourceManager();
                Thread.sleep(blow.holdMillis() / 4);
                cluster.startResourceManager();
                yield "ResourceManager gone for " + blow.holdMillis() / 4 + " ms";
            }
        };
    }

    /** 0: there is none to hit, after a blow that did not wait. */
    private static long task(SessionDescription session, Blow blow) {
        List<ExecutorDescription> busy = session.getExecutorsList().stream()
                .filter(each -> each.getBusySlots() > 0)
                .toList();
        List<ExecutorDescription> from = busy.isEmpty() ? session.getExecutorsList() : busy;
        return from.isEmpty() ? 0 : from.get(blow.which() % from.size()).getPid();
    }

    private static String signal(ProcessSignals signal, long pid) throws IOException, InterruptedException {
        if (pid == 0) {
            return "no process";
        }
        try {
            signal.send(pid);
        } catch (IOException gone) {
            if (ProcessSignals.isAlive(pid)) {
                throw gone;
            }
            return pid + ", gone before";
        }
        return Long.toString(pid);
    }

    private static String hold(long pid, Blow blow, String whom) throws IOException, InterruptedException {
        String held = signal(ProcessSignals.STOP, pid);
        Thread.sleep(blow.holdMillis());
        String freed = pid != 0 && ProcessSignals.isAlive(pid) ? signal(ProcessSignals.CONT, pid) : "ended meanwhile";
        return whom + ", " + held + ", held for " + blow.holdMillis() + " ms (" + freed + ")";
    }

    // ---- waiting -------------------------------------------------------------------------------------------------

    private interface Question<T> {
        T ask();
    }

    private static <T> T patiently(Question<T> question) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return question.ask();
            } catch (ClientException absent) {
                if (System.nanoTime() - deadline > 0) {
                    throw absent;
                }
                Thread.sleep(POLL_MILLIS);
            }
        }
    }

    /** The job runs, and has completed a checkpoint that it had not; false: not in time. */
    private boolean awaitBack(Session session, String job, @Nullable JobDescription before)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        long lastBefore = before == null ? 0 : before.getLastCheckpoint();
        // The one that was under way at the fault may still complete: the second says that checkpoints go on.
        long wanted = lastBefore + 1;
        while (System.nanoTime() - deadline < 0) {
            JobDescription now = patiently(() -> session.job(job));
            if (Set.of(JobPhase.FAILED, JobPhase.CANCELED, JobPhase.FINISHED).contains(now.getPhase())) {
                throw new IOException("The job has ended under the soak with seed " + settings.seed() + ": " + now);
            }
            if (now.getPhase() == JobPhase.RUNNING && now.getLastCheckpoint() > wanted) {
                return true;
            }
            Thread.sleep(POLL_MILLIS);
        }
        return false;
    }

    private JobDescription awaitEnd(Session session, String job) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() - deadline < 0) {
            JobDescription now = patiently(() -> session.job(job));
            if (now.getPhase() == JobPhase.FINISHED) {
                return now;
            }
            if (now.getPhase() == JobPhase.FAILED || now.getPhase() == JobPhase.CANCELED) {
                throw new IOException(
                        "The job has not finished, under the soak with seed " + settings.seed() + ": " + now);
            }
            Thread.sleep(POLL_MILLIS);
        }
        throw new IOException("The job does not finish: " + session.job(job));
    }

    private long processesLeft(int before) throws InterruptedException {
        long deadline = System.nanoTime() + PROCESSES_MILLIS * 1_000_000;
        long left = cluster.containerProcesses().size() - before;
        while (left > 0 && System.nanoTime() - deadline < 0) {
            Thread.sleep(POLL_MILLIS);
            left = cluster.containerProcesses().size() - before;
        }
        return Math.max(0, left);
    }
}
