package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.function.BroadcastProcessFunction;
import io.selvage.api.function.CoProcessFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedBroadcastProcessFunction;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.BroadcastState;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import io.selvage.task.operator.OperatorException;
import io.selvage.task.subtask.SubtaskHarness.At;
import io.selvage.task.subtask.SubtaskHarness.Mode;
import java.util.List;
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

    // ---- without keys --------------------------------------------------------------------------------------------

    static final class Labelling extends CoProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process1(String element, Context context, Collector<String> out) {
            out.collect("first " + element);
        }

        @Override
        public void process2(String element, Context context, Collector<String> out) {
            out.collect("second " + element);
            context.output(Payments.UNPAID, element + " at " + context.timestampMillis());
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void elementsOfTwoInputsGoToTheFunctionsMethodsForThem(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(mode, new OperatorDefinition.CoProcess<>(new Labelling()));
        harness.element("a", 1).elementOfSecond("b", 2).element("c", 3);
        assertThat(harness.records())
                .containsExactly(new At("first a", 1), new At("second b", 2), new At("first c", 3));
        assertThat(harness.sideRecords()).containsExactly(new At("b at 2", 2));
    }

    static final class LongAside extends ProcessFunction<String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String element, Context context, Collector<String> out) {
            if (element.length() > 3) {
                context.output(Payments.UNPAID, element);
            } else {
                out.collect(element + " at " + context.watermarkMillis());
            }
        }
    }

    @Test
    void aFunctionWithoutKeysSeesEventTimeAndHasSideOutputs() {
        SubtaskHarness harness = new SubtaskHarness(Mode.STRAIGHT, new OperatorDefinition.Process<>(new LongAside()));
        harness.watermark(5).element("one", 6).element("three", 7);
        assertThat(harness.records()).containsExactly(new At("one at 5", 6));
        assertThat(harness.sideRecords()).containsExactly(new At("three", 7));
    }

    // ---- broadcast state -----------------------------------------------------------------------------------------

    static final MapStateDescriptor<String, Long> RULES = new MapStateDescriptor<>("rules", String.class, Long.class);

    /** A broadcast {@code name:number} is a rule; elements are names of rules. */
    static final class Ruled extends BroadcastProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String element, ReadOnlyContext context, Collector<String> out) {
            out.collect(element + " is " + context.broadcastState(RULES).get(element));
        }

        @Override
        public void processBroadcast(String rule, Context context, Collector<String> out) {
            apply(rule, context.broadcastState(RULES));
        }
    }

    private static void apply(String rule, BroadcastState<String, Long> rules) {
        long number = Long.parseLong(rule.substring(rule.indexOf(':') + 1));
        if (number == 0) {
            rules.remove(key(rule));
        } else {
            Long before = rules.get(key(rule));
            rules.put(key(rule), before == null ? number : before + number);
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void broadcastStateIsWhatTheBroadcastElementsHaveMadeOfIt(Mode mode) {
        SubtaskHarness harness =
                new SubtaskHarness(mode, new OperatorDefinition.BroadcastProcess<>(List.of(RULES), new Ruled()));
        harness.element("a", 1)
                .elementOfSecond("a:1", 2)
                .elementOfSecond("b:2", 3)
                .element("a", 4)
                .elementOfSecond("a:5", 5)
                .element("a", 6)
                .elementOfSecond("b:0", 7)
                .element("b", 8);
        assertThat(harness.records())
                .containsExactly(
                        new At("a is null", 1), new At("a is 1", 4), new At("a is 6", 6), new At("b is null", 8));
    }

    @Test
    void aBroadcastStateThatIsNotDeclaredIsAMistake() {
        SubtaskHarness harness = new SubtaskHarness(
                Mode.STRAIGHT, new OperatorDefinition.BroadcastProcess<String, String, String>(List.of(), new Ruled()));
        assertThatThrownBy(() -> harness.element("a", 1))
                .isInstanceOf(OperatorException.class)
                .hasMessageContaining("there is no broadcast state rules");
    }

    /** The same with a count for each key, which a timer tells. */
    static final class KeyedRuled extends KeyedBroadcastProcessFunction<String, String, String, String> {
        private static final long serialVersionUID = 1L;
        private transient ValueState<Long> count;

        @Override
        public void openState(StateAccess states) {
            count = states.value(new ValueStateDescriptor<>("count", Long.class));
        }

        @Override
        public void process(String element, ReadOnlyContext<String> context, Collector<String> out) {
            count.update(count.value() == null ? 1 : count.value() + 1);
            context.registerEventTimeTimer(context.timestampMillis() + 10);
        }

        @Override
        public void processBroadcast(String rule, BroadcastProcessFunction.Context context, Collector<String> out) {
            if (rule.equals("count")) {
                out.collect("never " + count.value());
            }
            apply(rule, context.broadcastState(RULES));
            out.collect(rule + " at " + context.watermarkMillis());
        }

        @Override
        public void onTimer(long timestampMillis, OnTimerContext<String> context, Collector<String> out) {
            out.collect(context.key() + " has " + count.value() + " and is "
                    + context.broadcastState(RULES).get(context.key()));
        }
    }

    private static SubtaskHarness keyedRuled(Mode mode) {
        return new SubtaskHarness(
                mode,
                new OperatorDefinition.KeyedBroadcastProcess<String, String, String, String>(
                        element -> element, Serdes.STRING, List.of(RULES), new KeyedRuled()));
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void keyedStateTimersAndBroadcastStateAreRestoredTogether(Mode mode) {
        SubtaskHarness harness = keyedRuled(mode)
                .element("a", 1)
                .elementOfSecond("a:7", 2)
                .element("a", 3)
                .watermark(4)
                .elementOfSecond("b:8", 5)
                .element("b", 6)
                .watermark(20);
        assertThat(harness.records())
                .containsExactly(
                        new At("a:7 at " + Long.MIN_VALUE, 2),
                        new At("b:8 at 4", 5),
                        new At("a has 2 and is 7", 11),
                        new At("a has 2 and is 7", 13),
                        new At("b has 1 and is 8", 16));
    }

    @Test
    void aBroadcastElementDoesNotSeeTheStateOfTheKeyBeforeIt() {
        SubtaskHarness harness = keyedRuled(Mode.STRAIGHT).element("a", 1);
        assertThatThrownBy(() -> harness.elementOfSecond("count", 2))
                .isInstanceOf(OperatorException.class)
                .hasMessageContaining("used outside of an element or a timer");
    }
}
