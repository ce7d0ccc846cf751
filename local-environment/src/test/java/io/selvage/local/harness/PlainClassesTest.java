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
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.connector.memory.ElementSource;
import io.selvage.local.CollectSink;
import io.selvage.local.LocalEnvironment;
import io.selvage.local.harness.OperatorHarnessTest.Way;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
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

    // ---- versions of a program -----------------------------------------------------------------------------------

    /** What was in state, first of a record, then of a class, then of a class that has more, less and other types. */
    record Account(String owner, int cents, List<Place> seen) {}

    static class Account2 {
        List<Place> seen = List.of();
        int cents;
        String owner = "";
    }

    static class Dated {
        String since = "ever";
    }

    static class Account3 extends Dated {
        String owner = "";
        long cents;
    }

    /** Of types that have one name in all versions. */
    private record OneName<T>(Serde<T> serde, String name) implements Serde<T> {
        static <T> OneName<T> of(Class<T> type) {
            return new OneName<>(Serdes.of(type), type.getName());
        }

        @Override
        public void write(T value, BinaryWriter out) {
            serde.write(value, out);
        }

        @Override
        public T read(BinaryReader in) {
            return serde.read(in);
        }

        @Override
        public String schema() {
            return serde.schema().replace(name + "(", "Account(");
        }

        @Override
        public Function<BinaryReader, T> reader(String written) {
            return serde.reader(written.replace("Account(", name + "("));
        }
    }

    private interface Step<T> extends java.io.Serializable {
        T next(@Nullable T before, Click click);
    }

    /** Keeps an account for each user, as a version of the program has it. */
    static final class Keeping<T> extends KeyedProcessFunction<String, Click, T> {
        private static final long serialVersionUID = 1L;
        private final Serde<T> serde;
        private final Step<T> step;
        private transient ValueState<T> account;

        Keeping(Serde<T> serde, Step<T> step) {
            this.serde = serde;
            this.step = step;
        }

        @Override
        public void openState(StateAccess states) {
            account = states.value(new ValueStateDescriptor<>("account", serde));
        }

        @Override
        public void process(Click click, Context<String> context, Collector<T> out) {
            T next = step.next(account.value(), click);
            account.update(next);
            out.collect(next);
        }
    }

    private static <T> OperatorHarness<Click, T> version(
            Way way, Class<T> type, Step<T> step, @Nullable Snapshot from) {
        Serde<T> serde = OneName.of(type);
        OperatorHarness.Builder<Click, T> builder = way.apply(OperatorHarness.<Click, T>of(
                Click.class,
                clicks -> clicks.keyBy(click -> click.page + "")
                        .process(new Keeping<>(serde, step), serde)
                        .uid("keeping")));
        return (from == null ? builder : builder.from(from)).open();
    }

    @ParameterizedTest
    @EnumSource(names = {"PLAIN", "ON_DISK", "RESTORED"})
    void stateOfARecordIsThatOfAClassInTheNextVersionAndOfAnotherInTheOneAfter(Way way) {
        Snapshot first;
        try (OperatorHarness<Click, Account> harness = version(
                way,
                Account.class,
                (before, click) -> new Account(click.page + "", 1 + (int) click.number, List.of(Place.of(click))),
                null)) {
            first = harness.element(Click.of(1)).element(Click.of(2)).snapshot();
        }
        Snapshot second;
        try (OperatorHarness<Click, Account2> harness = version(
                way,
                Account2.class,
                (before, click) -> {
                    Account2 now = Objects.requireNonNull(before);
                    now.cents += 10;
                    return now;
                },
                first)) {
            Account2 read = harness.element(Click.of(4)).take().get(0);
            assertThat(read.owner).isEqualTo("page-1");
            assertThat(read.cents).isEqualTo(12);
            assertThat(read.seen).containsExactly(Place.of(Click.of(1)));
            second = harness.snapshot();
        }
        // One has been written by the class, and one by the record.
        try (OperatorHarness<Click, Account3> harness = version(
                way,
                Account3.class,
                (before, click) -> {
                    Account3 now = Objects.requireNonNull(before);
                    now.cents += 1L << 40;
                    return now;
                },
                second)) {
            List<Account3> read =
                    harness.element(Click.of(4)).element(Click.of(5)).take();
            assertThat(read).extracting(account -> account.owner).containsExactly("page-1", "page-2");
            assertThat(read).extracting(account -> account.cents).containsExactly((1L << 40) + 12, (1L << 40) + 3);
            assertThat(read).extracting(account -> account.since).containsOnly("ever");
        }
    }
}
