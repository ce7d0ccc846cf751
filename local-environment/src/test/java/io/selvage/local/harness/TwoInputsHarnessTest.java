package io.selvage.local.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.DataStream;
import io.selvage.api.function.BroadcastProcessFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.local.harness.OperatorHarnessTest.Way;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TwoInputsHarnessTest {
    record Order(long id, String item) {}

    record Payment(long order, long cents) {}

    private static final MapStateDescriptor<String, Long> LIMITS =
            new MapStateDescriptor<>("limits", String.class, Long.class);

    /** Says of each order when it is paid, or that it is not in time. */
    static final class Paid extends KeyedCoProcessFunction<Long, Order, Payment, String> {
        private static final long serialVersionUID = 1L;
        private transient ValueState<Order> waiting;

        @Override
        public void openState(StateAccess states) {
            waiting = states.value(new ValueStateDescriptor<>("waiting", Order.class));
        }

        @Override
        public void process1(Order order, Context<Long> context, Collector<String> out) {
            waiting.update(order);
            context.registerEventTimeTimer(context.timestampMillis() + 100);
        }

        @Override
        public void process2(Payment payment, Context<Long> context, Collector<String> out) {
            Order order = waiting.value();
            out.collect((order == null ? "nothing" : order.item()) + " for " + payment.cents());
            waiting.clear();
        }

        @Override
        public void onTimer(long timestampMillis, OnTimerContext<Long> context, Collector<String> out) {
            Order order = waiting.value();
            if (order != null) {
                out.collect(order.item() + " unpaid");
            }
        }
    }

    static final class Limit extends BroadcastProcessFunction<String, Long, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String element, ReadOnlyContext context, Collector<String> out) {
            Long limit = context.broadcastState(LIMITS).get("all");
            if (limit == null || element.length() <= limit) {
                out.collect(element);
            }
        }

        @Override
        public void processBroadcast(Long limit, Context context, Collector<String> out) {
            context.broadcastState(LIMITS).put("all", limit);
        }
    }

    static final class Pair extends ProcessJoinFunction<Order, Payment, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(Order order, Payment payment, Context context, Collector<String> out) {
            out.collect(order.item() + " for " + payment.cents());
        }
    }

    private static DataStream<String> paid(DataStream<Order> orders, DataStream<Payment> payments) {
        return orders.keyBy(Order::id)
                .connect(payments.keyBy(Payment::order))
                .process(new Paid())
                .uid("paid")
                .filter(text -> !text.startsWith("nothing"));
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void elementsOfBothInputsShareStateTimersAndTime(Way way) {
        try (OperatorHarness<Order, String> harness = way.apply(
                        OperatorHarness.of(Order.class, Payment.class, TwoInputsHarnessTest::paid))
                .open()) {
            harness.element(new Order(1, "book"), 10).element(new Order(2, "pen"), 20);
            harness.elementOfSecond(new Payment(1, 500), 30).elementOfSecond(new Payment(3, 1), 40);
            assertThat(harness.takeEmitted()).containsExactly(new Emitted<>("book for 500", 30));
            assertThat(harness.watermark(119).take()).isEmpty();
            assertThat(harness.watermark(120).take()).containsExactly("pen unpaid");
        }
    }

    @Test
    void bothAreRestoredAtAnotherParallelism() {
        try (OperatorHarness<Order, String> harness = OperatorHarness.of(
                        Order.class, Payment.class, TwoInputsHarnessTest::paid)
                .parallelism(2)
                .open()) {
            IntStream.range(0, 20).forEach(id -> harness.element(new Order(id, "item " + id), id));
            harness.restore(harness.snapshot(), 3);
            IntStream.range(0, 20).forEach(id -> harness.elementOfSecond(new Payment(id, 7), id));
            assertThat(harness.take())
                    .containsExactlyElementsOf(IntStream.range(0, 20)
                            .mapToObj(id -> "item " + id + " for 7")
                            .toList());
        }
    }

    @Test
    void whatIsBroadcastComesToEverySubtask() {
        try (OperatorHarness<String, String> harness = OperatorHarness.<String, Long, String>of(
                        String.class,
                        Long.class,
                        (elements, limits) -> elements.connect(limits.broadcast(LIMITS))
                                .process(new Limit())
                                .uid("limit"))
                .parallelism(3)
                .open()) {
            List.of("a", "aaaa", "aaa", "aaaa").forEach(harness::element);
            assertThat(harness.take()).hasSize(4);
            harness.elementOfSecond(3L);
            List.of("a", "aaaa", "aaa", "aaaa").forEach(harness::element);
            assertThat(harness.take()).containsExactly("a", "aaa");
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void anIntervalJoinIsAStepOfBoth(Way way) {
        try (OperatorHarness<Order, String> harness = way.apply(OperatorHarness.<Order, Payment, String>of(
                        Order.class,
                        Payment.class,
                        (orders, payments) -> orders.keyBy(Order::id)
                                .intervalJoin(payments.keyBy(Payment::order))
                                .between(Duration.ZERO, Duration.ofMillis(10))
                                .process(new Pair())
                                .uid("pairs")))
                .open()) {
            harness.element(new Order(1, "book"), 10);
            harness.elementOfSecond(new Payment(1, 5), 20).elementOfSecond(new Payment(1, 6), 21);
            assertThat(harness.take()).containsExactly("book for 5");
        }
    }

    @Test
    void streamsInTheOtherOrderAreRefusedWithTheRemedy() {
        assertThatThrownBy(() -> OperatorHarness.<Payment, Order, String>of(
                                Payment.class, Order.class, (payments, orders) -> paid(orders, payments))
                        .open())
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContainingAll("second stream as its first input", "comes first");
    }

    @Test
    void stepsThatDoNotBeginWithOneOfBothAreRefusedWithTheRemedy() {
        assertThatThrownBy(() -> OperatorHarness.<Order, Payment, String>of(
                                Order.class,
                                Payment.class,
                                (orders, payments) -> paid(orders.filter(order -> order.id() > 0), payments))
                        .open())
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContainingAll("filter", "Test what is before it by itself");
        try (OperatorHarness<String, Integer> one = OperatorHarness.<String, Integer>of(
                        String.class, words -> words.map(String::length))
                .open()) {
            assertThatThrownBy(() -> one.elementOfSecond("x"))
                    .isInstanceOf(InvalidProgramException.class)
                    .hasMessageContaining("one input");
        }
    }
}
