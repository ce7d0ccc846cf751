package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ApplicationConfig;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.SessionConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenCommandTest {
    private final OpenCommand open = new OpenCommand();

    @TempDir
    Path home;

    private SessionConfig session(String... words) {
        return SessionConfig.from(OpenCommand.settings(arguments(words), host()));
    }

    private Arguments arguments(String... words) {
        return Arguments.parse(
                open.name(), open.options().addOption(Arguments.HELP).addOption(Arguments.VERBOSE), List.of(words));
    }

    private Host host() {
        return new Host(home, home, Map.of());
    }

    @Test
    void theShortFormsAreTheOnesOfFlinkWhereItHasOne() {
        SessionConfig session = session(
                "-nm",
                "clicks",
                "-at",
                "Streams",
                "-qu",
                "nightly",
                "-nl",
                "gpu",
                "-jm",
                "512",
                "-tm",
                "2g",
                "-s",
                "4",
                "-t",
                "rules.txt",
                "-t",
                "models",
                "-j",
                "driver.jar");
        assertThat(session.applicationName()).isEqualTo("clicks");
        assertThat(session.queue()).isEqualTo("nightly");
        assertThat(session.masterMemory().mebibytes()).isEqualTo(512);
        assertThat(session.executorMemory().mebibytes()).isEqualTo(2048);
        assertThat(session.executorSlots()).isEqualTo(4);
        ApplicationConfig application = session.application();
        assertThat(application.type()).isEqualTo("Streams");
        assertThat(application.nodeLabel()).isEqualTo("gpu");
        assertThat(application.shippedPaths()).containsExactly("rules.txt", "models");
        assertThat(application.userJars()).containsExactly("driver.jar");
    }

    @Test
    void whatFlinkHasByPropertyOnlyHasAFormOfItsOwn() {
        SessionConfig session = session(
                "-jmc",
                "2",
                "-tmc",
                "3",
                "-pr",
                "5",
                "-tg",
                "etl,team-7",
                "-tnl",
                "ssd",
                "-va",
                "bert ops",
                "-ma",
                "bert",
                "-ra",
                "4",
                "-rw",
                "1h",
                "-kt",
                "anna.keytab",
                "-kp",
                "anna@EXAMPLE.COM",
                "-Dselvage.executor.env.REGION=north");
        assertThat(session.masterVcores()).isEqualTo(2);
        assertThat(session.executorVcores()).isEqualTo(3);
        assertThat(session.maxAttempts()).isEqualTo(4);
        assertThat(session.attemptFailureWindow()).isEqualTo(Duration.ofHours(1));
        assertThat(session.executorEnvironment()).containsExactly(Map.entry("REGION", "north"));
        assertThat(session.effectiveExecutorLabel()).isEqualTo("ssd");
        assertThat(session.kerberos().keytab()).isEqualTo("anna.keytab");
        assertThat(session.kerberos().principal()).isEqualTo("anna@EXAMPLE.COM");
        ApplicationConfig application = session.application();
        assertThat(application.priority()).hasValue(5);
        assertThat(application.tags()).containsExactly("etl", "team-7");
        assertThat(application.viewAcl()).isEqualTo("bert ops");
        assertThat(application.modifyAcl()).isEqualTo("bert");
    }

    @Test
    void whatTheFileSaysHoldsUntilAnOptionSaysOtherwise() throws Exception {
        Files.writeString(
                Files.createDirectories(home.resolve("conf")).resolve("selvage.yaml"),
                "selvage.application.tags: a,b\nselvage.application.queue: nightly\n");
        SessionConfig session = session("--tags", "c", "-qu", "x", "-qu", "y");
        assertThat(session.application().tags()).containsExactly("c");
        assertThat(session.queue()).isEqualTo("y");
        assertThat(session().application().tags()).containsExactly("a", "b");
    }

    @Test
    void aRefusalNamesTheOption() {
        assertThatThrownBy(() -> session("-pr", "high"))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "selvage.application.priority is \"high\" (from -pr), and must be empty, or a whole number of 0"
                                + " or more.");
        assertThatThrownBy(() -> session("-va", "anna, bert")).hasMessageContaining("(from -va), and must be * for");
    }

    @Test
    void whoAttachesOpensNothingAndSoSetsNothing() {
        for (List<String> other : List.of(List.of("-tm", "1g"), List.of("-d"), List.of("-q"), List.of("-D", "x=y"))) {
            String[] words = new String[2 + other.size()];
            words[0] = "-id";
            words[1] = "application_1_0001";
            for (int index = 0; index < other.size(); index++) {
                words[2 + index] = other.get(index);
            }
            assertThatThrownBy(() -> open.run(arguments(words), host(), Console.ofProcess(false)))
                    .isInstanceOfSatisfying(
                            ClientException.class,
                            refusal -> assertThat(refusal.exitCode()).isEqualTo(ExitCode.USAGE))
                    .hasMessage("yarn-session.sh: -id attaches to a session that was opened already, and takes no "
                            + other.get(0) + ". See: yarn-session.sh --help");
        }
    }
}
