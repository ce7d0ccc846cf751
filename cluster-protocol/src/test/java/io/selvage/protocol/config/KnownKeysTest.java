package io.selvage.protocol.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KnownKeysTest {
    @Test
    void keysAndDefaultsAreTheseAndNoOthers() {
        assertThat(KnownKeys.all().stream().map(key -> key.name() + "=" + key.defaultText()))
                .containsExactly(
                        "selvage.state.root=",
                        "selvage.library.root=",
                        "selvage.application.name=Selvage session",
                        "selvage.application.queue=default",
                        "selvage.application.max-attempts=10",
                        "selvage.application.attempt-failure-window=10min",
                        "selvage.application.type=Selvage",
                        "selvage.application.node-label=",
                        "selvage.application.priority=",
                        "selvage.application.tags=",
                        "selvage.application.view-acl=",
                        "selvage.application.modify-acl=",
                        "selvage.application.rolled-logs.include=",
                        "selvage.application.rolled-logs.exclude=",
                        "selvage.application.ship=",
                        "selvage.application.jars=",
                        "selvage.master.memory=1g",
                        "selvage.master.vcores=1",
                        "selvage.master.jvm-options=",
                        "selvage.master.silence-timeout=5s",
                        "selvage.executor.memory=1g",
                        "selvage.executor.memory-growth=1.0",
                        "selvage.executor.vcores=1",
                        "selvage.executor.slots=1",
                        "selvage.executor.minimum=0",
                        "selvage.executor.standby=1",
                        "selvage.executor.idle-timeout=30s",
                        "selvage.executor.lease=20min",
                        "selvage.executor.jvm-options=",
                        "selvage.executor.node-label=",
                        "selvage.executor.rocksdb-share=0.25",
                        "selvage.standby.memory-share=0.5",
                        "selvage.heartbeat.interval=1s",
                        "selvage.heartbeat.timeout=5s",
                        "selvage.network.bind-host=",
                        "selvage.network.encryption=false",
                        "selvage.network.status-access=auto",
                        "selvage.security.kerberos.keytab=",
                        "selvage.security.kerberos.principal=",
                        "selvage.security.kerberos.file-systems=",
                        "selvage.checkpoint.interval=10s",
                        "selvage.checkpoint.timeout=10min",
                        "selvage.checkpoint.min-pause=0s",
                        "selvage.checkpoint.retained=1",
                        "selvage.checkpoint.on-cancel=delete",
                        "selvage.checkpoint.tolerated-failures=unlimited",
                        "selvage.checkpoint.storage=hdfs",
                        "selvage.checkpoint.memory-limit=64k",
                        "selvage.checkpoint.mode=exactly-once",
                        "selvage.checkpoint.aligned-timeout=5s",
                        "selvage.state.backend=heap",
                        "selvage.savepoint.directory=",
                        "selvage.restart.policy=exponential",
                        "selvage.restart.attempts=10",
                        "selvage.restart.delay=100ms",
                        "selvage.restart.max-delay=30s",
                        "selvage.restart.multiplier=2.0",
                        "selvage.restart.quiet-period=5min",
                        "selvage.restart.rate.failures=5",
                        "selvage.restart.rate.window=5min",
                        "selvage.parallelism.default=1",
                        "selvage.parallelism.max=128",
                        "selvage.network.flush-timeout=1ms",
                        "selvage.network.buffer-size=32k",
                        "selvage.network.in-flight-target=1s",
                        "selvage.latency.interval=0s",
                        "selvage.classloader.order=child-first",
                        "selvage.classloader.shared-packages=",
                        "selvage.check.immutability=false");
    }

    @Test
    void everyDefaultIsAllowed() {
        for (ConfigKey<?> key : KnownKeys.all()) {
            assertThat((Object) key.parse(key.defaultText(), "default")).isEqualTo(key.defaultValue());
        }
    }

    @Test
    void thePageOfSettingsSaysWhatTheCodeSays() throws IOException {
        List<String> page = Files.readAllLines(Path.of("..", "docs", "configuration.md"));
        assertThat(page.stream().filter(line -> line.startsWith("| `selvage.")))
                .as("rows of docs/configuration.md")
                .containsExactlyElementsOf(Stream.of(
                                SessionConfig.KEYS.stream().map(KnownKeysTest::row),
                                KnownKeys.families().stream().map(KnownKeysTest::row),
                                JobConfig.KEYS.stream().map(KnownKeysTest::row))
                        .flatMap(rows -> rows)
                        .toList());
    }

    @Test
    void theCommentedDefaultsOfTheConfigurationFileAreTheCodes() throws IOException {
        List<String> file = Files.readAllLines(Path.of("..", "conf", "selvage.yaml"));
        assertThat(file.stream().filter(line -> line.startsWith("#selvage.")))
                .as("settings of conf/selvage.yaml")
                .containsExactlyElementsOf(KnownKeys.all().stream()
                        .map(key -> ("#" + key.name() + ": " + key.defaultText()).strip())
                        .toList());
    }

    private static String row(ConfigKey<?> key) {
        String defaultText = key.defaultText().isEmpty() ? "(empty)" : "`" + key.defaultText() + "`";
        return "| `" + key.name() + "` | " + defaultText + " | " + key.type().unit() + " | " + key.meaning() + " |";
    }

    private static String row(NamedKeys keys) {
        return "| `" + keys.pattern() + "` | (none) | " + keys.unit() + " | " + keys.meaning() + " |";
    }
}
