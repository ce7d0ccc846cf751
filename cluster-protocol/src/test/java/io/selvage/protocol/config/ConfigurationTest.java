package io.selvage.protocol.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {
    @TempDir
    Path directory;

    @Test
    void laterLayersWin() throws IOException {
        Path yaml = yaml("selvage.checkpoint.interval: 1s\nselvage.executor.slots: 2\n");
        Configuration configuration = Configuration.defaults()
                .withYaml(yaml)
                .withOptions(List.of("selvage.checkpoint.interval=2s", "selvage.checkpoint.retained=3"))
                .with(Map.of("selvage.checkpoint.interval", "3s"), "from the program");
        assertThat(configuration.get(JobConfig.CHECKPOINT_INTERVAL)).isEqualTo(Duration.ofSeconds(3));
        assertThat(configuration.get(JobConfig.CHECKPOINTS_RETAINED)).isEqualTo(3);
        assertThat(configuration.get(SessionConfig.EXECUTOR_SLOTS)).isEqualTo(2);
        assertThat(configuration.get(JobConfig.MAX_PARALLELISM)).isEqualTo(128);
    }

    @Test
    void nestedAndDottedKeysOfYamlMeanTheSame() throws IOException {
        Path yaml = yaml("selvage:\n  executor:\n    memory: 2g\n  checkpoint.interval: 250ms\n");
        Configuration configuration = Configuration.defaults().withYaml(yaml);
        assertThat(configuration.settings())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("selvage.executor.memory", "2g", "selvage.checkpoint.interval", "250ms"));
    }

    @Test
    void anEmptyYamlSetsNothing() throws IOException {
        assertThat(Configuration.defaults().withYaml(yaml("# nothing\n")).settings())
                .isEmpty();
    }

    @Test
    void anUnknownKeyIsRefusedWithTheNearestOne() {
        assertThatThrownBy(() -> Configuration.defaults().withOptions(List.of("selvage.checkpoint.intervall=1s")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("There is no setting \"selvage.checkpoint.intervall\" (from -D). "
                        + "Did you mean selvage.checkpoint.interval?");
    }

    @Test
    void aKeyThatResemblesNoneIsRefusedWithThePageOfAllKeys() {
        assertThatThrownBy(() -> Configuration.defaults().withOptions(List.of("jobmanager.rpc.address=localhost")))
                .hasMessage("There is no setting \"jobmanager.rpc.address\" (from -D). "
                        + "All keys are listed in docs/configuration.md.");
    }

    @Test
    void aValueThatIsNotAllowedIsRefusedWithWhatIs() {
        assertThatThrownBy(() -> Configuration.defaults().withOptions(List.of("selvage.checkpoint.interval=10 apples")))
                .hasMessage("selvage.checkpoint.interval is \"10 apples\" (from -D), and must be a whole number with a "
                        + "unit of ms, s, min, h or d, such as 250ms or 10s, at least 10ms.");
        assertThatThrownBy(() -> Configuration.defaults().withOptions(List.of("selvage.executor.slots=0")))
                .hasMessage("selvage.executor.slots is \"0\" (from -D), and must be a whole number from 1 to 256.");
        assertThatThrownBy(() -> Configuration.defaults().withOptions(List.of("selvage.executor.memory=1")))
                .hasMessage("selvage.executor.memory is \"1\" (from -D), and must be a whole number with a unit of "
                        + "k, m or g, such as 512m or 1g, from 256m to 1024g.");
        assertThatThrownBy(() -> Configuration.defaults().withOptions(List.of("selvage.restart.policy=sometimes")))
                .hasMessage("selvage.restart.policy is \"sometimes\" (from -D), and must be one of exponential, fixed, "
                        + "failure-rate, none.");
    }

    @Test
    void anOptionWithoutAValueIsRefused() {
        assertThatThrownBy(() -> Configuration.defaults().withOptions(List.of("selvage.executor.slots")))
                .hasMessage("-D selvage.executor.slots has no value: write -D key=value.");
    }

    @Test
    void aListIsRefused() throws IOException {
        Path yaml = yaml("selvage.executor.slots: [1, 2]\n");
        assertThatThrownBy(() -> Configuration.defaults().withYaml(yaml))
                .hasMessage("\"selvage.executor.slots\" is a list (in " + yaml + ", line 1); a setting has one value.");
    }

    @Test
    void aBrokenYamlIsRefusedWithItsLine() throws IOException {
        Path yaml = yaml("selvage.executor.slots: 1\n  nonsense: [\n");
        assertThatThrownBy(() -> Configuration.defaults().withYaml(yaml))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("This is not YAML (in " + yaml + ")")
                .hasMessageContaining("line 2");
    }

    @Test
    void aKeySetBothNestedAndDottedIsRefused() throws IOException {
        Path yaml = yaml("selvage.executor.slots: 1\nselvage:\n  executor:\n    slots: 2\n");
        assertThatThrownBy(() -> Configuration.defaults().withYaml(yaml))
                .hasMessage("\"selvage.executor.slots\" is set twice (in " + yaml + ", line 4); leave one of them.");
    }

    @Test
    void aKeyInTheSameMapTwiceIsRefused() throws IOException {
        Path yaml = yaml("selvage.executor.slots: 1\nselvage.executor.slots: 2\n");
        assertThatThrownBy(() -> Configuration.defaults().withYaml(yaml))
                .hasMessage("\"selvage.executor.slots\" is set twice (in " + yaml + ", line 2); leave one of them.");
    }

    @Test
    void aMapThatHoldsItselfIsRefused() throws IOException {
        Path yaml = yaml("selvage: &all\n  executor: *all\n");
        assertThatThrownBy(() -> Configuration.defaults().withYaml(yaml))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("holds itself");
    }

    @Test
    void eachSettingKnowsWhereItIsFrom() throws IOException {
        Path yaml = yaml("# ours\nselvage:\n  executor:\n    memory: 2g\n    slots: 2\n");
        Configuration configuration =
                Configuration.defaults().withYaml(yaml).withOptions(List.of("selvage.executor.slots=3"));
        assertThat(configuration.origin(SessionConfig.EXECUTOR_MEMORY)).contains("in " + yaml + ", line 4");
        assertThat(configuration.origin(SessionConfig.EXECUTOR_SLOTS)).contains("from -D");
        assertThat(configuration.origin(SessionConfig.QUEUE)).isEmpty();
        assertThat(configuration.origins())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "selvage.executor.memory", "in " + yaml + ", line 4", "selvage.executor.slots", "from -D"));
    }

    @Test
    void aMissingFileIsNamed() {
        Path missing = directory.resolve("none.yaml");
        assertThatThrownBy(() -> Configuration.defaults().withYaml(missing))
                .hasMessage("There is no configuration file " + missing + ".");
    }

    @Test
    void settingsOfOneScopeLeaveTheOthersOut() {
        Configuration configuration = Configuration.defaults()
                .withOptions(List.of("selvage.executor.slots=2", "selvage.checkpoint.interval=1s"));
        assertThat(configuration.settings(Scope.JOB)).containsOnlyKeys("selvage.checkpoint.interval");
        assertThat(configuration.settings(Scope.SESSION)).containsOnlyKeys("selvage.executor.slots");
    }

    @Test
    void aHeartbeatTimeoutBelowTwoIntervalsIsRefused() {
        Configuration configuration = Configuration.defaults().withOptions(List.of("selvage.heartbeat.timeout=1500ms"));
        assertThatThrownBy(() -> SessionConfig.from(configuration))
                .hasMessage("selvage.heartbeat.timeout is 1500ms, and must be at least twice "
                        + "selvage.heartbeat.interval (1s).");
    }

    @Test
    void memoryIsKeptForRocksDbWhereverTheSessionsStateIs() {
        for (String backend : List.of("heap", "rocksdb")) {
            SessionConfig session = SessionConfig.from(
                    Configuration.defaults().withOptions(List.of("selvage.state.backend=" + backend)));
            assertThat(session.rocksDbBytes(1000)).as(backend).isEqualTo(250);
        }
    }

    @Test
    void stateOnTheDiskIsRefusedWhereNoMemoryIsKeptForIt() {
        Configuration keepsNone = Configuration.defaults().withOptions(List.of("selvage.executor.rocksdb-share=0"));
        assertThat(SessionConfig.from(keepsNone).rocksDbBytes(1000)).isZero();
        assertThatThrownBy(() -> SessionConfig.from(keepsNone.withOptions(List.of("selvage.state.backend=rocksdb"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll(
                        "selvage.state.backend is rocksdb", "selvage.executor.rocksdb-share is 0", "default is 0.25");
    }

    @Test
    void aDefaultParallelismAboveTheMaximumIsRefused() {
        Configuration configuration = Configuration.defaults()
                .withOptions(List.of("selvage.parallelism.default=9", "selvage.parallelism.max=8"));
        assertThatThrownBy(() -> JobConfig.from(configuration))
                .hasMessage("selvage.parallelism.default is 9, and must not be above selvage.parallelism.max (8).");
    }

    @Test
    void restartPoliciesAreRead() {
        assertThat(JobConfig.from(Configuration.defaults()).restartPolicy())
                .isEqualTo(new RestartPolicy.Exponential(
                        Duration.ofMillis(100), Duration.ofSeconds(30), 2.0, 10, Duration.ofMinutes(5)));
        assertThat(policy("selvage.restart.policy=fixed", "selvage.restart.attempts=2", "selvage.restart.delay=0s"))
                .isEqualTo(new RestartPolicy.Fixed(Duration.ZERO, 2));
        assertThat(policy("selvage.restart.policy=failure-rate"))
                .isEqualTo(new RestartPolicy.FailureRate(Duration.ofMillis(100), 5, Duration.ofMinutes(5)));
        assertThat(policy("selvage.restart.policy=none")).isEqualTo(new RestartPolicy.None());
    }

    private static RestartPolicy policy(String... options) {
        return JobConfig.from(Configuration.defaults().withOptions(List.of(options)))
                .restartPolicy();
    }

    private Path yaml(String text) throws IOException {
        return Files.writeString(directory.resolve("selvage.yaml"), text);
    }

    @Test
    void resourceTypesAreNamedByTheCluster() throws IOException {
        Path yaml = yaml("selvage.executor.resource:\n  yarn.io/gpu: 2\n  lic: 7\n");
        SessionConfig session = SessionConfig.from(Configuration.defaults().withYaml(yaml));
        assertThat(session.executorResources()).containsExactly(Map.entry("lic", 7L), Map.entry("yarn.io/gpu", 2L));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "selvage.executor.resource.memory-mb=5 | can't be set: use selvage.executor.memory",
                "selvage.executor.resource.a/b/c=5 | names no resource type",
                "selvage.executor.resource.yarn.io/gpu=0 | must be a whole number of 1 or more",
                "selvage.executor.resource.yarn.io/gpu=two | must be a whole number of 1 or more",
            })
    void resourceTypesThatCanNotBeAskedForAreRefused(String option, String reason) {
        assertThatThrownBy(() -> Configuration.defaults().withOptions(List.of(option)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(reason);
    }
}
