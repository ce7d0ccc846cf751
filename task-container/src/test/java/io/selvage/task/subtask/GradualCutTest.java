package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.task.operator.Counters;
import io.selvage.task.subtask.SubtaskHarness.Mode;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A subtask handles elements while the state of a checkpoint is being written, and none of them gets into it. */
class GradualCutTest {
    private static final int KEYS = 3_000;

    /** Keeps each key's last element, and says what it was before. */
    static final class Remembering extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;
        private transient ValueState<String> last;

        @Override
        public void openState(StateAccess states) {
            last = states.value(new ValueStateDescriptor<>("last", String.class));
        }

        @Override
        public void process(String element, Context<String> context, Collector<String> out) {
            out.collect(context.key() + " was " + shortened(last.value()));
            last.update(element);
        }
    }

    private final SubtaskHarness harness = new SubtaskHarness(
            Mode.STRAIGHT,
            new OperatorDefinition.KeyedProcess<>(
                    (String element) -> element.substring(0, element.indexOf('/')), Serdes.STRING, new Remembering()));

    @Test
    void elementsAreHandledWhileStateIsWrittenAndAreNotInTheCheckpoint() {
        fill("old");
        long id = harness.beginCut();
        assertThat(harness.cutsTaken()).as("all is written at once").isZero();
        harness.offerElement(element(0, "new"));
        harness.offerElement(element(KEYS - 1, "new"));
        harness.offerElement("more/new");
        harness.runOnce();
        assertThat(harness.cutsTaken()).isZero();
        assertThat(values(3)).containsExactly("0 was old", KEYS - 1 + " was old", "more was null");
        harness.step();
        assertThat(harness.cutsTaken()).isOne();

        harness.complete(id, false);
        harness.restore();
        harness.element(element(0, "newer"), 0);
        harness.element(element(KEYS - 1, "newer"), 0);
        harness.element("more/newer", 0);
        assertThat(values(3)).containsExactly("0 was old", KEYS - 1 + " was old", "more was null");
    }

    @Test
    void theTimeThatWritingTakesIsToldApartFromThePause() {
        fill("old");
        long barrierNanos = harness.nanos.get();
        harness.beginCut();
        assertThat(harness.subtask().count(Counters.Figure.NEWEST_CUT)).isOne();
        harness.passMillis(40);
        SubtaskCut cut = Objects.requireNonNull(harness.newestCut);
        assertThat(cut.firstBarrierNanos()).isEqualTo(barrierNanos);
        assertThat(cut.synchronousMicros()).isZero();
        assertThat(cut.gatheringMicros()).isEqualTo(40_000);
    }

    @Test
    void cutThatIsAbortedWhileItIsWrittenIsForgottenAndTheNextOneHasAll() {
        fill("old");
        long id = harness.beginCut();
        harness.offerElement(element(0, "new"));
        harness.runOnce();
        harness.subtask().post(new Mail.Abort(new CheckpointId(id), false));
        harness.step();
        assertThat(harness.cutsTaken()).isZero();
        harness.complete(harness.cut(false), false);
        assertThat(harness.cutsTaken()).isOne();
        harness.restore();
        harness.element(element(0, "newer"), 0);
        harness.element(element(1, "newer"), 0);
        assertThat(values(2)).containsExactly("0 was new", "1 was old");
    }

    @Test
    void nextBarrierReplacesACutThatIsStillBeingWritten() {
        fill("old");
        harness.beginCut();
        harness.offerElement(element(0, "new"));
        harness.runOnce();
        long second = harness.cut(false);
        assertThat(harness.cutsTaken()).isOne();
        harness.complete(second, false);
        harness.restore();
        harness.element(element(0, "newer"), 0);
        assertThat(values(1)).containsExactly("0 was new");
    }

    private void fill(String what) {
        for (int key = 0; key < KEYS; key++) {
            harness.element(element(key, what), 0);
        }
    }

    private static String element(int key, String what) {
        return key + "/" + what + "-".repeat(500);
    }

    private static String shortened(@Nullable String element) {
        return element == null
                ? "null"
                : element.substring(element.indexOf('/') + 1).replace("-", "");
    }

    private List<String> values(int newest) {
        List<String> all = harness.records().stream()
                .map(record -> (String) record.value())
                .toList();
        return all.subList(all.size() - newest, all.size());
    }
}
