package io.selvage.master.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.ListJobsResponse;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SourceLatency;
import io.selvage.protocol.wire.SubtaskDescription;
import io.selvage.protocol.wire.VertexDescription;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusPageTest {
    private static final String NASTY = "<script>alert('1 & \"2\"')</script>";
    private static final JobDescription JOB = JobDescription.newBuilder()
            .setJobId("job-a")
            .setName(NASTY)
            .setPhase(JobPhase.RUNNING)
            .setRecordsRead(1234567)
            .setFailure(Failure.newBuilder().setKind(FailureKind.USER_CODE).setMessage(NASTY))
            .addVertices(VertexDescription.newBuilder().setName(NASTY).setParallelism(2))
            .build();
    private static final SessionDescription SESSION = SessionDescription.newBuilder()
            .setApplicationId("application_1_2")
            .setMasterHost(NASTY)
            .addNotices("Node n1:1 gets no executors: " + NASTY)
            .addExecutors(ExecutorDescription.newBuilder().setExecutorId(NASTY).setLogUrl("javascript:alert(1)"))
            .build();

    @Test
    void escapesEverythingThatIsNotItsOwn() {
        String page = StatusPage.of(SESSION, List.of(JOB), 0);
        assertThat(page).doesNotContain("<script", "alert('", "javascript:").contains("&lt;script&gt;");
    }

    @Test
    void showsHowManyConnectionsExecutorsHaveRefused() {
        SessionDescription refusing = SessionDescription.newBuilder()
                .addExecutors(ExecutorDescription.newBuilder().setRefusedConnections(4711))
                .build();
        assertThat(StatusPage.of(refusing, List.of(), 0)).contains("Refused connections", ">4711<");
    }

    @Test
    void showsHowManyConnectionsTheMasterHasRefused() {
        SessionDescription refusing = SessionDescription.newBuilder()
                .setRefusedControlConnections(4711)
                .setRefusedStatusConnections(815)
                .build();
        assertThat(StatusPage.of(refusing, List.of(), 0))
                .contains("refused connections: 4711 at its port for executors and clients, 815 at that of this page");
    }

    @Test
    void showsWhatTheSessionHasFoundOutAboutItsCluster() {
        assertThat(StatusPage.of(SESSION, List.of(), 0)).contains("Node n1:1 gets no executors: &lt;script");
    }

    @Test
    void linksOnlyRelatively() {
        String page = StatusPage.of(SESSION, List.of(JOB), 0);
        assertThat(page).contains("href=\"api/jobs\"").doesNotContain("href=\"/");
    }

    @Test
    void showsWhatJobsDo() {
        assertThat(StatusPage.of(SESSION, List.of(JOB), 0)).contains("RUNNING", "1,234,567", "0 of 2 subtasks run");
        assertThat(StatusPage.of(SESSION, List.of(), 0)).contains("selvage run app.jar");
    }

    @Test
    void showsWhichStepsAreBusyOnceThatIsKnown() {
        JobDescription known = JOB.toBuilder()
                .addVertices(VertexDescription.newBuilder().setBusyPermille(814).setBackPressuredPermille(120))
                .build();
        assertThat(StatusPage.of(SESSION, List.of(known), 0)).contains("81 % busy", "12 % back-pressured");
        assertThat(StatusPage.of(SESSION, List.of(JOB), 0)).doesNotContain("% busy");
    }

    @Test
    void namesTheSubtaskThatHasHadMuchMoreThanItsShare() {
        VertexDescription.Builder count =
                VertexDescription.newBuilder().setParallelism(4).setRecordsIn(10_000);
        for (int index = 0; index < 4; index++) {
            count.addSubtasks(
                    SubtaskDescription.newBuilder().setSubtask(index).setRecordsIn(index == 2 ? 7_000 : 1_000));
        }
        JobDescription skewed = JOB.toBuilder().addVertices(count).build();
        assertThat(StatusPage.of(SESSION, List.of(skewed), 0)).contains("subtask 2 has had 70 % of them");
        count.getSubtasksBuilder(2).setRecordsIn(5_000);
        JobDescription even = JOB.toBuilder().addVertices(count).build();
        assertThat(StatusPage.of(SESSION, List.of(even), 0)).doesNotContain("has had");
    }

    @Test
    void showsHowLongElementsTakeToASink() {
        JobDescription known = JOB.toBuilder()
                .clearVertices()
                .addVertices(VertexDescription.newBuilder().setId(2).setName("read <orders>"))
                .addVertices(VertexDescription.newBuilder()
                        .setId(5)
                        .addLatencies(SourceLatency.newBuilder()
                                .setSource(2)
                                .setMedianMicros(1_250)
                                .setP99Micros(42_000)))
                .build();
        assertThat(StatusPage.of(SESSION, List.of(known), 0)).contains("1.3 ms from read &lt;orders&gt;, p99 42.0 ms");
    }

    @Test
    void showsWhereAndWhyAJobHasFailed() {
        JobDescription failed = JOB.toBuilder()
                .setFailure(Failure.newBuilder()
                        .setKind(FailureKind.USER_CODE)
                        .setMessage("The function has thrown.")
                        .setOperator("parse")
                        .setSubtask(3)
                        .setPosition("flights.csv:12")
                        .addCauses("java.lang.IllegalStateException: no airport")
                        .addCauses("java.io.IOException: <closed>"))
                .build();
        assertThat(StatusPage.of(SESSION, List.of(failed), 0))
                .contains("USER_CODE: The function has thrown.\nin parse, subtask 3\nat flights.csv:12\n"
                        + "caused by java.lang.IllegalStateException: no airport\n"
                        + "caused by java.io.IOException: &lt;closed&gt;</td>");
    }

    @Test
    void writesJson() {
        assertThat(Json.of(ListJobsResponse.newBuilder().addJobs(JOB).build()))
                .startsWith(
                        "{\"jobs\":[{\"job_id\":\"job-a\",\"name\":\"\\u003cscript\\u003ealert('1 \\u0026 \\\"2\\\"')")
                .contains("\"phase\":\"RUNNING\"", "\"records_read\":1234567", "\"restarts\":0");
        assertThat(Json.quote("a\n\u0001\\")).isEqualTo("\"a\\n\\u0001\\\\\"");
    }
}
