package io.selvage.minicluster.quickstart;

import io.selvage.client.JobObserver;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.minicluster.oracle.FlightDelaysOracle;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Runs {@code flight-delays} on a cluster, kills processes under it, and compares its output with the oracle's; used by
 * one thread. An interruption of that thread ends it in good order.
 */
public final class Quickstart {
    private static final int PARALLELISM = 2;

    /** About two days of flights: small enough for both readers to stay at nearly the same day. */
    private static final String SPLIT_SIZE = "16k";

    private static final String PROGRAM_CLASS = "io.selvage.examples.FlightDelays";
    private static final String FROM = "the quickstart";
    private static final Map<String, String> SESSION_SETTINGS = Map.of(
            "selvage.application.name", "quickstart",
            "selvage.executor.slots", "1",
            "selvage.executor.minimum", Integer.toString(PARALLELISM),
            "selvage.executor.memory", "1g",
            "selvage.master.memory", "512m",
            "selvage.network.bind-host", "127.0.0.1");
    private static final Map<String, String> JOB_SETTINGS =
            Map.of("selvage.checkpoint.interval", "1s", "selvage.parallelism.default", Integer.toString(PARALLELISM));

    private final QuickstartSettings settings;
    private final Screen screen;

    Quickstart(QuickstartSettings settings, Screen screen) {
        this.settings = settings;
        this.screen = screen;
    }

    /** @throws QuickstartException if the job does not come to an end at which its output could be compared */
    public static QuickstartReport run(QuickstartSettings settings)
            throws IOException, InterruptedException, QuickstartException {
        return new Quickstart(settings, Screen.ofConsole()).run();
    }

    QuickstartReport run() throws IOException, InterruptedException, QuickstartException {
        long startNanos = System.nanoTime();
        try (FileSystem files = hdfs();
                SelvageClient client =
                        SelvageClient.of(settings.home(), settings.hadoopFolder(), settings.userDirectory())) {
            Configuration configuration = Configuration.defaults().with(SESSION_SETTINGS, FROM);
            Session session = open(client, configuration);
            double sessionSeconds = secondsSince(startNanos);
            screen.step("session " + session.applicationId() + " is open; watch it at " + session.webPage());
            boolean keep = false;
            Path folder = new Path(files.getHomeDirectory(), "quickstart/" + session.applicationId());
            try {
                QuickstartReport report = runJob(files, folder, session, configuration, sessionSeconds);
                keep = settings.keep();
                if (keep) {
                    printUse(folder);
                }
                return report;
            } finally {
                if (!keep) {
                    screen.progress("stopping the session");
                    cleanUp(session, files, folder);
                }
                session.close();
            }
        }
    }

    private Session open(SelvageClient client, Configuration configuration) {
        boolean open = false;
        try {
            Session session = client.open(
                    configuration,
                    (stage, detail) -> screen.progress(detail.isEmpty() ? stage : stage + ": " + detail));
            open = true;
            return session;
        } finally {
            if (!open && client.abandonOpening()) {
                screen.step("gave up the session that was being opened");
            }
        }
    }

    private QuickstartReport runJob(
            FileSystem files, Path folder, Session session, Configuration configuration, double sessionSeconds)
            throws IOException, InterruptedException, QuickstartException {
        Path flights = new Path(folder, "flights.csv");
        Path airports = new Path(folder, "airports.csv");
        Path output = new Path(folder, "delays");
        put(files, settings.flights(), flights);
        put(files, settings.airports(), airports);
        screen.step("flights.csv and airports.csv are in " + folder);

        Program program = new Program(
                ProgramJar.open(settings.programJar(), PROGRAM_CLASS),
                List.of(
                        "--flights", flights.toString(),
                        "--airports", airports.toString(),
                        "--output", output.toString(),
                        "--rate", Double.toString(settings.flightsPerSecond()),
                        "--split-size", SPLIT_SIZE));
        try (OutputWatch watch = OutputWatch.start(files, output)) {
            long submittedNanos = System.nanoTime();
            String jobId = session.submit(program, configuration.with(JOB_SETTINGS, FROM), id -> {})
                    .get(0);
            screen.step("flight-delays is submitted as " + jobId);
            FaultPlan faults = new FaultPlan(session, watch, screen, submittedNanos, settings.undisturbed());
            JobDescription end = session.awaitEnd(jobId, new Progress(faults));
            long endNanos = System.nanoTime();
            requireFinished(end, faults);
            screen.step("the job has finished");

            List<String> lines = lines(files, output);
            FlightDelaysOracle.Answer answer = FlightDelaysOracle.answer(settings.flights(), settings.airports());
            Comparison comparison = Comparison.of(answer.lines(), lines);
            List<Long> seenNanos = watch.seenNanos();
            QuickstartReport report = new QuickstartReport(
                    sessionSeconds,
                    seenNanos.isEmpty() ? Double.NaN : (seenNanos.get(0) - submittedNanos) / 1e9,
                    (endNanos - submittedNanos) / 1e9,
                    end.getCheckpointsCompleted(),
                    end.getRestarts(),
                    faults.faults(),
                    seenNanos,
                    endNanos,
                    answer.flightCount(),
                    WorstAirports.flightCount(lines),
                    lines.size(),
                    comparison.differences());
            print(report, lines, output);
            return report;
        }
    }

