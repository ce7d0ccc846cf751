package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.backend.StateFate;
import io.selvage.checkpoint.restore.RestorePlan;
import java.util.List;
import org.junit.jupiter.api.Test;

class RestorePlanTextTest {
    private static final RestorePlan PLAN = new RestorePlan(
            "words",
            "hdfs://n/sp",
            List.of(
                    new RestorePlan.OfOperator(
                            "counts",
                            List.of(
                                    new StateFate("last", StateFate.Kind.RESTORED, ""),
                                    new StateFate("sum", StateFate.Kind.EVOLVED, "written as i32, and now i64")),
                            ""),
                    new RestorePlan.OfOperator("alarms", List.of(), "asking for its states has thrown X"),
                    new RestorePlan.OfOperator("new", List.of(), "")),
            List.of("old"));

    @Test
    void eachStateHasALine() {
        assertThat(RestorePlanText.of(PLAN)).isEqualTo("""
                        The job "words" from hdfs://n/sp, by uid and state (nothing is submitted):
                          counts last: restored
                          counts sum: evolved, written as i32, and now i64
                          alarms: not known here, as asking for its states has thrown X; its tasks will tell
                          new: no keyed state in the savepoint
                          old: dropped, as the program has no operator of that uid""");
    }

    @Test
    void programsReadTheSame() {
        assertThat(RestorePlanText.json(PLAN))
                .startsWith("{\"job\": \"words\", \"from\": \"hdfs://n/sp\", \"operators\": [{\"uid\": \"counts\","
                        + " \"states\": [{\"state\": \"last\", \"fate\": \"restored\", \"words\": \"\"}, ")
                .endsWith("\"dropped_operators\": [\"old\"]}");
    }
}
