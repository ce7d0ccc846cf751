package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two queues share a cluster of six containers: one has a right to two of them, the other one to four. */
@Tag("own-cluster")
class PreemptionIT {
    private static final String QUEUES = "yarn.scheduler.capacity.root.";
    private static final String PREEMPTION = "yarn.resourcemanager.monitor.capacity.preemption.";
    private static final long KILL_AFTER_MILLIS = 8_000;

    @TempDir
    static Path scratch;

    private static MiniCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        MiniCluster.Builder builder = MiniCluster.builder(Path.of("target", "preemption"))
                .nodeManagers(3)
                .nodeMemoryMib(2_048)
                .hadoop(QUEUES + "queues", "default,other")
                .hadoop("yarn.resourcemanager.scheduler.monitor.enable", "true")
                .hadoop(
                        "yarn.resourcemanager.scheduler.monitor.policies",
                        "org.apache.hadoop.yarn.server.resourcemanager.monitor.capacity"
                                + ".ProportionalCapacityPreemptionPolicy")
                .hadoop(PREEMPTION + "monitoring_interval", "500")
                .hadoop(PREEMPTION + "max_wait_before_kill", Long.toString(KILL_AFTER_MILLIS))
                .hadoop(PREEMPTION + "total_preemption_per_round", "1.0")
                .hadoop(PREEMPTION + "natural_termination_factor", "1.0")
                .hadoop(PREEMPTION + "max_ignored_over_capacity", "0.0");
        Map.of("default", "33", "other", "67").forEach((queue, share) -> {
            builder.hadoop(QUEUES + queue + ".capacity", share);
            builder.hadoop(QUEUES + queue + ".maximum-capacity", "100");
            builder.hadoop(QUEUES + queue + ".user-limit-factor", "10");
            builder.hadoop(QUEUES + queue + ".maximum-am-resource-percent", "1.0");
            builder.hadoop(QUEUES + queue + ".state", "RUNNING");
        });
        cluster = builder.start();
    }

    @AfterAll
    static void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void jobTakesACheckpointAtTheNoticeGivesWhatIsFreeAndComesBackOnceThereIsRoom() throws Exception {
        try (VerifiedSession session =
                new VerifiedSession(cluster, scratch.resolve("mine"), Map.of("selvage.checkpoint.interval", "10min"))) {
            VerifiedJob job = session.submit();
            JobDescription before = session.await(
                    job,
                    "it runs, and there is a standby",
                    now -> now.getPhase() == JobPhase.RUNNING
                            && !standbys(session).isEmpty());
            assertThat(standbys(session)).hasSize(1);

            try (VerifiedSession other = new VerifiedSession(
                    cluster,
                    scratch.resolve("other"),
                    Map.of("selvage.application.queue", "other", "selvage.executor.minimum", "3"))) {
                // Periodic ones are far: it is of the incarnation that had notice, seen before its container is taken
                // or
                // after that.
                session.await(
                        job, "a checkpoint at the notice", now -> now.getLastCheckpoint() > before.getLastCheckpoint());
                JobDescription preempted = session.await(
                        job,
                        "YARN's reason",
                        now -> now.getFailure().getMessage().contains("(exit status -102)"));
                System.out.println("PreemptionIT: " + preempted.getFailure().getMessage());
                assertThat(preempted.getFailure().getKind()).isEqualTo(FailureKind.EXECUTOR_LOST);
                assertThat(preempted.getFailure().getMessage())
                        .contains("was preempted: another queue needed its resources");
                Commands.await("the other one has its share", other::executorPids, pids -> pids.size() == 3);
            }
            session.await(job, "it runs again", now -> now.getPhase() == JobPhase.RUNNING);
            JobDescription end = session.assertEndsRight(job);
            assertThat(end.getIncarnation())
                    .as("of two containers, one was in use")
                    .isEqualTo(before.getIncarnation() + 1);
        }
    }

    private static List<ExecutorDescription> standbys(VerifiedSession session) {
        return session.session().describe().getExecutorsList().stream()
                .filter(ExecutorDescription::getStandby)
                .toList();
    }
}
