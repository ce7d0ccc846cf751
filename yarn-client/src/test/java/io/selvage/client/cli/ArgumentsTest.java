package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.Scope;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
    private final Command run = new RunCommand();

    @Test
    void settingsAreTakenInBothForms() {
        Arguments arguments = parse("-Dselvage.checkpoint.interval=1s", "-D", "selvage.checkpoint.retained=3", "a.jar");
        Configuration settings = arguments.settings(Configuration.defaults(), Scope.JOB);
        assertThat(settings.get(JobConfig.CHECKPOINT_INTERVAL)).isEqualTo(Duration.ofSeconds(1));
        assertThat(settings.get(JobConfig.CHECKPOINTS_RETAINED)).isEqualTo(3);
        assertThat(arguments.rest()).containsExactly("a.jar");
    }

    @Test
    void whatComesAfterTheJarIsTheProgramsOwn() {
        Arguments arguments = parse("-p", "2", "a.jar", "-d", "-Dx=y", "--help", "--input", "hdfs:/in");
        assertThat(arguments.rest()).containsExactly("a.jar", "-d", "-Dx=y", "--help", "--input", "hdfs:/in");
        assertThat(arguments.has(Arguments.HELP)).isFalse();
    }

    @Test
    void theValueOfAnOptionIsNotTakenForTheJar() {
        Arguments arguments = parse("--session", "application_1_0001", "-Dselvage.checkpoint.retained=3", "a.jar");
        assertThat(arguments.rest()).containsExactly("a.jar");
        assertThat(arguments.valueOf(Arguments.SESSION)).isEqualTo("application_1_0001");
        assertThat(arguments.settings(Configuration.defaults(), Scope.JOB).get(JobConfig.CHECKPOINTS_RETAINED))
                .isEqualTo(3);
    }

    private Arguments parse(String... words) {
        return Arguments.parse(
                run.name(), run.options().addOption(Arguments.HELP).addOption(Arguments.VERBOSE), List.of(words));
    }
}
