package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import io.selvage.task.operator.OperatorException;
import io.selvage.task.subtask.SubtaskHarness.At;
import io.selvage.task.subtask.SubtaskHarness.Mode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Operators with two inputs, and with side outputs, wherever they are interrupted. */
class TwoInputsTest {
    /**
     * Of the first stream come orders, of the second payments, both as {@code key:text}. What is not paid after five
     * milliseconds of event time goes to the side.
     */
    static final class Payments extends KeyedCoProcessFunction<String, String, String, String> {
        static final OutputTag<String> UNPAID = new OutputTag<>(SubtaskHarness.SIDE, String.class);
        private static final long serialVersionUID = 1L;
        private transient ValueState<String> order;
        private transient ListState<String> early;

        @Override
        public void openState(StateAccess states) {
            order = states.value(new ValueStateDescriptor<>("order", String.class));
            early = states.list(new ListStateDescriptor<>("early", String.class));
        }

        @Override
        public void process1(String element, Context<String> context, Collector<String> out) {
            for (String payment : early.elements()) {
                out.collect(element + " was paid by " + payment);
                early.clear();
                return;
            }
            order.update(element);
            context.registerEventTimeTimer(context.timestampMillis() + 5);
        }

        @Override
        public void process2(String element, Context<String> context, Collector<String> out) {
            if (order.value() == null) {
                early.add(element);
            } else {
                out.collect(order.value() + " is paid by " + element);
                order.clear();
            }
        }

        @Override
        public void onTimer(long timestampMillis, OnTimerContext<String> context, Collector<String> out) {
            if (order.value() != null) {
                context.output(UNPAID, order.value());
                order.clear();
            }
        }
    }

    private static String key(String element) {
        return element.substring(0, element.indexOf(':'));
    }

    private static SubtaskHarness payments(Mode mode) {
        return new SubtaskHarness(
                mode,
                new OperatorDefinition.KeyedCoProcess<String, String, String, String>(
                        TwoInputsTest::key, TwoInputsTest::key, Serdes.STRING, new Payments()));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void elementsOfTwoInputsShareStateAndTimersOfTheirKey(Mode mode) {
        SubtaskHarness harness = payments(mode)
                .element("a:book", 1)
                .elementOfSecond("b:early", 2)
                .elementOfSecond("a:cash", 3)
                .element("b:pen", 4)
                .element("c:lamp", 5)
                .watermark(9)
                .watermark(10)
                .elementOfSecond("c:late", 11);
        assertThat(harness.records())
                .containsExactly(new At("a:book is paid by a:cash", 3), new At("b:pen was paid by b:early", 4));
        assertThat(harness.sideRecords()).containsExactly(new At("c:lamp", 10));
        assertThat(harness.side.lastWatermark()).isEqualTo(10);
        harness.endOfInput();
        assertThat(harness.side.hasEnded()).isTrue();
    }

    @Test
    void theKeyOfTheSecondInputIsToldByItsOwnSelector() {
        SubtaskHarness harness = payments(Mode.STRAIGHT);
        assertThatThrownBy(() -> harness.elementOfSecond("no key", 1))
                .isInstanceOfSatisfying(
                        OperatorException.class,
                        thrown -> assertThat(thrown.position()).isEqualTo("element no key"));
    }

    /** Gives each element to a side output. */
    static final class Aside<X> extends KeyedProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;
        private final OutputTag<X> tag;
        private final X element;

        Aside(OutputTag<X> tag, X element) {
            this.tag = tag;
            this.element = element;
        }

        @Override
        public void process(String each, Context<String> context, Collector<String> out) {
            context.output(tag, element);
            out.collect(each);
        }
    }

    private static <X> OperatorDefinition aside(OutputTag<X> tag, X element) {
        return new OperatorDefinition.KeyedProcess<String, String, String>(
                each -> each, Serdes.STRING, new Aside<>(tag, element));
    }

    @Test
    void whatNobodyReadsIsDropped() {
        SubtaskHarness harness = new SubtaskHarness(Mode.STRAIGHT, aside(new OutputTag<>("other", String.class), "x"));
        harness.element("a", 1);
        assertThat(harness.records()).containsExactly(new At("a", 1));
        assertThat(harness.sideRecords()).isEmpty();
    }

    @Test
    void aTagOfAnotherTypeThanIsReadIsRefused() {
        SubtaskHarness harness =
                new SubtaskHarness(Mode.STRAIGHT, aside(new OutputTag<>(SubtaskHarness.SIDE, Long.class), 1L));
        assertThatThrownBy(() -> harness.element("a", 1))
                .isInstanceOf(OperatorException.class)
                .hasMessageContaining("gives i64 to the side output side, which is read as")
                .hasMessageContaining("Use the same OutputTag for both");
    }
}
