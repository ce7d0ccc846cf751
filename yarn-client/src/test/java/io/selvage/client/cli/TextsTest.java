package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.SessionDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TextsTest {
    @Test
    void jsonIsEscaped() {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("text", "a \"quoted\" \\ line\nand \u0001");
        value.put("list", Arrays.asList(1, 2L, true, null));
        value.put("nested", Map.of("k", "v"));
        assertThat(Json.write(value))
                .isEqualTo("{\"text\": \"a \\\"quoted\\\" \\\\ line\\nand \\u0001\", \"list\": [1, 2, true, null],"
                        + " \"nested\": {\"k\": \"v\"}}");
    }

    @Test
    void amountsAreReadable() {
        assertThat(Words.count(1_234_567)).isEqualTo("1,234,567");
        assertThat(Words.bytes(1_023)).isEqualTo("1023 B");
        assertThat(Words.bytes(3 * 1024 * 1024)).isEqualTo("3.0 MiB");
        assertThat(Words.duration(950)).isEqualTo("950 ms");
        assertThat(Words.duration(4_200)).isEqualTo("4.2 s");
        assertThat(Words.duration(125_000)).isEqualTo("2 min 5 s");
        assertThat(Words.duration(3_780_000)).isEqualTo("1 h 3 min");
        assertThat(Words.times(1, "restart")).isEqualTo("1 restart");
    }

    @Test
    void whatPortsHaveRefusedIsToldOfTheMasterAndOfExecutors() {
        SessionDescription refusing = SessionDescription.newBuilder()
                .setRefusedControlConnections(4711)
                .setRefusedStatusConnections(815)
                .addExecutors(ExecutorDescription.newBuilder().setRefusedConnections(17))
                .build();
        assertThat(Json.write(Reports.session(refusing, "http://rm:8088/proxy/")))
                .contains(
                        "\"refused_control_connections\": 4711",
                        "\"refused_status_connections\": 815",
                        "\"refused_connections\": 17");
    }

    @Test
    void fewerAttemptsThanWereAskedForAreExplained() {
        assertThat(OpenCommand.attempts(10, 10)).isEqualTo(" started again by YARN up to 9 times");
        assertThat(OpenCommand.attempts(2, 10))
                .isEqualTo(" started again by YARN up to 1 time: this cluster allows 2 attempts of the 10 of"
                        + " selvage.application.max-attempts (yarn.resourcemanager.am.global.max-attempts)");
    }

    @Test
    void tablesAreAligned() {
        assertThat(Table.of(List.of(List.of("A", "BB"), List.of("long", "x")))).isEqualTo("A     BB\nlong  x");
    }

    @Test
    void theOperationsGuideListsEveryExitCode() throws IOException {
        List<String> guide = Files.readAllLines(Path.of("..", "docs", "operations.md"));
        assertThat(guide)
                .containsAll(Arrays.stream(ExitCode.values())
                        .map(code -> "| " + code.code() + " | `" + code + "` | " + code.meaning() + " |")
                        .toList());
    }
}
