package io.selvage.minicluster.throughput;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.throughput.program.Elements;
import io.selvage.minicluster.throughput.program.Expected;
import io.selvage.minicluster.throughput.program.ThroughputProgram;
import io.selvage.minicluster.workload.WorkloadJar;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.wire.CheckpointDescription;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileUtil;

/** Owned by the thread that runs it, the process's main one. */
final class ThroughputBenchmark {
    private static final String FROM = "the benchmark";
    private static final int SLOTS = 2;
    private static final int NODE_MEMORY_MIB = 20_480;
    private static final long POLL_MILLIS = 1000;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    /** Before the first record that has a pace, for the job's start. */
    private static final long START_SECONDS = 15;
    /** What is to be there already comes at about these rates, at worst. */
    private static final long PREFILLED_PER_SECOND = 50_000;

    private static final long PREFILLED_BYTES_PER_SECOND = 15_000_000;

    private final ThroughputSettings settings;
    private final Path measured;

    ThroughputBenchmark(ThroughputSettings settings) {
        this.settings = settings;
        this.measured = settings.folder().resolve("measured");
    }

    ThroughputFigures run() throws IOException, InterruptedException {
        if (Files.exists(measured) && !FileUtil.fullyDelete(measured.toFile())) {
            throw new IOException("Could not delete " + measured + ".");
        }
        Files.createDirectories(measured);
        Path user = Files.createDirectories(settings.folder().resolve("user"));
        try (MiniCluster cluster = MiniCluster.builder(settings.folder().resolve("cluster"))
                        .nodeMemoryMib(NODE_MEMORY_MIB)
                        // A container that YARN kills is the end of the job, and of the benchmark.
                        .memoryChecks()
                        .start();
                SelvageClient client = SelvageClient.of(settings.home(), cluster.configurationFolder(), user)) {
            Configuration configuration = configuration();
            try (Session session = client.open(configuration, OpenObserver.SILENT)) {
                note("session " + session.applicationId());
                ThroughputFigures figures = measure(session, configuration);
                session.stop("the benchmark is over");
                return figures;
            }
        }
    }

    private Configuration configuration() {
        Map<String, String> given = new LinkedHashMap<>();
        given.put("selvage.application.name", "benchmark");
        given.put("selvage.executor.slots", Integer.toString(SLOTS / settings.executors()));
        given.put("selvage.executor.minimum", Integer.toString(settings.executors()));
        given.put("selvage.executor.standby", "0");
        given.put("selvage.executor.memory", settings.executors() == 1 ? "4g" : "2g");
        given.put("selvage.master.memory", "512m");
        given.put("selvage.network.bind-host", "127.0.0.1");
        given.put("selvage.checkpoint.interval", "1s");
        given.put("selvage.state.backend", settings.work().backend);
        given.put("selvage.restart.policy", "none");
        return Configuration.defaults().with(given, FROM).with(settings.options(), FROM);
    }

