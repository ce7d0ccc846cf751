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
                .startsWith("it has failed; its master's container was ended for its physical memory: raise"
                        + " selvage.master.memory.")
                .contains("Failing this attempt.")
                .doesNotContain("Foo.java", "more");
    }

    @Test
    void nothingIsAddedWhereYarnSaysNothing() {
        assertThat(Diagnostics.inWords("it was stopped", "")).isEqualTo("it was stopped.");
    }
}
