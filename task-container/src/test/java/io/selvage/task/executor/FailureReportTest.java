package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import org.junit.jupiter.api.Test;

class FailureReportTest {
    /** The report goes to the master, into its journal, and onto the status page. */
    @Test
    void howLongAReportIsDoesNotDependOnWhatIsThrown() {
        Throwable thrown = new IllegalStateException("deepest " + "x".repeat(200_000));
        for (int i = 0; i < 30; i++) {
            thrown = new IllegalStateException("level " + i + " " + "x".repeat(200_000), thrown);
        }

        Failure failure = FailureReport.of(thrown, "vertex", 1);

        assertThat(failure.getMessage()).startsWith("level 29 x").hasSizeLessThan(FailureReport.MOST_CHARACTERS + 10);
        assertThat(failure.getCausesList())
                .hasSize(10)
                .allMatch(cause -> cause.length() < FailureReport.MOST_CHARACTERS + 10)
                .first()
                .asString()
                .contains("IllegalStateException: level 29 x");
        assertThat(failure.getSerializedSize())
                .isLessThan(FailureReport.MOST_STACK_CHARACTERS + 12 * FailureReport.MOST_CHARACTERS);
    }

    @Test
    void aProcessThatMayHaveNoMoreConnectionsOpenSaysHowThatIsChanged() {
        Failure failure = FailureReport.of(
                new UncheckedIOException(
                        new IOException("Could not obtain block", new SocketException("Too many open files"))),
                "vertex",
                1);
        assertThat(failure.getMessage()).contains("Could not obtain block", "no more files open", "LimitNOFILE");
    }
}
