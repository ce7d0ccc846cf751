package io.selvage.task.main;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ExitWitnessTest {
    private static final StackTraceElement USERS = new StackTraceElement("acme.Leaving", "map", "Leaving.java", 12);

    private static StackTraceElement frame(String type, String method) {
        return new StackTraceElement(type, method, null, 0);
    }

    @Test
    void whoHasCalledExitIsNamedWithItsLine() {
        Thread thread = new Thread(() -> {}, "subtask 2/0");
        StackTraceElement[] stack = {
            frame("java.lang.Thread", "join"),
            frame("java.lang.ApplicationShutdownHooks", "runHooks"),
            frame("java.lang.Shutdown", "exit"),
            frame("java.lang.Runtime", "exit"),
            frame("java.lang.System", "exit"),
            USERS,
            frame("io.selvage.task.operator.MapOperator", "process")
        };
        assertThat(ExitWitness.testimony(Map.of(thread, stack)))
                .contains("A function has called System.exit at acme.Leaving.map(Leaving.java:12), in thread"
                        + " \"subtask 2/0\": let it throw an exception instead.");
    }

    @Test
    void aSignalIsNobodysDoing() {
        StackTraceElement[] signal = {
            frame("java.lang.Shutdown", "exit"),
            frame("java.lang.Terminator$1", "handle"),
            frame("java.lang.Thread", "run")
        };
        assertThat(ExitWitness.testimony(Map.of(new Thread(() -> {}, "SIGTERM handler"), signal)))
                .isEmpty();
    }
}
