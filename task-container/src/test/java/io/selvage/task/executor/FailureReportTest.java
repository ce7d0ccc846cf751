package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.backend.LocalDamageException;
import io.selvage.checkpoint.backend.StateMismatchException;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.task.operator.OperatorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.List;
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
                        "Could not obtain block" + " x".repeat(FailureReport.MOST_CHARACTERS),
                        new IOException("no connection", new SocketException("Too many open files"))),
                "vertex",
                1);
        assertThat(failure.getMessage()).contains("Could not obtain block", "no more files open", "LimitNOFILE");
    }

    /** A function has asked for it. */
    @Test
    void stateThatTheDiskHasDamagedIsNobodysFault() {
        LocalDamageException damage = new LocalDamageException(
                "be read from", Path.of("/nowhere/state"), new IOException("block checksum mismatch"));
        Failure failure = FailureReport.of(
                new OperatorException(
                        FailureKind.USER_CODE, "it failed", "operator", 0, new UncheckedIOException(damage)),
                "vertex",
                1);
        assertThat(failure.getKind()).isEqualTo(FailureKind.TRANSIENT);
        assertThat(failure.getCausesList().toString()).contains("selvage checkpoint verify");
    }

    /** Another try would find the same: the job ends at once, and says which file it is. */
    @Test
    void aDamagedOrUnknownCheckpointIsNotTriedAgain() {
        SegmentDamagedException damaged = new SegmentDamagedException("hdfs://x/7.data is damaged");
        StateMismatchException newer = new StateMismatchException("The checkpoint has event time in format 9");
        for (Throwable thrown : List.of(damaged, new UncheckedIOException(damaged), newer)) {
            assertThat(FailureReport.of(thrown, "vertex", 1).getKind()).isEqualTo(FailureKind.FATAL);
        }
        assertThat(FailureReport.of(new UncheckedIOException(damaged), "vertex", 1)
                        .getMessage())
                .contains("hdfs://x/7.data is damaged");
    }
}
