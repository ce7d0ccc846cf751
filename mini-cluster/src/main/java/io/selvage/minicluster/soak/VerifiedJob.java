package io.selvage.minicluster.soak;

import io.selvage.client.Session;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.minicluster.workload.AccountsOracle;
import io.selvage.minicluster.workload.Workload;
import io.selvage.minicluster.workload.WorkloadJar;
import io.selvage.protocol.config.Configuration;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Owned by one thread: the workload in a session, with output to HDFS that must be exactly the oracle's. It reads until
 * it is told where its input ends.
 */
public final class VerifiedJob {
    /** Readers of the input, and of whatever else there is in the job. */
    public static final int PARALLELISM = 2;
    /** More input after its end is asked for, so that what came right before it is seen too. */
    private static final long LAST_MILLIS = 1_000;

    private final Settings settings;
    private final Path output;
    private final java.nio.file.Path endFile;
    private final long startMillis = System.currentTimeMillis();
    private final String id;
    private long end;

    /**
     * What the job is to do.
     *
     * @param folder of this machine, for the program and what it is told while it runs; of this job alone
     * @param recordsPerSecond of its input
     * @param keys accounts that it keeps
     * @param measured a second sink notes on this machine what came when
     */
    public record Settings(java.nio.file.Path folder, double recordsPerSecond, long keys, boolean measured) {}

    /** Submits it. */
    public VerifiedJob(Session session, Configuration configuration, Path output, Settings settings)
            throws IOException {
        this.settings = settings;
        this.output = output;
        this.endFile = settings.folder().resolve("end");
        Files.createDirectories(measured());
        Files.deleteIfExists(endFile);
        this.id = session.submit(program(), configuration, accepted -> {}).get(0);
    }

    private Program program() throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "--keys", Long.toString(settings.keys()),
                "--state-bytes", "100",
                "--rate", Double.toString(settings.recordsPerSecond()),
                "--readers", Integer.toString(PARALLELISM),
                "--start", Long.toString(startMillis),
                "--end-file", endFile.toAbsolutePath().toString(),
                "--sabotage", settings.folder().toAbsolutePath().toString(),
                "--output", output.toString()));
        if (settings.measured()) {
            arguments.addAll(List.of("--measure", measured().toString()));
        }
        return new Program(
                ProgramJar.open(WorkloadJar.write(settings.folder().resolve("workload.jar")), Workload.class.getName()),
                arguments);
    }

    /** Where the second sink puts its notes. */
    public java.nio.file.Path measured() {
        return settings.folder().resolve("measured").toAbsolutePath();
    }

    public String id() {
        return id;
    }

    /** The folder in which a file named as one of {@link io.selvage.minicluster.workload.Sabotage} has it done. */
    public java.nio.file.Path folder() {
        return settings.folder();
    }

    /** Lets the input end a moment from now; the job then finishes by itself. */
    public void endInput() throws IOException {
        end = writeEnd(endFile, startMillis, settings.recordsPerSecond() / PARALLELISM);
    }

    /**
     * Tells readers of {@link io.selvage.minicluster.workload.Workload} where their input ends, and answers it. The
     * file appears whole, and before any of them, who look for it five times in a second, has come so far.
     *
     * @param recordsPerSecond of each
     */
    public static long writeEnd(java.nio.file.Path endFile, long startMillis, double recordsPerSecond)
            throws IOException {
        java.nio.file.Path unseen = endFile.resolveSibling(endFile.getFileName() + ".new");
        long lastMillis;
        long end;
        do {
            lastMillis = System.currentTimeMillis() + LAST_MILLIS;
            end = (long) ((lastMillis - startMillis) * recordsPerSecond / 1000);
            Files.writeString(unseen, Long.toString(end));
        } while (System.currentTimeMillis() > lastMillis - LAST_MILLIS / 2);
        Files.move(unseen, endFile, StandardCopyOption.ATOMIC_MOVE);
        return end;
    }

    /** Of all readers, once the end was asked for. */
    public long recordsInAll() {
        return end * PARALLELISM;
    }

    /**
     * What has come out.
     *
     * @param pending files that no reader of the output should have to pass over once the job has finished
     */
    public record Result(AccountsOracle.Verdict verdict, long pending) {}

    /** Compares the output of the job, which has finished, with what it must be. */
    public Result compare(FileSystem files) throws IOException {
        AccountsOracle oracle = new AccountsOracle(PARALLELISM, settings.keys(), end);
        for (FileStatus file : files.listStatus(output, path -> path.getName().startsWith("part-"))) {
            try (BufferedReader in =
                    new BufferedReader(new InputStreamReader(files.open(file.getPath()), StandardCharsets.UTF_8))) {
                String header = in.readLine();
                if (header == null || !header.startsWith("key,")) {
                    throw new IOException(file.getPath() + " does not begin with its header but with: " + header);
                }
                in.lines().forEach(oracle::add);
            }
        }
        long pending = 0;
        RemoteIterator<LocatedFileStatus> all = files.listFiles(output, true);
        while (all.hasNext()) {
            pending += all.next().getPath().getName().startsWith("part-") ? 0 : 1;
        }
        return new Result(oracle.verdict(), pending);
    }
}
