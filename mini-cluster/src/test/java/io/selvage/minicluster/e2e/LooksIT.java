package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.minicluster.MiniClusterExtension;
import io.selvage.minicluster.ProcessSignals;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The commands that look into a session, a host and a cluster, as a user types them. */
class LooksIT {
    @RegisterExtension
    static final MiniClusterExtension HADOOP = new MiniClusterExtension();

    @TempDir
    static Path scratch;

    private static AccountsSession accounts;
    private static Commands commands;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        accounts = new AccountsSession(HADOOP.cluster(), scratch, Map.of());
        accounts.awaitCheckpoints();
        commands = new Commands(HADOOP.cluster().configurationFolder(), scratch.resolve("user"));
    }

    @AfterAll
    static void stop() {
        if (accounts != null) {
            accounts.close();
        }
    }

    private static Commands.Outcome look(String... words) throws IOException, InterruptedException {
        Commands.Outcome outcome = commands.run("selvage", words);
        System.out.println("LooksIT: " + String.join(" ", words) + "\n" + outcome.text());
        return outcome;
    }

    @Test
    void threadsOfMasterExecutorsAndJobAreShown() throws Exception {
        assertThat(look("threads").out()).contains("\"master-loop\"", "at ");
        String job = accounts.job().getJobId();
        JsonNode ofJob = look("threads", job, "--json").json();
        assertThat(ofJob.size()).isPositive();
        for (JsonNode process : ofJob) {
            assertThat(process.get("threads").size()).isPositive();
            for (JsonNode thread : process.get("threads")) {
                assertThat(thread.get("name").asText()).startsWith(job + " ");
            }
        }
        String executor = ofJob.get(0).get("executor_id").asText();
        assertThat(look("threads", "--executor", executor).out()).contains("\"executor-loop\"");
    }

    @Test
    void anExecutorThatIsStoppedIsSaidNotToAnswer() throws Exception {
        var executor = accounts.session().describe().getExecutors(0);
        ProcessSignals.STOP.send(executor.getPid());
        try {
            assertThat(accounts.session()
                            .threads(executor.getExecutorId(), "", false)
                            .getSilence())
                    .contains(executor.getExecutorId(), "has not answered");
        } finally {
            if (ProcessSignals.isAlive(executor.getPid())) {
                ProcessSignals.CONT.send(executor.getPid());
            }
        }
        accounts.awaitCheckpoints();
    }

    @Test
    void whatEachSubtaskDoesIsShown() throws Exception {
        String job = accounts.job().getJobId();
        JsonNode vertices = look("status", "--job", job, "--json").json().get("vertices");
        Set<String> executors = new HashSet<>();
        long bytesOut = 0;
        for (JsonNode vertex : vertices) {
            assertThat(vertex.get("subtasks").size())
                    .isEqualTo(vertex.get("parallelism").asInt());
            for (JsonNode subtask : vertex.get("subtasks")) {
                executors.add(subtask.get("executor_id").asText());
                bytesOut += subtask.get("bytes_out").asLong();
            }
        }
        assertThat(bytesOut > 0).as("%s", executors).isEqualTo(executors.size() > 1);
        assertThat(look("status", "--job", job, "--subtasks").out())
                .contains("BYTES OUT", executors.iterator().next());
        assertThat(look("status", "--subtasks").exitCode()).isEqualTo(2);
    }

    @Test
    void theSettingsOfASessionAreShownWithTheirOrigins() throws Exception {
        JsonNode settings = look("config", "-s", accounts.session().applicationId(), "--changed", "--json")
                .json();
        assertThat(settings.size()).isPositive();
        for (JsonNode setting : settings) {
            assertThat(setting.get("from").asText()).isNotEqualTo("default");
        }
    }

    @Test
    void theDoctorFindsTheClusterFit() throws Exception {
        Commands.Outcome outcome = look("doctor", "--json");
        assertThat(outcome.exitCode()).as(outcome.text()).isZero();
        assertThat(outcome.json().get("fit").asBoolean()).isTrue();
        Commands.Outcome unfit = look("doctor", "-D", "selvage.application.queue=nowhere");
        assertThat(unfit.exitCode()).isEqualTo(16);
        assertThat(unfit.out()).contains("The cluster has no queue \"nowhere\"", "store");
    }

    @Test
    void logsAreReadFromTheNodes() throws Exception {
        Commands.Outcome ofMaster = look("logs", "--tail", "5");
        assertThat(ofMaster.exitCode()).as(ofMaster.text()).isZero();
        assertThat(ofMaster.out().lines().count()).isBetween(1L, 5L);
        Commands.Outcome ofJob = look("logs", accounts.job().getJobId(), "--tail", "3", "--json");
        assertThat(ofJob.exitCode()).as(ofJob.text()).isZero();
        assertThat(ofJob.json().get(0).get("lines").size()).isPositive();
    }

    @Test
    void aLogIsFollowedFromOneMasterToTheNext() throws Exception {
        Commands.Running follow = commands.start("selvage", "logs", "-f", "--tail", "5");
        Commands.await("lines of the master", follow::outSoFar, out -> !out.isBlank());
        long master = accounts.session().describe().getMasterPid();
        assertThat(ProcessHandle.of(master).orElseThrow().destroyForcibly()).isTrue();
        Commands.await(
                "the log of the next one",
                follow::outSoFar,
                out -> out.contains("master.log <==") && out.endsWith("\n"));
        follow.interrupt();
        Commands.Outcome left = follow.await();
        System.out.println("LooksIT: logs -f\n" + left.text());
        assertThat(left.out()).contains("_02_000001 master.log <==");
        assertThat(left.err()).doesNotContain("Exception", "\tat ");
        assertThat(accounts.session().hasEnded()).isFalse();
        accounts.awaitCheckpoints();
    }

    @Test
    void theLogsOfAJobsExecutorsAreFollowed() throws Exception {
        Commands.Running follow = commands.start("selvage", "logs", accounts.jobId(), "-f", "--json");
        Commands.await("lines of executors", follow::outSoFar, out -> out.contains("executor.log"));
        follow.interrupt();
        assertThat(follow.await().out().lines()).allMatch(line -> line.startsWith("{\"container_id\": \"container_"));
    }

    @Test
    void aWatchSaysHowTheSessionStandsAndLeavesItAlone() throws Exception {
        Commands.Running watch = commands.start("selvage", "watch");
        String job = accounts.job().getJobId();
        Commands.await("a line of the watch", watch::outSoFar, out -> out.contains(job + " running"));
        watch.interrupt();
        watch.await();
        assertThat(accounts.session().hasEnded()).isFalse();
    }
}
