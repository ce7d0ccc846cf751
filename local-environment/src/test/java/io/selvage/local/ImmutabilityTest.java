package io.selvage.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.function.Collector;
import io.selvage.api.function.FlatMapFunction;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import io.selvage.connector.memory.ElementSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Elements and values that are changed after they were given away. */
@Timeout(60)
class ImmutabilityTest {
    /** Immutable at first sight: whoever made the list may change it. */
    record Basket(String owner, List<Integer> items) {}

    private static volatile CountDownLatch changed = new CountDownLatch(0);

    /** Emits one basket again and again, with one more item each time. */
    static final class Reusing implements FlatMapFunction<String, Basket> {
        private static final long serialVersionUID = 1L;

        @Override
        public void flatMap(String owner, Collector<Basket> out) {
            Basket basket = new Basket(owner, new ArrayList<>());
            for (int i = 0; i < 4; i++) {
                basket.items().add(i);
                out.collect(basket);
            }
            changed.countDown();
        }
    }

    /** Sums up by changing what it is given. */
    static final class Emptying extends KeyedProcessFunction<String, Basket, Integer> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(Basket basket, Context<String> context, Collector<Integer> out) {
            out.collect(basket.items().size());
            basket.items().clear();
        }
    }

    /** Adds what comes to the list of whoever came before. */
    static final class Mixing extends KeyedProcessFunction<String, String, Integer> {
        private static final long serialVersionUID = 1L;
        private transient ValueState<List<Integer>> seen;
        private transient List<Integer> newest;

        @Override
        public void openState(StateAccess states) {
            seen = states.value(new ValueStateDescriptor<>("seen", Serdes.list(Serdes.of(Integer.class))));
        }

        @Override
        public void process(String element, Context<String> context, Collector<Integer> out) {
            List<Integer> own = seen.value();
            if (newest != null && newest != own) {
                newest.add(-1);
            }
            newest = own == null ? new ArrayList<>() : own;
            newest.add(1); // What was read may be changed while its key is the current one.
            seen.update(newest);
            out.collect(newest.size());
        }
    }

    private static LocalEnvironment.Builder local() {
        return LocalEnvironment.builder().set("selvage.restart.policy", "none");
    }

    private static CollectSink<Integer> reuse(StreamEnvironment env) {
        CollectSink<Integer> sizes = CollectSink.of(Integer.class);
        env.from(ElementSource.of(String.class, "ann"), "owners")
                .flatMap(new Reusing())
                .name("reuse")
                .map(basket -> {
                    changed.await(20, TimeUnit.SECONDS);
                    return basket.items().size();
                })
                .name("count")
                .parallelism(2)
                .sinkTo(sizes, "out");
        return sizes;
    }

    @Test
    void anElementThatIsChangedAfterItWasEmittedIsFoundAndNamed() {
        changed = new CountDownLatch(1);
        try (LocalEnvironment local = local().start()) {
            StreamEnvironment env = local.streams();
            reuse(env);
            assertThatThrownBy(() -> env.execute("reusing"))
                    .isInstanceOf(JobFailedException.class)
                    .hasMessageContainingAll("An element that", "reuse has emitted was changed", "count")
                    .hasMessageContaining("and is Basket[owner=ann, items=[0, 1, 2, 3]] now");
        }
    }

    @Test
    void nothingIsComparedIfThatIsSwitchedOff() {
        changed = new CountDownLatch(1);
        try (LocalEnvironment local =
                local().set("selvage.check.immutability", "false").start()) {
            StreamEnvironment env = local.streams();
            CollectSink<Integer> sizes = reuse(env);
            env.execute("reusing");
            assertThat(sizes.results()).contains(4);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exponential", "none"})
    void anElementThatItsReceiverChangesIsFoundAndNamedAndNotTriedAgain(String restarts) {
        try (LocalEnvironment local = LocalEnvironment.builder()
                .set("selvage.restart.policy", restarts)
                .start()) {
            StreamEnvironment env = local.streams();
            env.from(ElementSource.generate(Basket.class, 3, n -> new Basket("ann", new ArrayList<>(List.of(7)))), "b")
                    .keyBy(Basket::owner)
                    .process(new Emptying())
                    .name("empty")
                    .uid("empty")
                    .sinkTo(CollectSink.of(Integer.class), "out");
            assertThatThrownBy(() -> env.execute("emptying"))
                    .hasMessageContainingAll(
                            "was changed while empty",
                            "had it at hand: it was Basket[owner=ann, items=[7]], and is Basket[owner=ann, items=[]]")
                    .hasMessageNotContaining("It had been restarted");
        }
    }

    @Test
    void aValueThatIsChangedWhileItsKeyIsNotTheCurrentOneIsFoundAndNamed() {
        try (LocalEnvironment local = local().start()) {
            StreamEnvironment env = local.streams();
            env.from(ElementSource.of(String.class, "ann", "ann", "bob", "ann"), "names")
                    .keyBy(name -> name)
                    .process(new Mixing())
                    .name("mix")
                    .uid("mix")
                    .sinkTo(CollectSink.of(Integer.class), "out");
            assertThatThrownBy(() -> env.execute("mixing"))
                    .hasMessageContainingAll(
                            "The state \"seen\" of operator mix was changed while its key ann was not the current one",
                            "it was [1, 1], and is [1, 1, -1] now");
        }
    }

    @Test
    void aValueThatIsChangedWhileItsKeyIsTheCurrentOneIsFine() {
        try (LocalEnvironment local = local().start()) {
            StreamEnvironment env = local.streams();
            CollectSink<Integer> sizes = CollectSink.of(Integer.class);
            env.from(ElementSource.of(String.class, "ann", "ann", "ann"), "names")
                    .keyBy(name -> name)
                    .process(new Mixing())
                    .uid("mix")
                    .sinkTo(sizes, "out");
            env.execute("not mixing");
            assertThat(sizes.results()).containsExactly(1, 2, 3);
        }
    }
}
