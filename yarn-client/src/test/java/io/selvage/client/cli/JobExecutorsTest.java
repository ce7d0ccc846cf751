package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JobExecutorsTest {
    private final JobExecutors executors = new JobExecutors();
    private final List<String> asked = new ArrayList<>();
    private long nowNanos;

    /** Those that are not told of are silent. */
    private List<String> look(Map<String, Boolean> answers) throws Exception {
        asked.clear();
        executors.look(
                List.of("own", "other"),
                executor -> {
                    asked.add(executor);
                    return Optional.ofNullable(answers.get(executor));
                },
                nowNanos);
        return List.copyOf(executors.found());
    }

    @Test
    void oneThatIsSilentIsAskedAgainAndNotTakenForTheJobs() throws Exception {
        assertThat(look(Map.of())).isEmpty();
        assertThat(look(Map.of("own", true, "other", false))).containsExactly("own");
        assertThat(asked).containsExactly("own", "other");
    }

    @Test
    void anotherJobsIsLeftAloneForAWhileAndMayBecomeThisOnes() throws Exception {
        look(Map.of("own", true, "other", false));
        nowNanos += JobExecutors.OTHERS_NANOS - 1;
        assertThat(look(Map.of("other", true))).containsExactly("own");
        assertThat(asked).isEmpty();
        nowNanos++;
        assertThat(look(Map.of("other", true))).containsExactly("own", "other");
        assertThat(asked).containsExactly("other");
        assertThat(look(Map.of())).containsExactly("own", "other");
        assertThat(asked).isEmpty();
    }
}
