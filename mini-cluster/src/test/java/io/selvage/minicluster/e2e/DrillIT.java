package io.selvage.minicluster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.selvage.minicluster.MiniClusterExtension;
import io.selvage.minicluster.ProcessSignals;
import io.selvage.protocol.wire.SessionDescription;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** {@code selvage drill} as a user types it, on a session that runs. */
class DrillIT {
    private static final ObjectMapper JSON = new ObjectMapper();

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

    @Test
    void withoutAYesNothingIsDone() throws Exception {
        Set<Long> before = accounts.busyPids();
        Commands.Outcome refused = commands.run("selvage", "drill", "kill-task");
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("--yes");
        assertThat(accounts.executorPids()).containsAll(before);
    }

    @Test
    void killedExecutorsAreReplacedAndTheReportSaysHowLongItTook() throws Exception {
        long incarnation = accounts.job().getIncarnation();
        List<JsonNode> faults = drill("kill-task", "--count", "2", "--every", "1s");
        assertThat(faults).hasSize(2).allSatisfy(fault -> {
            assertThat(fault.get("recovered").asBoolean()).isTrue();
            assertThat(fault.get("restarts").asLong()).isEqualTo(1);
            assertThat(fault.get("detection_millis").asLong(-1)).isBetween(0L, 60_000L);
            assertThat(fault.get("output_gap_millis").asLong()).isBetween(1L, 60_000L);
            assertThat(fault.get("records_replayed").asLong()).isPositive();
            assertThat(fault.get("processes_kept").asInt())
                    .isEqualTo(fault.get("processes").asInt());
        });
        assertThat(faults)
                .as("without waiting for the heartbeat's time-out, on a machine that is not held up")
                .anyMatch(fault -> fault.get("detection_millis").asLong() < 5_000);
        assertThat(accounts.job().getIncarnation()).isEqualTo(incarnation + 2);
    }

    @Test
    void killedMasterRestartsNothing() throws Exception {
        assertMasterFaultRestartsNothing("kill-am");
    }

    /** Executors are silent towards it for some seconds before they have it replaced. */
    @Test
    void hungMasterRestartsNothingAndItsProcessIsGone() throws Exception {
        long hung = accounts.session().describe().getMasterPid();
        JsonNode figures = assertMasterFaultRestartsNothing("hang-am");
        assertThat(processIn(figures)).isEqualTo(hung);
        Commands.await("the process " + hung + " is gone", () -> ProcessSignals.isAlive(hung), alive -> !alive);
    }

    @Test
    void failedAttemptRestartsNothing() throws Exception {
        assertMasterFaultRestartsNothing("fail-attempt");
    }

    @Test
    void faultsThatWouldEndTheSessionAreRefused() throws Exception {
        SessionDescription before = accounts.session().describe();
        Commands.Outcome refused =
                commands.run("selvage", "drill", "kill-am", "--count", "1000", "--every", "1s", "--yes");
        assertThat(refused.exitCode()).as(refused.text()).isEqualTo(11);
        assertThat(refused.err()).contains("would end the session", "selvage.application.max-attempts");
        assertThat(accounts.session().describe().getEpoch()).isEqualTo(before.getEpoch());
    }

    private static JsonNode assertMasterFaultRestartsNothing(String fault) throws Exception {
        SessionDescription before = accounts.session().describe();
        Set<Long> pids = accounts.busyPids();
        JsonNode figures = drill(fault).get(0);
        assertThat(figures.get("recovered").asBoolean()).isTrue();
        assertThat(figures.get("restarts").asLong()).isZero();
        assertThat(figures.get("records_replayed").asLong()).isZero();
        assertThat(figures.get("next_checkpoint_millis").asLong()).isPositive();
        assertThat(figures.get("detection_millis").asLong(-1)).isBetween(0L, 60_000L);
        assertThat(accounts.session().describe().getEpoch()).isEqualTo(before.getEpoch() + 1);
        assertThat(accounts.executorPids()).containsAll(pids);
        return figures;
    }

    @Test
    void hungExecutorIsReplacedAndItsProcessGone() throws Exception {
        SessionDescription before = accounts.session().describe();
        JsonNode figures = drill("hang-task").get(0);
        assertThat(figures.get("recovered").asBoolean()).isTrue();
        long hung = processIn(figures);
        assertThat(before.getExecutorsList()).anyMatch(executor -> executor.getPid() == hung);
        Commands.await("the process " + hung + " is gone", () -> ProcessSignals.isAlive(hung), alive -> !alive);
    }

    private static long processIn(JsonNode figures) {
        return Long.parseLong(figures.get("process").asText().split(" ")[1]);
    }

    private static List<JsonNode> drill(String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of("drill"));
        all.addAll(List.of(words));
        all.addAll(List.of("--yes", "--json", "--session", accounts.session().applicationId()));
        Commands.Outcome outcome = commands.run("selvage", all.toArray(new String[0]));
        System.out.println("DrillIT: " + outcome.out());
        assertThat(outcome.exitCode()).as(outcome.text()).isZero();
        List<JsonNode> lines = new ArrayList<>();
        for (String line : outcome.out().lines().toList()) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }
}
