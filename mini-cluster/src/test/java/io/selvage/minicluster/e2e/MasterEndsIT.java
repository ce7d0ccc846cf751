package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import acme.MasterBreaker;
import io.selvage.minicluster.MiniClusterExtension;
import io.selvage.minicluster.soak.VerifiedJob;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.SessionDescription;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.yarn.api.records.ApplicationAttemptId;
import org.apache.hadoop.yarn.api.records.ApplicationAttemptReport;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.YarnApplicationAttemptState;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Masters that end by themselves, for a defect or for want of memory; tasks never hear of it, and YARN says why. */
class MasterEndsIT {
    @RegisterExtension
    static final MiniClusterExtension HADOOP = new MiniClusterExtension();

    @TempDir
    static Path scratch;

    private static VerifiedSession session;
    private static YarnClient yarn;

    @BeforeAll
    static void start() throws Exception {
        Path agent = TestJar.writeAgent(scratch.resolve("breaker.jar"), MasterBreaker.class);
        session = new VerifiedSession(
                HADOOP.cluster(),
                scratch,
                Map.of(
                        "selvage.executor.standby",
                        "0",
                        "selvage.master.jvm-options",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED -javaagent:" + agent + "=" + scratch));
        yarn = YarnClient.createYarnClient();
        yarn.init(HADOOP.cluster().hadoopConfiguration());
        yarn.start();
    }

    @AfterAll
    static void stop() throws Exception {
        if (session != null) {
            session.close();
        }
        if (yarn != null) {
            yarn.stop();
        }
    }

    @Test
    void masterWithADefectEndsWithItsOwnExitCode() throws Exception {
        assertThat(endOf(MasterBreaker.POISON_LOOP))
                .contains(
                        "exitCode: 28",
                        "selvage master: Thread master-loop has failed: java.lang.NullPointerException");
    }

    @Test
    void masterWithoutMemoryIsEndedByItsJvm() throws Exception {
        assertThat(endOf(MasterBreaker.FILL_HEAP))
                .contains("exitCode: 3", "Terminating due to java.lang.OutOfMemoryError: Java heap space");
    }

    /** Breaks the master under a job that must not notice, and answers what YARN says of the attempt. */
    private static String endOf(String how) throws Exception {
        VerifiedJob job = session.submit();
        session.awaitCheckpoints(job);
        SessionDescription before = session.session().describe();
        List<Long> pids = session.executorPids();
        Files.createFile(scratch.resolve(how));
        Commands.await(
                "the next master", () -> session.session().describe().getEpoch(), epoch -> epoch > before.getEpoch());
        session.awaitCheckpoints(job);
        JobDescription end = session.assertEndsRight(job);
        assertThat(end.getRestarts()).as(end.toString()).isZero();
        assertThat(end.getRecordsRead()).as("nothing is read twice").isEqualTo(job.recordsInAll());
        assertThat(session.executorPids()).containsAll(pids);
        assertThat(session.session().describe().getEpoch()).isEqualTo(before.getEpoch() + 1);

        ApplicationAttemptReport attempt = yarn.getApplicationAttemptReport(ApplicationAttemptId.newInstance(
                ApplicationId.fromString(session.session().applicationId()), Math.toIntExact(before.getEpoch())));
        assertThat(attempt.getYarnApplicationAttemptState()).isEqualTo(YarnApplicationAttemptState.FAILED);
        return attempt.getDiagnostics();
    }
}