    private ThroughputFigures measure(Session session, Configuration configuration)
            throws IOException, InterruptedException {
        boolean isPrefilled = settings.stateBytes() > 0;
        long prefillSeconds = isPrefilled ? prefillSeconds() : 0;
        long startNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS + prefillSeconds);
        long fromNanos = startNanos + TimeUnit.SECONDS.toNanos(settings.warmUpSeconds());
        String job = session.submit(program(startNanos, fromNanos, isPrefilled), configuration, id -> {})
                .get(0);
        awaitPhase(JobPhase.RUNNING, session, job);
        sleepUntil(fromNanos);
        Set<Long> pids = pids(session);
        long cpuBefore = cpuMillis(pids);
        long beforeNanos = System.nanoTime();
        Map<Long, CheckpointDescription> checkpoints = new TreeMap<>();
        long untilNanos = beforeNanos + TimeUnit.SECONDS.toNanos(settings.seconds());
        while (untilNanos - System.nanoTime() > 0) {
            Thread.sleep(
                    Math.min(POLL_MILLIS, Math.max(1, TimeUnit.NANOSECONDS.toMillis(untilNanos - System.nanoTime()))));
            JobDescription now = session.jobInDetail(job);
            if (now.getPhase() != JobPhase.RUNNING) {
                throw new IOException("The job does not run any more: " + now);
            }
            now.getCheckpointsList().forEach(each -> checkpoints.put(each.getCheckpoint(), each));
        }
        long cpuAfter = cpuMillis(pids);
        long afterNanos = System.nanoTime();
        long residentMib = residentMostMib(pids);
        Files.createFile(measured.resolve(Elements.END));
        awaitPhase(JobPhase.FINISHED, session, job);
        Measured files = new Measured(measured);
        double records = files.recordsBy(afterNanos) - files.recordsBy(beforeNanos);
        Measured.Output output = files.output();
        long fromMillis = System.currentTimeMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beforeNanos);
        return new ThroughputFigures(
                settings,
                records * TimeUnit.SECONDS.toNanos(1) / (afterNanos - beforeNanos),
                (cpuAfter - cpuBefore) * 1000.0 / records,
                residentMib,
                output.latencies(),
                since(fromMillis, checkpoints.values()),
                isExact(files.ends(), output, isPrefilled));
    }

    private long prefillSeconds() {
        return Math.max(
                settings.keys() / PREFILLED_PER_SECOND,
                settings.keys() * settings.stateBytes() / PREFILLED_BYTES_PER_SECOND);
    }

    private static List<CheckpointDescription> since(long millis, Collection<CheckpointDescription> checkpoints) {
        return checkpoints.stream()
                .filter(each -> each.getTriggerMillis() >= millis)
                .toList();
    }

    private Program program(long startNanos, long fromNanos, boolean isPrefilled) throws IOException {
        Path jar = WorkloadJar.write(settings.folder().resolve("benchmark.jar"), ThroughputProgram.class);
        return new Program(
                ProgramJar.open(jar, ThroughputProgram.class.getName()),
                List.of(
                        "--work", settings.work().program,
                        "--records", settings.records(),
                        "--readers", Integer.toString(SLOTS),
                        "--keys", Long.toString(settings.keys()),
                        "--prefilled", Boolean.toString(isPrefilled),
                        "--state-bytes", Integer.toString(settings.stateBytes()),
                        "--start", Long.toString(startNanos),
                        "--rate", Double.toString(settings.rate()),
                        "--from", Long.toString(fromNanos),
                        "--directory", measured.toString()));
    }

    private boolean isExact(List<Long> ends, Measured.Output output, boolean isPrefilled) {
        Expected expected = Expected.of(settings.work().program, SLOTS, settings.keys(), isPrefilled, ends);
        boolean exact = expected.sum() == output.sum()
                && (expected.records() == Expected.UNKNOWN || expected.records() == output.records());
        if (!exact) {
            note("expected " + expected + ", but the sinks have " + output.records() + " with " + output.sum());
        }
        return exact;
    }

    private static Set<Long> pids(Session session) {
        return Set.copyOf(session.describe().getExecutorsList().stream()
                .map(ExecutorDescription::getPid)
                .toList());
    }

    /** Of user and system, as /proc has it: in hundredths of a second. */
    private static long cpuMillis(Set<Long> pids) throws IOException {
        long ticks = 0;
        for (long pid : pids) {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            List<String> fields = new ArrayList<>(
                    List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ")));
            ticks += Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12));
        }
        return ticks * 10;
    }

    /** The most that one of them has ever had, as YARN counts it. */
    private static long residentMostMib(Set<Long> pids) throws IOException {
        long most = 0;
        for (long pid : pids) {
            most = Math.max(most, kibibytes("VmHWM:", Files.readAllLines(Path.of("/proc/" + pid + "/status"))) >> 10);
        }
        return most;
    }

    /** @throws IOException if the status of the process has no such line, with a number and kB */
    static long kibibytes(String name, List<String> status) throws IOException {
        for (String line : status) {
            if (line.startsWith(name) && line.endsWith(" kB")) {
                return Long.parseLong(line.substring(name.length(), line.length() - " kB".length())
                        .strip());
            }
        }
        throw new IOException("The kernel does not tell " + name + " of a process: " + status);
    }

    private static void sleepUntil(long nanos) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(Math.max(0, nanos - System.nanoTime()));
    }

    private static void awaitPhase(JobPhase phase, Session session, String job)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (JobDescription now = session.job(job); now.getPhase() != phase; now = session.job(job)) {
            if (now.getPhase() == JobPhase.FAILED || System.nanoTime() - deadline > 0) {
                throw new IOException("The job does not come to the phase " + phase + ": " + now);
            }
            Thread.sleep(POLL_MILLIS / 10);
        }
    }

    private static void note(String text) {
        System.err.println(text);
    }
}
