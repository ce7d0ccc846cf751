package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.workload.Workload;
import io.selvage.minicluster.workload.WorkloadJar;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A session of two executors, and a job in it that reads for ever, with a checkpoint every half second. */
final class AccountsSession implements AutoCloseable {
    private static final String FROM = "the test";
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long POLL_MILLIS = 50;

    private final SelvageClient client;
    private final Session session;
    private final Path measured;
    private final String job;

    AccountsSession(MiniCluster cluster, Path folder, Map<String, String> more) throws IOException {
        Path home = Path.of("..").toAbsolutePath().normalize();
        this.measured = Files.createDirectories(folder.resolve("measured"));
        this.client =
                SelvageClient.of(home, cluster.configurationFolder(), Files.createDirectories(folder.resolve("user")));
        Configuration settings = Configuration.defaults()
                .with(ShortLived.SETTINGS, FROM)
                .with(
                        Map.of(
                                "selvage.executor.minimum", "2",
                                "selvage.executor.memory", "1g",
                                "selvage.master.memory", "512m",
                                "selvage.network.bind-host", "127.0.0.1",
                                // Whoever is killed is missed at once, and nobody else who does not hang.
                                "selvage.heartbeat.timeout", "10s",
                                "selvage.application.attempt-failure-window", "30s",
                                "selvage.checkpoint.interval", "500ms",
                                "selvage.parallelism.default", "2"),
                        FROM)
                .with(more, FROM);
        this.session = client.open(settings, OpenObserver.SILENT);
        Program program = new Program(
                ProgramJar.open(WorkloadJar.write(folder.resolve("accounts.jar")), Workload.class.getName()),
                List.of("--keys", "1000", "--rate", "2000", "--measure", measured.toString()));
        this.job = session.submit(program, settings, id -> {}).get(0);
    }

    Session session() {
        return session;
    }

    JobDescription job() {
        return session.job(job);
    }

    String jobId() {
        return job;
    }

    Set<Long> executorPids() {
        return session.describe().getExecutorsList().stream()
                .map(ExecutorDescription::getPid)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Of executors on which the job runs: a standby may come and go. */
    Set<Long> busyPids() {
        return session.describe().getExecutorsList().stream()
                .filter(executor -> executor.getBusySlots() > 0)
                .map(ExecutorDescription::getPid)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Of all that the sink has noted on this machine; more of it: there was output. */
    long outputBytes() throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.list(measured)) {
            for (Path file : files.toList()) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    JobDescription await(String what, Predicate<JobDescription> condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            JobDescription now = job();
            assertThat(now.getPhase()).as(now.toString()).isNotIn(JobPhase.FAILED, JobPhase.CANCELED);
            if (condition.test(now)) {
                return now;
            }
            assertThat(System.nanoTime() - deadline).as(what + ": " + now).isNegative();
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** Two checkpoints from now on: one that was under way does not count. */
    JobDescription awaitCheckpoints() throws InterruptedException {
        long last = job().getLastCheckpoint();
        return await(
                "checkpoints go on", now -> now.getPhase() == JobPhase.RUNNING && now.getLastCheckpoint() > last + 1);
    }

    @Override
    public void close() {
        if (!session.hasEnded()) {
            session.stop("the test is done");
        }
        session.close();
        client.close();
    }
}
