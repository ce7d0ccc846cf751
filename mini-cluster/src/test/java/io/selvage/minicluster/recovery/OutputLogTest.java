package io.selvage.minicluster.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.minicluster.workload.Line;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputLogTest {
    private static final long FAULT = 10_000;

    @TempDir
    Path directory;

    @Test
    void gapIsTheWorstSubtasksAndSilenceThatOfAll() {
        OutputLog log = new OutputLog(List.of(
                run(0, 1, 5_000, 10_100, 3, 0),
                run(0, 2, 10_400, 15_000, 3, 0),
                run(1, 1, 5_000, 10_000, 3, 0),
                run(1, 2, 10_350, 15_000, 3, 0)));
        assertThat(log.gapMillis(FAULT, 14_900)).isEqualTo(350);
        assertThat(log.silenceMillis(FAULT, 14_900)).isEqualTo(250);
        assertThat(log.gapMillis(12_000, 14_900)).as("after it").isEqualTo(10);
    }

    @Test
    void gapThatHasNotEndedCounts() {
        OutputLog log = new OutputLog(List.of(run(0, 1, 5_000, 10_000, 3, 0)));
        assertThat(log.gapMillis(FAULT, 14_000)).isEqualTo(4_000);
    }

    @Test
    void isCaughtUpOnceNoRecordIsLateForASecond() {
        List<Line> late = new ArrayList<>(run(0, 2, 10_400, 11_200, 400, 0).lines());
        late.addAll(run(0, 2, 11_210, 15_000, 5, 0).lines());
        OutputLog log = new OutputLog(List.of(run(0, 1, 5_000, 10_000, 5, 0), new OutputLog.Run(0, 2, late)));
        assertThat(log.usualLatencyMillis(FAULT)).isEqualTo(5);
        assertThat(log.caughtUpMillis(FAULT)).hasValue(1_200);
    }

    @Test
    void isNotCaughtUpWhileRecordsAreLate() {
        OutputLog log = new OutputLog(List.of(run(0, 1, 5_000, 10_000, 5, 0), run(0, 2, 10_400, 15_000, 400, 0)));
        assertThat(log.caughtUpMillis(FAULT)).isEmpty();
    }

    @Test
    void undisturbedJobHasCaughtUpAtOnce() {
        OutputLog log = new OutputLog(List.of(run(0, 1, 5_000, 15_000, 5, 0)));
        assertThat(log.caughtUpMillis(FAULT)).hasValue(0);
    }

    @Test
    void recordsThatCameOutBeforeAndAfterWereReplayed() {
        OutputLog log = new OutputLog(List.of(
                new OutputLog.Run(0, 1, List.of(Line.parse("1000,10,3,0,99,0,49"))),
                new OutputLog.Run(1, 1, List.of(Line.parse("1000,10,3,5,120,-1,-1"))),
                new OutputLog.Run(0, 2, List.of(Line.parse("2000,10,3,101,150,40,60")))));
        assertThat(log.replayed(2)).isEqualTo(20 + 10);
        assertThat(log.replayed(3)).isZero();
    }

    @Test
    void lineThatIsNotWrittenToItsEndIsLeftOut() throws Exception {
        Files.writeString(directory.resolve("1-3.csv"), "1000,10,3,0,99\n1010,20,3,100,199\n1200,3");
        assertThat(OutputLog.read(directory).gapMillis(1_000, 1_010)).isEqualTo(10);
    }

    private static OutputLog.Run run(
            int subtask, long incarnation, long fromMillis, long untilMillis, long latencyMillis, long sequence) {
        List<Line> lines = new ArrayList<>();
        for (long millis = fromMillis; millis <= untilMillis; millis += 10) {
            lines.add(new Line(millis, 1, latencyMillis, List.of(sequence), List.of(sequence)));
        }
        return new OutputLog.Run(subtask, incarnation, lines);
    }
}
