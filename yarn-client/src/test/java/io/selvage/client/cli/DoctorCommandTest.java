package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.doctor.Finding;
import io.selvage.client.doctor.Finding.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {
    private static final Finding OK = new Finding("Java", Verdict.OK, "Java 17");
    private static final Finding WARNING = new Finding("logs", Verdict.WARNING, "They lie on the nodes alone.");
    private static final Finding PROBLEM = new Finding("HDFS", Verdict.PROBLEM, "It does not answer.");

    @Test
    void eachFindingIsALine() {
        assertThat(DoctorCommand.inWords(WARNING))
                .isEqualTo("warning  logs                    They lie on the nodes alone.");
    }

    @Test
    void theLastLineSaysWhetherItIsFit() {
        assertThat(DoctorCommand.summary(List.of(OK))).isEqualTo("Fit for sessions.");
        assertThat(DoctorCommand.summary(List.of(OK, WARNING))).isEqualTo("Fit for sessions, with 1 warning.");
        assertThat(DoctorCommand.summary(List.of(PROBLEM, WARNING))).startsWith("1 problem and 1 warning: ");
    }

    @Test
    void jsonSaysTheSame() {
        assertThat(Json.write(DoctorCommand.json(List.of(PROBLEM))))
                .isEqualTo("{\"fit\": false, \"problems\": 1, \"warnings\": 0, \"findings\": [{\"check\": \"HDFS\","
                        + " \"verdict\": \"PROBLEM\", \"text\": \"It does not answer.\"}]}");
    }
}
