package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.cli.ThreadsCommand.Subtask;
import io.selvage.client.cli.ThreadsCommand.Target;
import io.selvage.client.cli.ThreadsCommand.Wanted;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.ShowThreadsResponse;
import io.selvage.protocol.wire.ThreadDump;
import io.selvage.protocol.wire.ThreadStack;
import io.selvage.protocol.wire.VertexDescription;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadsCommandTest {
    private static final JobDescription JOB = JobDescription.newBuilder()
            .setJobId("job-1a")
            .addVertices(VertexDescription.newBuilder().setId(1).setName("read").setParallelism(2))
            .addVertices(
                    VertexDescription.newBuilder().setId(2).setName("count").setParallelism(4))
            .build();

    private static Target target(String... words) {
        ThreadsCommand command = new ThreadsCommand();
        return Target.of(
                Arguments.parse(command.name(), command.options(), List.of(words), command.takesOptionsAnywhere()));
    }

    @Test
    void theMasterAnExecutorOrAJobIsMeant() {
        assertThat(target()).isEqualTo(new Target(null, null, null));
        assertThat(target("--executor", "container_1")).isEqualTo(new Target(null, "container_1", null));
        assertThat(target("job-1a")).isEqualTo(new Target("job-1a", null, null));
        assertThat(target("job-1a", "--subtask", "2.3")).isEqualTo(new Target("job-1a", null, new Subtask(2, 3)));
        assertThat(target("--subtask=v2.3", "job-1a")).isEqualTo(new Target("job-1a", null, new Subtask(2, 3)));
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        assertThatThrownBy(() -> target("--executor", "container_1", "job-1a")).hasMessageContaining("not both");
        assertThatThrownBy(() -> target("--subtask", "2.3")).hasMessageContaining("name that too");
        assertThatThrownBy(() -> target("--subtask", "two", "job-1a"))
                .hasMessageContaining("\"two\", and must be a vertex's number and a subtask's");
    }

    @Test
    void theThreadsOfAJobAreKnownByTheirNames() {
        assertThat(ThreadsCommand.ofJob(JOB, null)).isEqualTo(new Wanted("job-1a ", true));
        assertThat(ThreadsCommand.ofJob(JOB, new Subtask(2, 3))).isEqualTo(new Wanted("job-1a count 3", false));
    }

    @Test
    void anUnknownSubtaskIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> ThreadsCommand.ofJob(JOB, new Subtask(2, 4)))
                .hasMessage("The job job-1a has no subtask 2.4. It has 1.0 to 1.1 (read), 2.0 to 2.3 (count).");
    }

    @Test
    void aThreadIsShownWithWhatItWaitsFor() {
        ThreadTexts.Process process = new ThreadTexts.Process(
                "container_2",
                ShowThreadsResponse.newBuilder()
                        .setDump(ThreadDump.newBuilder()
                                .setPid(4711)
                                .setTimeMillis(0)
                                .setLeftOut(1)
                                .addThreads(ThreadStack.newBuilder()
                                        .setName("job-1a count 3")
                                        .setState("BLOCKED")
                                        .setCpuMillis(1_500)
                                        .setWaitsFor("acme.Lock@1")
                                        .setHeldBy("other")
                                        .addFrames("acme.Count.process(Count.java:7)")
                                        .setIsCut(true)))
                        .build());
        assertThat(ThreadTexts.inWords(process)).isEqualTo("""
                        Executor container_2, process 4711, at 1970-01-01 00:00:00 UTC: 2 threads, of which 1 \
                        did not fit

                        "job-1a count 3"  blocked by acme.Lock@1, which "other" holds, 1.5 s of processor time
                            at acme.Count.process(Count.java:7)
                            ... and more, further out""");
        assertThat(Json.write(ThreadTexts.json(process)))
                .contains("\"executor_id\": \"container_2\"", "\"held_by\": \"other\"", "\"silence\": null");
    }

    @Test
    void anExecutorThatDoesNotAnswerIsNamed() {
        ThreadTexts.Process process = new ThreadTexts.Process(
                "container_2",
                ShowThreadsResponse.newBuilder()
                        .setSilence("It has not answered.")
                        .build());
        assertThat(process.isSilent()).isTrue();
        assertThat(process.isEmpty()).isFalse();
        assertThat(ThreadTexts.inWords(process)).isEqualTo("Executor container_2: no answer. It has not answered.");
    }
}
