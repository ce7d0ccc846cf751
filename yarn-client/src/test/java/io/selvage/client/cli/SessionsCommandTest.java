package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.client.SessionSummary;
import io.selvage.client.connect.SessionState;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionsCommandTest {
    private static final List<SessionSummary> SESSIONS = List.of(
            new SessionSummary(
                    "application_1_0003", "nightly", "job-1a", 0, SessionState.RUNNING, "http://rm:8088/proxy/3/"),
            new SessionSummary("application_1_0002", "a name", null, 86_400_000, null, null));

    @Test
    void eachIsALine() {
        assertThat(SessionsCommand.inWords(SESSIONS)).isEqualTo("""
                        SESSION             NAME     STATE    OPENED (UTC)         ONLY JOB  WEB PAGE
                        application_1_0003  nightly  running  1970-01-01 00:00:00  job-1a    http://rm:8088/proxy/3/
                        application_1_0002  a name   unknown  1970-01-02 00:00:00  -         -""");
        assertThat(SessionsCommand.inWords(List.of())).contains("scripts/yarn-session.sh -d");
    }

    @Test
    void asJsonWhatIsNotKnownIsNull() {
        assertThat(Json.write(SESSIONS.stream().map(SessionsCommand::json).toList()))
                .isEqualTo(
                        "[{\"application_id\": \"application_1_0003\", \"name\": \"nightly\", \"state\": \"RUNNING\","
                                + " \"opened_millis\": 0, \"only_job\": \"job-1a\", \"tracking_url\": \"http://rm:8088/proxy/3/\"},"
                                + " {\"application_id\": \"application_1_0002\", \"name\": \"a name\", \"state\": \"UNKNOWN\","
                                + " \"opened_millis\": 86400000, \"only_job\": null, \"tracking_url\": null}]");
    }
}
