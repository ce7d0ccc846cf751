package io.selvage.protocol.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApplicationConfigTest {
    private static SessionConfig session(String... options) {
        return SessionConfig.from(Configuration.defaults().withOptions(List.of(options)));
    }

    @Test
    void whatIsNotSetIsLeftToTheCluster() {
        ApplicationConfig application = session().application();
        assertThat(application.type()).isEqualTo("Selvage");
        assertThat(application.priority()).isEmpty();
        assertThat(application.tags()).isEmpty();
        assertThat(application.shippedPaths()).isEmpty();
        assertThat(application.viewAcl()).isEmpty();
    }

    @Test
    void listsArePartedByCommasAndHaveEachOnce() {
        ApplicationConfig application = session(
                        "selvage.application.tags=etl, nightly,etl", "selvage.application.ship=/a/x.txt,folder")
                .application();
        assertThat(application.tags()).containsExactly("etl", "nightly");
        assertThat(application.shippedPaths()).containsExactly("/a/x.txt", "folder");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "anna", "anna,bert", "anna ops", "anna,bert ops,on-call", "svc.a@EXAMPLE.COM ops"})
    void anAclIsUsersAndThenGroups(String acl) {
        assertThat(session("selvage.application.view-acl=" + acl).application().viewAcl())
                .isEqualTo(acl);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "view-acl=anna bert ops",
                "view-acl=anna, bert",
                "modify-acl=anna;bert",
                "modify-acl=*,anna",
                "tags=a,,b",
                "tags=k\u00e4se",
                "tags=1,2,3,4,5,6,7,8,9,10,11",
                "priority=high",
                "priority=-1",
                "priority=1.5",
                "type=",
                "type=a-type-of-more-than-twenty-letters",
                "node-label=gpu && ssd",
                "node-label=-gpu",
                "rolled-logs.include=*.log",
                "rolled-logs.exclude=(",
                "ship=a,,b"
            })
    void whatIsMalformedIsRefusedWithWhatItMustBe(String option) {
        String key = "selvage.application." + option.substring(0, option.indexOf('='));
        assertThatThrownBy(() -> session("selvage.application." + option))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(key + " is \"")
                .hasMessageContaining("(from -D), and must be ");
    }

    @Test
    void leavingOutLogsOfNoneIsRefused() {
        assertThatThrownBy(() -> session("selvage.application.rolled-logs.exclude=stderr"))
                .isInstanceOf(ConfigException.class)
                .hasMessage("selvage.application.rolled-logs.exclude leaves out logs of those that"
                        + " selvage.application.rolled-logs.include names, and that is not set: no log is collected before"
                        + " the end.");
    }

    @Test
    void executorsRunOnTheApplicationsNodesUnlessToldOtherwise() {
        assertThat(session("selvage.application.node-label=gpu").effectiveExecutorLabel())
                .isEqualTo("gpu");
        assertThat(session("selvage.application.node-label=gpu", "selvage.executor.node-label=ssd")
                        .effectiveExecutorLabel())
                .isEqualTo("ssd");
    }

    @Test
    void eachVariableHasAKeyOfItsOwnWhichTravelsWithTheOthers(@TempDir Path directory) throws Exception {
        Path yaml = Files.writeString(
                directory.resolve("selvage.yaml"),
                "selvage.master.env:\n  JAVA_HOME: /opt/jdk\nselvage.executor.env.LANG: C\n");
        Configuration configuration = Configuration.defaults()
                .withYaml(yaml)
                .withOptions(List.of("selvage.executor.env.LANG=en_US.UTF-8", "selvage.executor.env.A_1=$PWD/x=y"));
        SessionConfig session = SessionConfig.from(configuration);
        assertThat(session.masterEnvironment()).containsExactly(Map.entry("JAVA_HOME", "/opt/jdk"));
        assertThat(session.executorEnvironment())
                .containsExactly(Map.entry("A_1", "$PWD/x=y"), Map.entry("LANG", "en_US.UTF-8"));
        assertThat(configuration.settings(Scope.SESSION)).containsKey("selvage.executor.env.A_1");
        assertThat(configuration.settings(Scope.JOB)).isEmpty();
        assertThat(SessionConfig.from(Configuration.defaults().with(configuration.settings(), "in the container")))
                .isEqualTo(session);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1ST", "A-B", "A.B", ""})
    void aVariablesNameIsOne(String name) {
        assertThatThrownBy(() -> session("selvage.master.env." + name + "=x"))
                .isInstanceOf(ConfigException.class)
                .hasMessage("selvage.master.env." + name + " (from -D) names no environment variable: \"" + name
                        + "\" must be letters, digits and _, and not begin with a digit.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CLASSPATH", "HADOOP_USER_NAME", "CONTAINER_ID", "NM_HOST", "SELVAGE_MASTER"})
    void whatTheSessionOrYarnSetsIsTheirs(String name) {
        assertThatThrownBy(() -> session("selvage.executor.env." + name + "=x"))
                .hasMessage("selvage.executor.env." + name + " (from -D) can't be set: " + name
                        + " is set by YARN or by the session itself.");
    }

    @Test
    void aValueThatWouldBreakALaunchScriptIsRefused() {
        assertThatThrownBy(() -> session("selvage.executor.env.GREETING=say \"hello\""))
                .hasMessageContaining("must be text without quotation marks, backquotes, backslashes and line breaks.");
    }
}
