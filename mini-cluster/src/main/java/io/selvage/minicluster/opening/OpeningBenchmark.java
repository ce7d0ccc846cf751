package io.selvage.minicluster.opening;

import io.selvage.client.JobObserver;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.workload.WorkloadJar;
import io.selvage.protocol.wire.ExecutorDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;

/** Owned by the thread that runs it, the process's main one. Opens one session after the other, with the scripts. */
final class OpeningBenchmark {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final long POLL_MILLIS = 5;
    private static final long LONG_POLL_MILLIS = 500;
    private static final String LIBRARIES = "libraries";

    private final OpeningSettings settings;
    private final Path jar;
    private final Path user;
    private int submissions;

    OpeningBenchmark(OpeningSettings settings) {
        this.settings = settings;
        this.jar = settings.folder().resolve("job.jar");
        this.user = settings.folder().resolve("user");
    }

    OpeningFigures run() throws IOException, InterruptedException {
        if (Files.exists(settings.folder())
                && !FileUtil.fullyDelete(settings.folder().toFile())) {
            throw new IOException("Could not delete " + settings.folder() + ".");
        }
        Files.createDirectories(user);
        WorkloadJar.write(jar);
        try (MiniCluster cluster = MiniCluster.builder(settings.folder().resolve("cluster"))
                        .start();
                FileSystem hdfs = FileSystem.newInstance(cluster.hadoopConfiguration());
                SelvageClient client = SelvageClient.of(settings.home(), cluster.configurationFolder(), user)) {
            return measure(new Commands(settings.home(), cluster.configurationFolder(), user), client, hdfs);
        }
    }

    private OpeningFigures measure(Commands commands, SelvageClient client, FileSystem hdfs)
            throws IOException, InterruptedException {
        List<Long> openMillis = new ArrayList<>();
        List<Long> coldMillis = new ArrayList<>();
        List<Long> warmMillis = new ArrayList<>();
        long firstOpenMillis = 0;
        long runtimeBytes = 0;
        long keptBytes = 0; // What the first session has left: the runtime, the program, an archive of classes.
        long libraryBytes = 0;
        long sessionBytes = 0;
        for (int opening = 0; opening <= settings.openings(); opening++) {
            long millis = commands.run("yarn-session.sh", opening());
            try (Session session = client.newestSession()) {
                note("session " + opening + " was open after " + millis + " ms");
                org.apache.hadoop.fs.Path root = new org.apache.hadoop.fs.Path(session.stateRoot());
                long libraries = bytes(hdfs, new org.apache.hadoop.fs.Path(root, LIBRARIES));
                if (opening == 0) {
                    firstOpenMillis = millis;
                    runtimeBytes = libraries;
                } else {
                    openMillis.add(millis);
                }
                if (opening == 1) {
                    libraryBytes = libraries - keptBytes;
                    sessionBytes =
                            libraryBytes + bytes(hdfs, new org.apache.hadoop.fs.Path(root, session.applicationId()));
                }
                long cold = submit(commands, session);
                long warm = submit(commands, session);
                if (opening > 0) {
                    coldMillis.add(cold);
                    warmMillis.add(warm);
                } else {
                    awaitArchives(commands, session, hdfs, root);
                    keptBytes = bytes(hdfs, new org.apache.hadoop.fs.Path(root, LIBRARIES));
                }
                session.stop("it was measured");
            }
        }
        return new OpeningFigures(
                firstOpenMillis, openMillis, runtimeBytes, libraryBytes, sessionBytes, coldMillis, warmMillis);
    }

    /**
     * Lets a job run until what a first session leaves for later ones is there: an archive of the classes of
     * containers. That of commands is made in a third of the time. It is not there if no container has the room to make
     * one.
     */
    private void awaitArchives(Commands commands, Session session, FileSystem hdfs, org.apache.hadoop.fs.Path root)
            throws IOException, InterruptedException {
        Path measured = Files.createDirectories(settings.folder().resolve("measured-" + ++submissions));
        commands.run("selvage", job(measured));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        var ofContainers = new org.apache.hadoop.fs.Path(root, LIBRARIES + "/*/????????????????.zip");
        while (hdfs.globStatus(ofContainers).length == 0) {
            if (System.nanoTime() - deadline > 0) {
                note("there is no archive of classes after " + PATIENCE);
                break;
            }
            TimeUnit.MILLISECONDS.sleep(LONG_POLL_MILLIS);
        }
        cancelJob(session);
    }

