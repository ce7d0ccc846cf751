package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.cli.StopCommand.Target;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.util.List;
import org.junit.jupiter.api.Test;

class StopCommandTest {
    private static Target target(String... words) {
        StopCommand command = new StopCommand();
        return Target.of(
                Arguments.parse(command.name(), command.options(), List.of(words), command.takesOptionsAnywhere()));
    }

    @Test
    void withoutAJobTheSessionIsStoppedAsEver() {
        assertThat(target().isJob()).isFalse();
        assertThat(target("application_1_0001").isJob()).isFalse();
    }

    @Test
    void aJobIsStoppedWithASavepointHoweverThatIsWritten() {
        assertThat(target("job-1a")).isEqualTo(new Target(true, "job-1a", null));
        assertThat(target("job-1a", "--savepoint")).isEqualTo(new Target(true, "job-1a", null));
        assertThat(target("--savepoint", "job-1a")).isEqualTo(new Target(true, "job-1a", null));
        assertThat(target("job-1a", "--savepoint=/sp")).isEqualTo(new Target(true, "job-1a", "/sp"));
        assertThat(target("--savepoint=/sp", "job-1a")).isEqualTo(new Target(true, "job-1a", "/sp"));
        assertThat(target("--savepoint")).isEqualTo(new Target(true, null, null));
        assertThat(target("--drain", "job-1a")).isEqualTo(new Target(true, "job-1a", null));
    }

    @Test
    void theOneJobThatRunsNeedNotBeNamed() {
        JobDescription ended = job("job-1", JobPhase.FINISHED);
        JobDescription live = job("job-2", JobPhase.RUNNING);
        JobDescription other = job("job-3", JobPhase.RESTARTING);
        assertThat(RunningJob.only(List.of(ended, live), "s")).isEqualTo("job-2");
        assertThatThrownBy(() -> RunningJob.only(List.of(ended), "s"))
                .isInstanceOfSatisfying(
                        ClientException.class,
                        refused -> assertThat(refused.exitCode()).isEqualTo(ExitCode.NO_SESSION));
        assertThatThrownBy(() -> RunningJob.only(List.of(live, other), "s"))
                .hasMessage("The session s has 2 jobs that run: name one of job-2, job-3.");
    }

    private static JobDescription job(String id, JobPhase phase) {
        return JobDescription.newBuilder().setJobId(id).setPhase(phase).build();
    }
}
