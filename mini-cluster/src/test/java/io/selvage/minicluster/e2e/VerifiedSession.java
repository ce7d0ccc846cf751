package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.connect.Login;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.apache.hadoop.fs.FileSystem;

/** A session whose jobs read until they are told to end, and whose output must then be exactly the oracle's. */
final class VerifiedSession implements AutoCloseable {
    private static final String FROM = "the test";
    private static final double RECORDS_PER_SECOND = 400;
    private static final long KEYS = 200;

    private final List<String> waits = new CopyOnWriteArrayList<>(); // The client may be another thread's.
    private final Path folder;
    private final FileSystem files;
    private final SelvageClient client;
    private final Configuration settings;
    private final Session session;
    private int jobs;

    VerifiedSession(MiniCluster cluster, Path folder, Map<String, String> more) throws IOException {
        this.folder = folder;
        this.files = FileSystem.newInstance(cluster.hadoopConfiguration());
        Path home = Path.of("..").toAbsolutePath().normalize();
        Path user = Files.createDirectories(folder.resolve("user"));
        this.client =
                SelvageClient.of(home, cluster.configurationFolder(), user, hadoop -> Login.OWN, waits::add, false);
        this.settings = Configuration.defaults()
                .with(ShortLived.SETTINGS, FROM)
                .with(
                        Map.of(
                                "selvage.network.bind-host", "127.0.0.1",
                                // Whoever is killed is missed at once, and nobody else ever.
                                "selvage.heartbeat.timeout", "10s",
                                "selvage.checkpoint.interval", "500ms",
                                "selvage.parallelism.default", Integer.toString(VerifiedJob.PARALLELISM)),
                        FROM)
                .with(more, FROM);
        this.session = client.open(settings, OpenObserver.SILENT);
    }

    Session session() {
        return session;
    }

    /** What it has said that it waits for. */
    List<String> waits() {
        return waits;
    }

    VerifiedJob submit() throws IOException {
        return submit(Map.of());
    }

    /** @param more settings of this job */
    VerifiedJob submit(Map<String, String> more) throws IOException {
        String name = "job-" + ++jobs;
        org.apache.hadoop.fs.Path output = new org.apache.hadoop.fs.Path(
                files.getHomeDirectory(), "verified/" + session.applicationId() + "/" + name);
        return new VerifiedJob(
                session,
                settings.with(more, FROM),
                output,
                new VerifiedJob.Settings(folder.resolve(name), RECORDS_PER_SECOND, KEYS, true));
    }

    JobDescription describe(VerifiedJob job) {
        return session.job(job.id());
    }

    JobDescription await(VerifiedJob job, String what, Predicate<JobDescription> good) throws Exception {
        return Commands.await(what, () -> describe(job), now -> {
            assertThat(now.getPhase()).as(now.toString()).isNotIn(JobPhase.FAILED, JobPhase.CANCELED);
            return good.test(now);
        });
    }

    /** Two checkpoints from now on: one that was under way does not count. */
    JobDescription awaitCheckpoints(VerifiedJob job) throws Exception {
        long last = describe(job).getLastCheckpoint();
        return await(
                job,
                "checkpoints go on",
                now -> now.getPhase() == JobPhase.RUNNING && now.getLastCheckpoint() > last + 1);
    }

    /** Of executors on which a job runs. */
    List<ExecutorDescription> busy() {
        return session.describe().getExecutorsList().stream()
                .filter(executor -> executor.getBusySlots() > 0)
                .toList();
    }

    /** Two on which the job runs, and a standby. */
    List<ExecutorDescription> awaitThreeExecutors() throws Exception {
        return Commands.await(
                "two busy executors and a standby",
                () -> session.describe().getExecutorsList(),
                executors -> executors.size() == 3
                        && executors.stream().anyMatch(ExecutorDescription::getStandby)
                        && busy().size() == 2);
    }

    List<Long> executorPids() {
        List<Long> pids = new ArrayList<>();
        session.describe().getExecutorsList().forEach(executor -> pids.add(executor.getPid()));
        return pids;
    }

    /** The input ends, the job finishes, and nothing was lost, repeated or left over. */
    JobDescription assertEndsRight(VerifiedJob job) throws Exception {
        job.endInput();
        JobDescription end = await(job, "the job's end", now -> now.getPhase() == JobPhase.FINISHED);
        VerifiedJob.Result result = job.compare(files);
        assertThat(result.verdict().isRight()).as(result.toString()).isTrue();
        assertThat(result.verdict().lines()).isPositive();
        assertThat(result.pending()).as("uncommitted files").isZero();
        return end;
    }

    @Override
    public void close() throws IOException {
        if (!session.hasEnded()) {
            session.stop("the test is done");
        }
        session.close();
        client.close();
        files.close();
    }
}
