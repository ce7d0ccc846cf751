package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.cli.LogsCommand.Target;
import io.selvage.client.connect.ContainerLogs.Tail;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogsCommandTest {
    private static Target target(String... words) {
        LogsCommand command = new LogsCommand();
        return Target.of(
                Arguments.parse(command.name(), command.options(), List.of(words), command.takesOptionsAnywhere()));
    }

    @Test
    void theMasterAnExecutorOrAJobIsMeant() {
        assertThat(target()).isEqualTo(new Target(null, null, 200, null));
        assertThat(target("master", "--tail", "5")).isEqualTo(new Target(null, null, 5, null));
        assertThat(target("container_e01_1_0001_01_000002"))
                .isEqualTo(new Target("container_e01_1_0001_01_000002", null, 200, null));
        assertThat(target("-n", "7", "job-1a", "--file", "stderr")).isEqualTo(new Target(null, "job-1a", 7, "stderr"));
    }

    @Test
    void whatCantBeANumberOrAFileIsRefused() {
        assertThatThrownBy(() -> target("--tail", "all")).hasMessageContaining("a number from 1 to 999999");
        assertThatThrownBy(() -> target("--file", "../../etc/passwd")).hasMessageContaining("the name of a file");
    }

    @Test
    void severalLogsAreToldApart() {
        Tail tail = new Tail("container_2", "executor.log", "one\ntwo", true);
        assertThat(LogsCommand.inWords(tail, false)).isEqualTo("one\ntwo");
        assertThat(LogsCommand.inWords(tail, true)).isEqualTo("==> container_2 executor.log <==\none\ntwo");
        assertThat(Json.write(LogsCommand.json(tail)))
                .isEqualTo("{\"container_id\": \"container_2\", \"file\": \"executor.log\", \"is_cut\": true,"
                        + " \"lines\": [\"one\", \"two\"]}");
    }
}
