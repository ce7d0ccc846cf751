package io.selvage.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.graph.JobGraph;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.wire.SessionSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SubmissionTest {
    @Test
    void theProgramsSettingsGoAboveTheCommandLinesAndTheSessionsAreLeftOut() {
        Configuration settings = Configuration.defaults()
                .withOptions(List.of(
                        "selvage.checkpoint.interval=2s", "selvage.checkpoint.retained=2", "selvage.executor.slots=4"));
        assertThat(Submission.effectiveSettings(settings, graph(Map.of("selvage.checkpoint.interval", "1s"))))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "selvage.checkpoint.interval", "1s",
                        "selvage.checkpoint.retained", "2",
                        "selvage.parallelism.max", "64"));
    }

    @Test
    void aProgramThatSetsAnUnknownKeyIsRefused() {
        assertThatThrownBy(() -> Submission.effectiveSettings(
                        Configuration.defaults(), graph(Map.of("selvage.checkpoint.intervals", "1s"))))
                .isInstanceOf(ConfigException.class)
                .hasMessage("There is no setting \"selvage.checkpoint.intervals\" (set by the program). Did you mean"
                        + " selvage.checkpoint.interval?");
    }

    @Test
    void aProgramThatSetsWhatBelongsToTheSessionIsRefused() {
        assertThatThrownBy(() -> Submission.effectiveSettings(
                        Configuration.defaults(), graph(Map.of("selvage.executor.memory", "4g"))))
                .hasMessage("selvage.executor.memory (set by the program) belongs to the session. Set it when you open"
                        + " the session: scripts/yarn-session.sh -D selvage.executor.memory=VALUE");
    }

    @Test
    void aProgramThatSaysHowItsClassesAreToBeLoadedIsToldThatTheyAre() {
        assertThatThrownBy(() -> Submission.effectiveSettings(
                        Configuration.defaults(), graph(Map.of("selvage.classloader.order", "parent-first"))))
                .isInstanceOf(ConfigException.class)
                .hasMessage("selvage.classloader.order (set by the program) comes too late: the program's classes are"
                        + " loaded already. Give it to the command: scripts/selvage run -D"
                        + " selvage.classloader.order=VALUE");
    }

    @Test
    void whatASessionWasOpenedWithHoldsForItsJobsUntilTheCommandSaysOtherwise() {
        SessionSpec session = SessionSpec.newBuilder()
                .putConfiguration("selvage.parallelism.default", "4")
                .putConfiguration("selvage.classloader.order", "parent-first")
                .putConfiguration("selvage.executor.slots", "2")
                .putConfiguration("selvage.checkpoint.of-a-later-version", "x")
                .build();
        Configuration here = ProgramRun.inSession(
                Configuration.defaults().withOptions(List.of("selvage.parallelism.default=3")), session);
        assertThat(here.settings())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("selvage.parallelism.default", "3", "selvage.classloader.order", "parent-first"));
        assertThat(here.origin(JobConfig.DEFAULT_PARALLELISM)).contains("from -D");
    }

    @Test
    void aProgramWhoseStateIsOnTheDiskIsRefusedAnApplicationThatKeepsNoMemoryForIt() {
        JobGraph onDisk = graph(Map.of("selvage.state.backend", "rocksdb"));
        Configuration keepsNone = Configuration.defaults().withOptions(List.of("selvage.executor.rocksdb-share=0"));
        assertThatThrownBy(() -> OwnApplication.settingsOfJob(keepsNone, onDisk))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("selvage.executor.rocksdb-share is 0");
        assertThat(OwnApplication.settingsOfJob(Configuration.defaults(), onDisk))
                .containsEntry("selvage.state.backend", "rocksdb");
    }

    private static JobGraph graph(Map<String, String> settings) {
        return new JobGraph("x", 64, settings, List.of(), List.of());
    }
}
