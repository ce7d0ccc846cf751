package io.selvage.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LaunchFactsTest {
    @Test
    void theClassPathNamesEveryJarInOrder() {
        SessionSpec spec = SessionSpec.newBuilder()
                .addHadoopConf(LibraryFile.newBuilder().setName("configuration.jar"))
                .addClassPath("a.jar")
                .addClassPath("b.jar")
                .build();
        assertThat(ContainerLayout.classPath(spec)).isEqualTo("lib/a.jar:lib/b.jar:hadoop-conf/configuration.jar");
    }

    @Test
    void aHintSurvivesTheEnvironment() {
        MasterHint hint = new MasterHint(7, "host.example", 4711);
        assertThat(MasterHint.in(Map.of(MasterHint.VARIABLE, hint.encode()))).contains(hint);
        assertThat(MasterHint.in(Map.of())).isEmpty();
    }

    @Test
    void stepsAreShownInTheOrderOfTheirEnds() {
        StartSteps steps = new StartSteps(1_000);
        steps.done("main", 1_200);
        steps.done("storage", 1_950);
        assertThat(steps).hasToString("main 200, storage 950");
    }

    @Test
    void theAgeOfAProcessIsReadFromTheKernelsWordsToAHundredthOfASecond() {
        String stat = "312 (a (b) c) S 1 312 312 0 -1 4194560 9 0 0 0 12 3 0 0 20 0 17 0 1234567 99 5 x";
        assertThat(StartSteps.ageMillis(stat, "12347.42 20000.00\n")).isEqualTo(1_750);
    }
}
