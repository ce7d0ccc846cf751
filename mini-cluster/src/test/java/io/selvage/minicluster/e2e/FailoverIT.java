package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.ProcessSignals;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SessionDescription;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Of two ResourceManagers the other one becomes the active one, and back. All that a session wants of YARN it gets from
 * whichever that is, though everybody asks the first one of the list first.
 */
@Tag("own-cluster")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FailoverIT {
    @TempDir
    static Path scratch;

    private static MiniCluster cluster;
    private static VerifiedSession session;
    private static Commands commands;

    @BeforeAll
    static void start() throws Exception {
        cluster = MiniCluster.builder(Path.of("target", "failover"))
                .standbyResourceManager()
                .start();
        session = new VerifiedSession(cluster, scratch, Map.of());
        commands = new Commands(cluster.configurationFolder(), scratch.resolve("user"));
    }

    @AfterAll
    static void stop() throws Exception {
        if (session != null) {
            session.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    /** From the first to the second. That the master hangs is then told to it by an executor. */
    @Test
    @Order(1)
    void sessionGoesOnWhenTheOtherOneTakesOver() throws Exception {
        VerifiedJob job = session.submit();
        Known before = Known.of(job);
        cluster.failOverResourceManager();
        before.assertUndisturbed(job);
        assertCommandsAndThePageFind(job, before.page());
        assertLostExecutorIsReplaced(job);
        assertNextMasterAdopts(job, ProcessSignals.STOP);
        session.assertEndsRight(job);
    }

    /** From the second, which is lost, to the first; there is none for a while. */
    @Test
    @Order(2)
    void sessionGoesOnWhenTheActiveOneIsLost() throws Exception {
        VerifiedJob job = session.submit();
        Known before = Known.of(job);
        cluster.stopResourceManager();
        before.assertUndisturbed(job);
        cluster.failOverResourceManager();
        before.assertUndisturbed(job);
        assertCommandsAndThePageFind(job, before.page());
        assertNextMasterAdopts(job, ProcessSignals.KILL);
        assertLostExecutorIsReplaced(job);
        session.assertEndsRight(job);

        VerifiedJob another = session.submit();
        session.awaitCheckpoints(another);
        Commands.Outcome canceled =
                commands.run("selvage", "cancel", "-s", session.session().applicationId(), another.id());
        assertThat(canceled.exitCode()).as(canceled.text()).isZero();
        Commands.await(
                "the end of " + another.id(),
                () -> session.describe(another),
                now -> now.getPhase() == JobPhase.CANCELED);
    }

    /** There is none as the end is waited for, and then the first one is back. */
    @Test
    @Order(3)
    void whoeverStopsTheSessionWaitsForTheOneThatIsBack() throws Exception {
        assertThat(session.session().hasEnded()).isFalse();
        cluster.stopResourceManager();
        int before = session.waits().size();
        CompletableFuture<Optional<String>> stopped =
                CompletableFuture.supplyAsync(() -> session.session().stop("the tests are done"));
        Commands.await(
                "a word to who waits",
                () -> {
                    assertThat(stopped).isNotDone();
                    return session.waits().size();
                },
                waits -> waits > before);
        cluster.startResourceManager();
        assertThat(stopped).succeedsWithin(Duration.ofMinutes(3)).isEqualTo(Optional.empty());
        assertThat(session.session().hasEnded()).isTrue();
    }

    /** What must stay as it is. */
    private record Known(long epoch, long incarnation, List<Long> pids, String page) {
        static Known of(VerifiedJob job) throws Exception {
            session.awaitThreeExecutors();
            long incarnation = session.awaitCheckpoints(job).getIncarnation();
            SessionDescription now = session.session().describe();
            return new Known(
                    now.getEpoch(),
                    incarnation,
                    busyPids(),
                    session.session().report().getTrackingUrl());
        }

        private static List<Long> busyPids() {
            return session.busy().stream()
                    .map(ExecutorDescription::getPid)
                    .sorted()
                    .toList();
        }

        void assertUndisturbed(VerifiedJob job) throws Exception {
            assertThat(session.awaitCheckpoints(job).getIncarnation()).isEqualTo(incarnation);
            assertThat(session.session().describe().getEpoch()).isEqualTo(epoch);
            assertThat(busyPids()).isEqualTo(pids);
        }
    }

    private static void assertCommandsAndThePageFind(VerifiedJob job, String formerPage) throws Exception {
        for (String command : List.of("list", "status")) {
            Commands.Outcome outcome =
                    commands.run("selvage", command, "-s", session.session().applicationId());
            assertThat(outcome.exitCode()).as(outcome.text()).isZero();
            assertThat(outcome.out()).contains(job.id());
        }
        String page = session.session().report().getTrackingUrl();
        assertThat(page).as("the proxy of the other ResourceManager").isNotEqualTo(formerPage);
        Commands.await("the page " + page, () -> WebPage.read(page), found -> found.contains(job.id()));
    }

    /** A standby takes over at once; there is another one as soon as YARN gives a container. */
    private static void assertLostExecutorIsReplaced(VerifiedJob job) throws Exception {
        List<String> known = session.awaitThreeExecutors().stream()
                .map(ExecutorDescription::getExecutorId)
                .toList();
        JobDescription before = session.awaitCheckpoints(job);
        ProcessSignals.KILL.send(session.busy().get(0).getPid());
        JobDescription after = session.await(
                job,
                "the next incarnation",
                now -> now.getIncarnation() > before.getIncarnation() && now.getPhase() == JobPhase.RUNNING);
        assertThat(after.getIncarnation()).isEqualTo(before.getIncarnation() + 1);
        session.awaitCheckpoints(job);
        assertThat(session.awaitThreeExecutors())
                .filteredOn(executor -> !known.contains(executor.getExecutorId()))
                .hasSize(1);
    }

    private static void assertNextMasterAdopts(VerifiedJob job, ProcessSignals death) throws Exception {
        Known before = Known.of(job);
        death.send(session.session().describe().getMasterPid());
        Commands.await(
                "the next master", () -> session.session().describe().getEpoch(), epoch -> epoch > before.epoch());
        new Known(before.epoch() + 1, before.incarnation(), before.pids(), before.page()).assertUndisturbed(job);
    }
}
