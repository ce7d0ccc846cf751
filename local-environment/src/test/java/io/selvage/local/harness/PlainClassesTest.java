package io.selvage.local.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.DataStream;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.connector.memory.ElementSource;
import io.selvage.local.CollectSink;
import io.selvage.local.LocalEnvironment;
import io.selvage.local.harness.OperatorHarnessTest.Way;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Elements, keys and state of plain classes, which nobody has given a serde. */
@Timeout(60)
class PlainClassesTest {
    static class Timed {
        protected long number;
    }

    static class Click extends Timed {
        private @Nullable String user;
        private @Nullable String page;

        static Click of(long number) {
            Click click = new Click();
            click.number = number;
            click.user = number % 7 == 0 ? null : "user-" + number % 7;
            click.page = "page-" + number % 3;
            return click;
        }
    }

    static class Place {
        private @Nullable String user;
        private @Nullable String page;

        static Place of(Click click) {
            Place place = new Place();
            place.user = click.user;
            place.page = click.page;
            return place;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Place place && Objects.equals(user, place.user) && Objects.equals(page, place.page);
        }

        @Override
        public int hashCode() {
            return Objects.hash(user, page);
        }

        @Override
        public String toString() {
            return user + " at " + page;
        }
    }

    /** In state; it changes while its key is the current one. */
    static class Visits {
        private int count;
        private @Nullable Place place;
        private List<Long> numbers = new ArrayList<>();
    }

    static final class Counting extends KeyedProcessFunction<Place, Click, String> {
        private static final long serialVersionUID = 1L;
        private transient ValueState<Visits> visits;

        @Override
        public void openState(StateAccess states) {
            visits = states.value(new ValueStateDescriptor<>("visits", Visits.class));
        }

        @Override
        public void process(Click click, Context<Place> context, Collector<String> out) {
            Visits own = visits.value();
            if (own == null) {
                own = new Visits();
                own.place = context.key();
            }
            own.count++;
            own.numbers.add(click.number);
            visits.update(own);
            out.collect(own.place + ": " + own.count + " " + own.numbers);
        }
    }

    private static DataStream<String> counted(DataStream<Click> clicks) {
        return clicks.keyBy(Place::of).process(new Counting()).uid("counting");
    }

    private static List<String> oracle(int elements) {
        Map<Place, List<Long>> visits = new HashMap<>();
        List<String> all = new ArrayList<>();
        for (long number = 0; number < elements; number++) {
            Place place = Place.of(Click.of(number));
            List<Long> own = visits.computeIfAbsent(place, each -> new ArrayList<>());
            own.add(number);
            all.add(place + ": " + own.size() + " " + own);
        }
        return all;
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void theyAreElementsKeysAndStateWithoutAWordAboutTheirTypes(Way way) {
        try (OperatorHarness<Click, String> harness = way.apply(
                        OperatorHarness.of(Click.class, PlainClassesTest::counted))
                .open()) {
            for (long number = 0; number < 80; number++) {
                harness.element(Click.of(number));
            }
            assertThat(harness.take()).containsExactlyElementsOf(oracle(80));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"heap", "rocksdb"})
    void aJobOfThemGivesWhatAnOracleGives(String backend) {
        try (LocalEnvironment local = LocalEnvironment.builder()
                .parallelism(3)
                .set("selvage.state.backend", backend)
                .set("selvage.checkpoint.interval", "20ms")
                .start()) {
            CollectSink<String> results = CollectSink.of(String.class);
            StreamEnvironment env = local.streams();
            counted(env.from(ElementSource.generate(Click.class, 2_000, Click::of), "clicks"))
                    .sinkTo(results, "out");
            env.execute("plain classes");
            assertThat(results.results()).containsExactlyInAnyOrderElementsOf(oracle(2_000));
        }
    }

    static class Uncompared {
        private @Nullable String user;

        static Uncompared of(Click click) {
            Uncompared key = new Uncompared();
            key.user = click.user;
            return key;
        }
    }

    @Test
    void aKeyThatIsNotComparedByItsFieldsIsRefusedWithTheRemedy() {
        assertThatThrownBy(() -> OperatorHarness.<Click, Click>of(Click.class, clicks -> {
                            clicks.keyBy(Uncompared::of);
                            return clicks;
                        })
                        .open())
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContainingAll("In keyBy after", Uncompared.class.getName(), "needs equals and hashCode");
    }
}