    private static long bytes(FileSystem hdfs, org.apache.hadoop.fs.Path directory) throws IOException {
        return hdfs.getContentSummary(directory).getLength();
    }

    /** Without an executor until there is a job, and with none that is kept ready beside. */
    private List<String> opening() {
        Map<String, String> given = new LinkedHashMap<>();
        given.put("selvage.application.name", "opening");
        given.put("selvage.executor.minimum", "0");
        given.put("selvage.executor.standby", "0");
        given.put("selvage.executor.slots", "2");
        given.put("selvage.executor.memory", "1g");
        given.put("selvage.master.memory", "512m");
        given.put("selvage.network.bind-host", "127.0.0.1");
        given.putAll(settings.options());
        List<String> arguments = new ArrayList<>(List.of("-d"));
        given.forEach((key, value) -> arguments.addAll(List.of("-D", key + "=" + value)));
        return arguments;
    }

    /** Answers after how many milliseconds a record of it was at the sink; the job is gone when this returns. */
    private long submit(Commands commands, Session session) throws IOException, InterruptedException {
        Path measured = Files.createDirectories(settings.folder().resolve("measured-" + ++submissions));
        long begunMillis = System.currentTimeMillis();
        commands.run("selvage", job(measured));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        OptionalLong first = firstOutput(measured);
        while (first.isEmpty()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("The job has had no output for " + PATIENCE + ": " + session.jobs());
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            first = firstOutput(measured);
        }
        long millis = first.getAsLong() - begunMillis;
        note("a job had its first output after " + millis + " ms");
        cancelJob(session);
        return millis;
    }

    private List<String> job(Path measured) {
        return List.of(
                "run",
                "-d",
                jar.toString(),
                "--keys",
                "1000",
                "--rate",
                "2000",
                "--state-bytes",
                "100",
                "--measure",
                measured.toString());
    }

    /** The newest one is gone, and its executor ready for the next, when this returns. */
    private static void cancelJob(Session session) throws IOException, InterruptedException {
        String job = session.jobs().get(0).getJobId();
        session.cancel(job);
        session.awaitEnd(job, JobObserver.SILENT);
        awaitIdle(session);
    }

    private static void awaitIdle(Session session) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        List<ExecutorDescription> executors = session.describe().getExecutorsList();
        while (executors.isEmpty() || executors.stream().anyMatch(each -> each.getBusySlots() > 0)) {
            if (executors.isEmpty() || System.nanoTime() - deadline > 0) {
                throw new IOException("No executor is ready for the next job: " + executors);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            executors = session.describe().getExecutorsList();
        }
    }

    /** As the sinks have noted it: the first field of the first line is when its newest record came. */
    private static OptionalLong firstOutput(Path measured) throws IOException {
        OptionalLong first = OptionalLong.empty();
        try (Stream<Path> files = Files.list(measured)) {
            for (Path file : files.toList()) {
                String text = Files.readString(file);
                int comma = text.indexOf(',');
                if (text.indexOf('\n') > 0 && comma > 0) {
                    long millis = Long.parseLong(text.substring(0, comma));
                    first = OptionalLong.of(Math.min(millis, first.orElse(Long.MAX_VALUE)));
                }
            }
        }
        return first;
    }

    private static void note(String text) {
        System.err.println(text);
    }

    /** The scripts, as a user runs them. */
    private record Commands(Path home, Path hadoopFolder, Path user) {
        /** Answers how long it has taken. */
        long run(String script, List<String> arguments) throws IOException, InterruptedException {
            List<String> command = new ArrayList<>();
            command.add(home.resolve("scripts").resolve(script).toString());
            command.addAll(arguments);
            Path output = user.resolve("command.txt");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().put("HADOOP_CONF_DIR", hadoopFolder.toString());
            builder.environment().put("SELVAGE_USER_DIR", user.toString());
            long begunNanos = System.nanoTime();
            Process process = builder.start();
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(command + " has not ended within " + PATIENCE + ".");
            }
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNanos);
            if (process.exitValue() != 0) {
                throw new IOException(
                        command + " has ended with " + process.exitValue() + ": " + Files.readString(output));
            }
            return millis;
        }
    }
}
