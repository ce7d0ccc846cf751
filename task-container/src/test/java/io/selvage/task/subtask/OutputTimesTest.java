package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.task.subtask.SinkOutput.Pause;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OutputTimesTest {
    private final OutputTimes times = new OutputTimes();
    private long written;

    @Test
    void knowsNothingBeforeTheFirstOutput() {
        times.note(0, millis(5));
        assertThat(times.read()).isNull();
    }

    @Test
    void knowsTheFirstAndTheLastOutput() {
        output(5);
        output(10);
        times.note(written, millis(14)); // A batch that wrote nothing.
        assertThat(times.read()).isEqualTo(new SinkOutput(millis(5), millis(10), List.of()));
    }

    @Test
    void notesAPauseOnlyIfItIsLong() {
        output(5);
        output(25);
        output(46);
        output(50);
        assertThat(times.read())
                .isEqualTo(new SinkOutput(millis(5), millis(50), List.of(new Pause(millis(25), millis(46)))));
    }

    @Test
    void keepsTheNewestPauses() {
        IntStream.rangeClosed(0, 40).forEach(i -> output(100L * i));
        SinkOutput output = times.read();
        assertThat(output).isNotNull();
        assertThat(output.pauses()).hasSize(OutputTimes.MOST_PAUSES);
        assertThat(output.pauses().get(0)).isEqualTo(new Pause(millis(2400), millis(2500)));
        assertThat(output.pauses().get(15)).isEqualTo(new Pause(millis(3900), millis(4000)));
        assertThat(output.firstNanos()).isZero();
    }

    private void output(long atMillis) {
        written += 3;
        times.note(written, millis(atMillis));
    }

    private static long millis(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
