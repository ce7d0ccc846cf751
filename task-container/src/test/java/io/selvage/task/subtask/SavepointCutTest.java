package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.graph.OperatorDefinition;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.exchange.CutKind;
import io.selvage.task.exchange.Watermark;
import io.selvage.task.subtask.SourceAndSinkTest.Numbers;
import io.selvage.task.subtask.SourceAndSinkTest.RecordingSink;
import io.selvage.task.subtask.SubtaskHarness.Mode;
import java.util.List;
import org.junit.jupiter.api.Test;

class SavepointCutTest {
    private static SubtaskHarness reader() {
        SubtaskHarness harness =
                new SubtaskHarness(Mode.STRAIGHT, new OperatorDefinition.ReadSplits<>(new Numbers(9), 1000));
        for (int split = 0; split < 9; split++) {
            harness.element(split, 0);
        }
        harness.passMillis(2);
        assertThat(harness.records().size()).isBetween(1, 80);
        return harness;
    }

    private static int readAfter(SubtaskHarness harness) {
        int before = harness.records().size();
        for (int i = 0; i < 10; i++) {
            harness.passMillis(5);
        }
        return harness.records().size() - before;
    }

    private static SubtaskHarness sink(String name) {
        return new SubtaskHarness(Mode.STRAIGHT, new OperatorDefinition.WriteSink<>(new RecordingSink(name)));
    }

    private static List<String> calls(String name) {
        return RecordingSink.CALLS.get(name);
    }

    @Test
    void aSourceGoesOnAfterASavepoint() {
        SubtaskHarness harness = reader();
        int before = harness.records().size();
        harness.cut(CutKind.SAVEPOINT);
        readAfter(harness);
        assertThat(harness.records()).hasSizeGreaterThan(before);
    }

    @Test
    void aSourceEmitsNothingAfterTheSavepointThatStopsIt() {
        SubtaskHarness harness = reader();
        long stop = harness.cut(CutKind.STOP);
        Object last =
                harness.output.accepted.get(harness.output.accepted.size() - 1).value();
        assertThat(last).isInstanceOf(Barrier.class);
        assertThat(readAfter(harness)).isZero();
        harness.complete(stop, true);
        assertThat(harness.phases).endsWith("FINISHED");
        assertThat(harness.output
                        .accepted
                        .get(harness.output.accepted.size() - 1)
                        .value())
                .isSameAs(last);
    }

    @Test
    void aPlannerGivesNoSplitAndDoesNotEndAfterTheSavepointThatStopsIt() {
        SubtaskHarness harness = new SubtaskHarness(Mode.STRAIGHT, new OperatorDefinition.PlanSplits<>(new Numbers(0)));
        long stop = harness.cut(CutKind.STOP);
        for (int i = 0; i < 5; i++) {
            harness.passMillis(1000);
        }
        // It is complete, and its end of input would fire windows.
        assertThat(harness.output.hasEnded()).isFalse();
        harness.abort(stop);
        harness.passMillis(1000);
        assertThat(harness.output.hasEnded()).isTrue();
    }

    @Test
    void aSourceGoesOnWhenTheStopIsGivenUp() {
        SubtaskHarness harness = reader();
        harness.cut(CutKind.CHECKPOINT);
        long stop = harness.cut(CutKind.STOP);
        assertThat(readAfter(harness)).isZero();
        harness.abort(stop - 1);
        assertThat(readAfter(harness)).as("an earlier one is given up").isZero();
        int before = harness.records().size();
        harness.abort(stop);
        readAfter(harness);
        assertThat(harness.records()).hasSizeGreaterThan(before);
    }

    @Test
    void aLaterBarrierShowsThatTheStopWasGivenUp() {
        SubtaskHarness harness = reader();
        harness.cut(CutKind.STOP);
        assertThat(readAfter(harness)).isZero();
        int before = harness.records().size();
        harness.cut(CutKind.CHECKPOINT);
        readAfter(harness);
        assertThat(harness.records()).hasSizeGreaterThan(before);
    }

    @Test
    void eventTimeEndsBeforeTheBarrierOfADrain() {
        SubtaskHarness harness = reader();
        long drain = harness.cut(CutKind.DRAIN);
        List<Object> controls = harness.output.accepted.stream()
                .map(RefusingOutput.Element::value)
                .filter(value -> value instanceof Watermark || value instanceof Barrier)
                .toList();
        assertThat(controls.get(controls.size() - 2)).isEqualTo(Watermark.MAX);
        assertThat(controls.get(controls.size() - 1)).isInstanceOf(Barrier.class);
        assertThat(readAfter(harness)).isZero();
        harness.complete(drain, true);
        assertThat(harness.phases).endsWith("FINISHED");
    }

    @Test
    void aSubtaskFailsWhenItsDrainIsGivenUp() {
        SubtaskHarness aborted = reader();
        long drain = aborted.cut(CutKind.DRAIN);
        assertThatThrownBy(() -> aborted.abort(drain)).isInstanceOf(DrainGivenUpException.class);

        SubtaskHarness notTold = reader();
        notTold.cut(CutKind.DRAIN);
        assertThatThrownBy(() -> notTold.cut(CutKind.CHECKPOINT)).isInstanceOf(DrainGivenUpException.class);
    }

    @Test
    void aSubtaskThatIsNotHeldDoesNotFinishInTheMidst() {
        SubtaskHarness harness = reader();
        long savepoint = harness.cut(CutKind.SAVEPOINT);
        assertThatThrownBy(() -> harness.complete(savepoint, true))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is to finish");
    }

    @Test
    void aSinkCommitsNothingBecauseOfASavepointAndAllOfItWithTheNextCheckpoint() {
        SubtaskHarness harness = sink("savepoint");
        harness.element("a", 0);
        long savepoint = harness.cut(CutKind.SAVEPOINT);
        harness.abort(savepoint); // It is stored, and settled so.
        harness.element("b", 0);
        assertThat(calls("savepoint")).containsExactly("recover []");
        harness.complete(harness.cut(false), false);
        assertThat(calls("savepoint")).containsExactly("recover []", "commit [a, b]");
    }

    @Test
    void aJobThatStartsFromASavepointCommitsWhatThatHasPending() {
        SubtaskHarness harness = sink("from savepoint");
        harness.element("a", 0);
        harness.cut(CutKind.SAVEPOINT);
        harness.element("b", 0);
        harness.restore();
        assertThat(calls("from savepoint")).containsExactly("recover []", "recover [a]");
    }

    @Test
    void aSinkCommitsWithTheSavepointThatStopsIt() {
        SubtaskHarness harness = sink("stop");
        harness.element("a", 0);
        harness.complete(harness.cut(CutKind.STOP), true);
        assertThat(calls("stop")).containsExactly("recover []", "commit [a]");
        assertThat(harness.phases).endsWith("FINISHED");
    }

    @Test
    void whatIsStartedAgainAfterAStopOnlyFinishes() {
        SubtaskHarness harness = reader();
        long stop = harness.cut(CutKind.STOP);
        harness.restoreHeld();
        assertThat(readAfter(harness)).isZero();
        harness.complete(stop, true);
        assertThat(harness.phases).endsWith("RUNNING", "FINISHED");
        assertThat(harness.output.hasEnded()).isFalse();
    }
}
