package io.selvage.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.client.cli.ConfigCommand.Shown;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.KnownKeys;
import io.selvage.protocol.config.Secrets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCommandTest {
    @TempDir
    Path directory;

    @Test
    void everySettingIsShownWithWhereItIsFrom() throws Exception {
        Path yaml = Files.writeString(directory.resolve("selvage.yaml"), "selvage.executor.memory: 2g\n");
        List<Shown> shown = ConfigCommand.ofNew(
                Configuration.defaults().withYaml(yaml).withOptions(List.of("selvage.executor.slots=3")));
        assertThat(shown).hasSize(KnownKeys.all().size());
        assertThat(of(shown, "selvage.executor.memory").value()).isEqualTo("2g");
        assertThat(of(shown, "selvage.executor.memory").fromInWords()).isEqualTo(yaml + ", line 1");
        assertThat(of(shown, "selvage.executor.slots").fromInWords()).isEqualTo("-D");
        assertThat(of(shown, "selvage.application.queue"))
                .isEqualTo(new Shown("selvage.application.queue", "SESSION", "default", null));
        assertThat(ConfigCommand.inWords(shown)).contains("selvage.executor.slots", "-D", "default");
    }

    @Test
    void settingsThatDoNotGoTogetherAreRefusedAsWhenASessionIsOpened() {
        Configuration settings = Configuration.defaults().withOptions(List.of("selvage.heartbeat.timeout=1500ms"));
        assertThatThrownBy(() -> ConfigCommand.ofNew(settings)).isInstanceOf(ConfigException.class);
    }

    @Test
    void theSettingsOfASessionOfAnotherVersionAreShownToo() {
        List<Shown> shown = ConfigCommand.rows(
                Map.of("selvage.executor.slots", "3", "selvage.of.tomorrow", "1"),
                Map.of("selvage.executor.slots", "from -s"));
        assertThat(of(shown, "selvage.executor.slots").fromInWords()).isEqualTo("-s");
        assertThat(of(shown, "selvage.of.tomorrow").fromInWords()).isEqualTo("when the session was opened");
    }

    @Test
    void secretsAreNotShown() {
        List<Shown> shown = ConfigCommand.ofNew(Configuration.defaults()
                .withOptions(
                        List.of("selvage.executor.jvm-options=-Xss1m -Dacme.store.password=hunter2 -Dacme.user=ann")));
        assertThat(of(shown, "selvage.executor.jvm-options").value())
                .isEqualTo("-Xss1m -Dacme.store.password=****** -Dacme.user=ann");
        assertThat(Secrets.hide("acme.access-key", "AKIA")).isEqualTo("******");
        assertThat(Secrets.hide("acme.access-key", "")).isEmpty();
    }

    private static Shown of(List<Shown> shown, String key) {
        return shown.stream().filter(each -> each.key().equals(key)).findFirst().orElseThrow();
    }
}