    private static void requireFinished(JobDescription end, FaultPlan faults) throws QuickstartException {
        if (end.getPhase() != JobPhase.FINISHED) {
            throw new QuickstartException("The job has ended as " + end.getPhase() + ": "
                    + end.getFailure().getMessage()
                    + String.join("\n  ", end.getFailure().getCausesList()));
        }
        if (!faults.isDone()) {
            throw new QuickstartException("The job ended before every process that was to be killed had been killed ("
                    + faults.faults().size() + " of 2). Give it a lower --rate.");
        }
    }

    private void print(QuickstartReport report, List<String> lines, Path output) {
        screen.print("");
        screen.print("The ten worst airports, January to March 2001 (from " + output + "):");
        WorstAirports.table(lines).forEach(screen::print);
        screen.print("");
        screen.print(String.format(
                Locale.ROOT,
                "The job took %.1f s: first output after %.1f s, %d checkpoints, %d restarts.",
                report.jobSeconds(),
                report.firstOutputSeconds(),
                report.checkpointCount(),
                report.restartCount()));
        report.timeline().forEach(screen::print);
        report.shownDifferences().forEach(screen::print);
        screen.print("");
        screen.print(report.verdict());
    }

    private void printUse(Path folder) {
        screen.print("");
        screen.print("The mini-cluster and the session are still up. To use them, in " + settings.home() + ":");
        screen.print("  export HADOOP_CONF_DIR=" + settings.hadoopFolder());
        screen.print("  scripts/selvage list");
        screen.print("  scripts/selvage run examples/target/selvage-examples.jar --rate 400 \\");
        screen.print("      --flights " + new Path(folder, "flights.csv") + " \\");
        screen.print("      --airports " + new Path(folder, "airports.csv") + " \\");
        screen.print("      --output " + new Path(folder, "delays-again"));
        screen.print("  scripts/selvage cancel JOB");
        screen.print("  scripts/selvage stop");
        screen.print("  scripts/mini-cluster.sh stop --dir "
                + settings.hadoopFolder().toAbsolutePath().getParent());
    }

    /** Lines of all committed files, without their headers. */
    private static List<String> lines(FileSystem files, Path output) throws IOException {
        List<String> lines = new ArrayList<>();
        for (FileStatus file : files.listStatus(output, OutputWatch.COMMITTED)) {
            try (BufferedReader in =
                    new BufferedReader(new InputStreamReader(files.open(file.getPath()), StandardCharsets.UTF_8))) {
                String header = in.readLine();
                if (header == null || !header.startsWith("day,airport,city,flights,")) {
                    throw new IOException(file.getPath() + " does not begin with its header but with: " + header);
                }
                in.lines().forEach(lines::add);
            }
        }
        return lines;
    }

    private static void cleanUp(Session session, FileSystem files, Path folder) throws IOException {
        // An interruption has done its work by now, and would stop the cleaning up too.
        boolean interrupted = Thread.interrupted();
        try {
            session.stop("the quickstart is over");
            if (!files.delete(folder, true) && files.exists(folder)) {
                throw new IOException(folder + " could not be deleted.");
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void put(FileSystem files, java.nio.file.Path from, Path to) throws IOException {
        files.copyFromLocalFile(false, true, new Path(from.toUri()), to);
    }

    /** A client of its own, for the one from Hadoop's cache would be closed under others. */
    private FileSystem hdfs() throws IOException {
        org.apache.hadoop.conf.Configuration hadoop = new org.apache.hadoop.conf.Configuration();
        for (String file : List.of("core-site.xml", "hdfs-site.xml")) {
            java.nio.file.Path path = settings.hadoopFolder().resolve(file);
            if (java.nio.file.Files.exists(path)) {
                hadoop.addResource(new Path(path.toUri()));
            }
        }
        return FileSystem.newInstance(hadoop);
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    /** The live line, and the faults when they are due; called by the thread that waits for the job. */
    private final class Progress implements JobObserver {
        private final FaultPlan faults;

        Progress(FaultPlan faults) {
            this.faults = faults;
        }

        @Override
        public void onProgress(JobDescription job) {
            screen.progress(String.format(
                    Locale.ROOT,
                    "%-10s in %,6d  out %,6d  checkpoints %3d  restarts %d",
                    job.getPhase().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    job.getRecordsRead(),
                    job.getRecordsWritten(),
                    job.getCheckpointsCompleted(),
                    job.getRestarts()));
            try {
                faults.onProgress(job);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void onMasterAbsent(String reason, Duration absence) {
            screen.progress(String.format(Locale.ROOT, "no master for %.1f s: %s", absence.toMillis() / 1e3, reason));
        }
    }
}
