package io.selvage.master.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.master.event.RequestId;
import io.selvage.master.loop.Doors;
import io.selvage.master.loop.Inbox;
import io.selvage.master.loop.Questions;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.ListJobsResponse;
import io.selvage.protocol.wire.Recovery;
import io.selvage.protocol.wire.SessionDescription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest {
    private static final String RECORD = "element Payment[to=Anna], key Anna";
    private static final Failure FAILURE = Failure.newBuilder()
            .setMessage("The function has thrown.")
            .setOperator("pay")
            .setPosition(RECORD)
            .addCauses("java.lang.ArithmeticException: / by zero")
            .build();
    private static final ListJobsResponse JOBS = ListJobsResponse.newBuilder()
            .addJobs(JobDescription.newBuilder()
                    .setJobId("job-a")
                    .setFailure(FAILURE)
                    .addRecoveries(Recovery.newBuilder().setFailure(FAILURE).setIncarnation(4711)))
            .addJobs(JobDescription.newBuilder().setJobId("job-b"))
            .build();

    private final Questions questions = new Questions(new Inbox(what -> {
        throw new IllegalStateException(what);
    }));

    /** What is at that address once the loop has answered. */
    private String at(String path) {
        Pages.Pending pending = new Pages(questions, new Doors(), () -> {}).ask(new HttpRequest("GET", path));
        assertThat(pending.ready().getAsBoolean()).isFalse();
        for (long id = 1; id <= 2; id++) { // Of the page, about the session and about its jobs.
            questions.answer(
                    new RequestId(id), path.equals("/") && id == 1 ? SessionDescription.getDefaultInstance() : JOBS);
        }
        assertThat(pending.ready().getAsBoolean()).isTrue();
        HttpAnswer answer = pending.page().get();
        assertThat(answer.status()).isEqualTo(200);
        return answer.body();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/api/jobs"})
    void whoHasProvenNothingSeesNoRecords(String path) {
        assertThat(at(path))
                .contains("job-a", "job-b", "The function has thrown.", "pay", "/ by zero")
                .doesNotContain("Anna");
    }

    @Test
    void allElseOfAFailureAndOfARecoveryIsShown() {
        assertThat(at("/api/jobs")).contains("\"incarnation\":4711", "\"position\":\"\"");
    }
}
