package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.PartialSerde.Partial;
import io.selvage.api.type.Serdes;
import io.selvage.task.exchange.Timestamps;
import io.selvage.task.subtask.SubtaskHarness.At;
import io.selvage.task.subtask.SubtaskHarness.Mode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The first of two stages, in panes of ten milliseconds. Elements are a key of one letter and what follows. */
class PartialAggregateTest {
    /** A list that is changed in place. */
    static final class Collecting implements AggregateFunction<String, List<String>, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public List<String> create() {
            return new ArrayList<>();
        }

        @Override
        public List<String> add(List<String> accumulator, String element) {
            if (element.endsWith("!")) {
                throw new IllegalArgumentException(element);
            }
            accumulator.add(element.substring(1));
            return accumulator;
        }

        @Override
        public String result(List<String> accumulator) {
            return String.join("", accumulator);
        }

        @Override
        public List<String> merge(List<String> accumulator, List<String> other) {
            accumulator.addAll(other);
            return accumulator;
        }
    }

    private static SubtaskHarness harness(Mode mode) {
        return new SubtaskHarness(
                mode,
                new OperatorDefinition.PartialAggregate<String, String, List<String>>(
                        element -> element.substring(0, 1),
                        Serdes.STRING,
                        10,
                        0,
                        new Collecting(),
                        Serdes.list(Serdes.STRING)));
    }

    private static At partial(String key, long paneMillis, String... elements) {
        return new At(new Partial(key, List.of(elements)), paneMillis);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void whatIsInAPaneGoesOutBeforeTheWatermarkThatEndsIt(Mode mode) {
        SubtaskHarness harness = harness(mode);
        harness.element("a1", 3).element("b2", 9).element("a3", 0).element("a4", 10);
        assertThat(harness.records()).isEmpty();
        harness.watermark(8);
        assertThat(harness.records()).isEmpty();
        harness.watermark(9);
        assertThat(harness.records()).containsExactlyInAnyOrder(partial("a", 0, "1", "3"), partial("b", 0, "2"));
        assertThat(harness.output.lastWatermark()).isEqualTo(9);
        Object last =
                harness.output.accepted.get(harness.output.accepted.size() - 1).value();
        assertThat(last).as("the watermark is behind them").isNotInstanceOf(Partial.class);
        harness.endOfInput();
        assertThat(harness.records()).hasSize(3).contains(partial("a", 10, "4"));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void nothingWaitsForLong(Mode mode) {
        SubtaskHarness harness = harness(mode);
        harness.element("a1", 3).element("a2", 25);
        harness.passMillis(99);
        assertThat(harness.records()).isEmpty();
        if (!mode.restores) { // A new subtask counts anew.
            harness.passMillis(1);
            assertThat(harness.records()).containsExactly(partial("a", 0, "1"), partial("a", 20, "2"));
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void anIdleStreamHoldsNothingBack(Mode mode) {
        SubtaskHarness harness = harness(mode);
        harness.element("a1", 3).idle(true);
        assertThat(harness.records()).containsExactly(partial("a", 0, "1"));
    }

    @Test
    void whatIsBehindTheWatermarkGoesOnAtOnce() {
        SubtaskHarness harness = harness(Mode.STRAIGHT);
        harness.watermark(9).element("a1", 9).element("a2", 10);
        assertThat(harness.records()).containsExactly(partial("a", 0, "1"));
    }

    @Test
    void manyKeysAreNotKept() {
        SubtaskHarness harness = harness(Mode.STRAIGHT);
        for (int i = 0; i < 1025; i++) {
            harness.element((char) (0x4e00 + i) + "1", 3);
        }
        assertThat(harness.records()).hasSize(1025);
    }

    @Test
    void failuresNameTheElement() {
        SubtaskHarness thrown = harness(Mode.STRAIGHT);
        thrown.element("a1", 3);
        assertThat(catchFailure(() -> thrown.element("b!", 4))).hasMessageContaining("IllegalArgumentException");
        SubtaskHarness timeless = harness(Mode.STRAIGHT);
        assertThat(catchFailure(() -> timeless.element("a1", Timestamps.NONE)))
                .hasMessageContaining("assignTimestamps");
    }

    private static Throwable catchFailure(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException failure) {
            return failure;
        }
        throw new AssertionError("It did not fail.");
    }
}
