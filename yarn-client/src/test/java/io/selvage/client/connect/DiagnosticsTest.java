package io.selvage.client.connect;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DiagnosticsTest {
    @Test
    void exitCodesAreMeaningsAndStackTracesAreLeftOut() {
        String diagnostics = "Application application_1_0001 failed 1 times due to AM Container for"
                + " appattempt_1_0001_000001 exited with  exitCode: -104\n"
                + "Failing this attempt.\n"
                + "java.io.IOException: x\n"
                + "\tat org.apache.hadoop.Foo.bar(Foo.java:1)\n"
                + "\t... 3 more\n";
        assertThat(Diagnostics.inWords("it has failed", diagnostics))
                .startsWith("it has failed; its master's container was killed because it used more memory than it asked"
                        + " for: raise selvage.master.memory (exit status -104).")
                .contains("Failing this attempt.")
                .doesNotContain("Foo.java", "3 more");
    }

    @Test
    void theMastersLastWordsStandForAllThatYarnSays() {
        String diagnostics = "Application application_1_0001 failed 2 times due to ... exited with  exitCode: 26\n"
                + "Failing this attempt.Diagnostics: [2026-11-22] Exception from container-launch.\n"
                + "Last 4096 bytes of stderr :\n"
                + "selvage master: No port could be opened on host: Cannot assign requested address.\n"
                + "For more detailed output, check the application tracking page.\n";
        assertThat(Diagnostics.inWords("it has failed", diagnostics))
                .isEqualTo("it has failed; its master's container could not start: it could open no port; check"
                        + " selvage.network.bind-host and the host's free ports (exit status 26). It said:\n"
                        + "  No port could be opened on host: Cannot assign requested address.\n");
    }

    @Test
    void aMasterWithoutMemoryIsToldByItsJvm() {
        String diagnostics = "Application application_1_0001 failed 2 times due to ... exited with  exitCode: 3\n"
                + "Last 4096 bytes of stderr :\n"
                + "Terminating due to java.lang.OutOfMemoryError: Java heap space\n";
        assertThat(Diagnostics.inWords("it has failed", diagnostics))
                .isEqualTo("it has failed; its master's container has ended because its JVM ran out of memory: raise"
                        + " selvage.master.memory (exit status 3). It said:\n"
                        + "  Terminating due to java.lang.OutOfMemoryError: Java heap space\n");
    }

    @Test
    void aNodeWithoutJavaIsToldWithWhatItsShellSays() {
        String diagnostics = "Application application_1_0001 failed 2 times due to ... exited with  exitCode: 127\n"
                + "Last 4096 bytes of stderr :\n"
                + "/bin/bash: line 1: /usr/lib/jvm/no/bin/java: No such file or directory\n";
        assertThat(Diagnostics.inWords("it has failed", diagnostics))
                .startsWith("it has failed; its master's container could not start: there is no $JAVA_HOME/bin/java on"
                        + " its node; set JAVA_HOME of the NodeManagers, or selvage.master.env.JAVA_HOME and")
                .endsWith("It said:\n  /bin/bash: line 1: /usr/lib/jvm/no/bin/java: No such file or directory\n");
    }

    @Test
    void nothingIsAddedWhereYarnSaysNothing() {
        assertThat(Diagnostics.inWords("it was stopped", "")).isEqualTo("it was stopped.");
    }
}
