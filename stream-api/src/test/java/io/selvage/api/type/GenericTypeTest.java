package io.selvage.api.type;

import static io.selvage.api.type.Written.roundTrip;
import static io.selvage.api.type.Written.travelled;
import static io.selvage.api.type.Written.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Generic records, plain classes and sealed interfaces are written where it is known of what they are. */
class GenericTypeTest {
    record Pair<A, B>(A first, B second) {}

    record Named(String name, Pair<String, Long> count, Pair<Named2, Integer> @Nullable [] more) {}

    record Named2(@Nullable Pair<Pair<Integer, Integer>, Optional<String>> nested) {}

    record PairOfLong(String first, long second) {}

    static class Base<T> {
        @Nullable
        T value;

        @Nullable
        Map<String, T> byName;
    }

    /** A parameter of its own, which is another one of the class above it. */
    static class Holder<E> extends Base<List<E>> {
        @Nullable
        E one;

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Holder<?> holder
                    && Objects.equals(value, holder.value)
                    && Objects.equals(byName, holder.byName)
                    && Objects.equals(one, holder.one);
        }

        @Override
        public int hashCode() {
            return Objects.hash(value, byName, one);
        }
    }

    sealed interface Result<T> permits Done, Failed {}

    record Done<E>(E value) implements Result<E> {}

    record Failed<T>(String reason) implements Result<T> {}

    private static final Serde<Pair<String, Long>> PAIR = Serdes.of(new TypeRef<Pair<String, Long>>() {});

    private static Holder<Integer> holder() {
        Holder<Integer> holder = new Holder<>();
        holder.value = List.of(1, 2);
        holder.byName = Map.of("x", List.of(3));
        holder.one = 4;
        return holder;
    }

    @Test
    void aRecordIsWrittenByTheTypesThatItsParametersStandFor() {
        assertThat(PAIR.schema()).isEqualTo("record " + Pair.class.getName() + "(first:string?,second:i64?)");
        assertThat(written(PAIR, new Pair<>("a", -64L))).containsExactly(1, 1, 'a', 1, 127);
        assertThat(roundTrip(PAIR, new Pair<>("a", 5L))).isEqualTo(new Pair<>("a", 5L));
        assertThat(roundTrip(PAIR, new Pair<@Nullable String, @Nullable Long>(null, null)))
                .isEqualTo(new Pair<@Nullable String, @Nullable Long>(null, null));
    }

    @Test
    @SuppressWarnings({"unchecked", "rawtypes"})
    void aComponentIsWrittenByTheTypeThatTheWholeDeclares() {
        Serde<Named> serde = Serdes.of(Named.class);
        Pair<Named2, Integer> nested =
                new Pair<>(new Named2(new Pair<>(new Pair<>(1, 2), Optional.of("x"))), Integer.MIN_VALUE);
        Named named = new Named("n", new Pair<>("a", 1L << 40), new Pair[] {nested, new Pair<>(new Named2(null), 0)});
        Named back = roundTrip(serde, named);
        assertThat(back.count()).isEqualTo(named.count());
        assertThat(back.more()).isEqualTo(named.more());
    }

    @Test
    void aPlainClassAndWhatItInheritsToo() {
        Serde<Holder<Integer>> serde = Serdes.of(new TypeRef<Holder<Integer>>() {});
        assertThat(serde.schema())
                .isEqualTo("record " + Holder.class.getName()
                        + "(byName:map<string,list<i32>>?,one:i32?,value:list<i32>?)");
        assertThat(roundTrip(serde, holder())).isEqualTo(holder());
        assertThat(roundTrip(serde, new Holder<>())).isEqualTo(new Holder<>());
    }

    @Test
    void whatASealedInterfacePermitsHasTheArgumentsOfTheInterface() {
        Serde<Result<List<Long>>> serde = Serdes.of(new TypeRef<Result<List<Long>>>() {});
        assertThat(serde.schema())
                .isEqualTo("sealed " + Result.class.getName() + "(record " + Done.class.getName()
                        + "(value:list<i64>?),record " + Failed.class.getName() + "(reason:string?))");
        for (Result<List<Long>> result : List.of(new Done<>(List.of(1L)), new Failed<List<Long>>("why"))) {
            assertThat(roundTrip(serde, result)).isEqualTo(result);
        }
    }

    record Batch<E>(E[] all) {}

    @Test
    void anArrayOfAParameterComesBackAsOneOfWhatThatStandsFor() {
        Serde<Batch<String>> serde = Serdes.of(new TypeRef<Batch<String>>() {});
        String[] back = roundTrip(serde, new Batch<>(new String[] {"a", "b"})).all();
        assertThat(back).containsExactly("a", "b");
    }

    private static <T> void travels(Serde<T> serde, T value) throws Exception {
        Serde<T> travelled = travelled(serde);
        assertThat(travelled.schema()).isEqualTo(serde.schema());
        assertThat(roundTrip(travelled, value)).isEqualTo(value);
    }

    @Test
    void itTravelsWithTheJobGraph() throws Exception {
        travels(PAIR, new Pair<>("a", 1L));
        travels(Serdes.list(Serdes.of(new TypeRef<Holder<Integer>>() {})), List.of(holder()));
        travels(Serdes.of(new TypeRef<Result<Pair<Long, Optional<String>>>>() {}), new Done<>(new Pair<>(2L, null)));
        Serde<Pair<List<String>[], Integer[]>> ofArrays = Serdes.of(new TypeRef<Pair<List<String>[], Integer[]>>() {});
        travels(ofArrays, new Pair<>(null, null));
        assertThat(ofArrays.schema()).contains("(first:list<list<string>>?,second:list<i32>?)");
    }

    @Test
    void itChangesAsARecordDoes() {
        Serde<Pair<String, Integer>> then = Serdes.of(new TypeRef<Pair<String, Integer>>() {});
        BinaryReader in = new BinaryReader(written(then, new Pair<>("a", 7)));
        assertThat(PAIR.reader(then.schema()).apply(in)).isEqualTo(new Pair<>("a", 7L));
        assertThatThrownBy(() -> then.reader(PAIR.schema()))
                .isInstanceOf(IncompatibleSchemaException.class)
                .hasMessage("its component second was written as i64 and is now i32");
        Serde<PairOfLong> plain = Serdes.of(PairOfLong.class);
        BinaryReader ofPlain = new BinaryReader(written(plain, new PairOfLong("b", 8)));
        assertThat(PAIR.reader(plain.schema().replace(PairOfLong.class.getName(), Pair.class.getName()))
                        .apply(ofPlain))
                .isEqualTo(new Pair<>("b", 8L));
    }

    @Test
    void itIsAKeyIfWhatItIsOfIs() {
        assertThat(PAIR.isCanonical()).isTrue();
        assertThat(Serdes.of(new TypeRef<Holder<Integer>>() {}).isCanonical())
                .as("it has a map")
                .isFalse();
        assertThat(Serdes.of(new TypeRef<Pair<String, byte[]>>() {}).isCanonical())
                .isFalse();
        assertThat(Serdes.of(new TypeRef<Pair<long[], Long>>() {}).isCanonical())
                .isFalse();
        assertThat(Serdes.of(new TypeRef<Result<Long>>() {}).isCanonical()).isTrue();
        assertThat(Serdes.of(new TypeRef<Result<double[]>>() {}).isCanonical()).isFalse();
    }

    // ---- what has no serde ---------------------------------------------------------------------------------------

    record Node<T>(T value, @Nullable Node<T> next) {}

    record Growing<T>(T value, @Nullable Growing<List<T>> more) {}

    record Raw(@SuppressWarnings("rawtypes") Pair pair) {}

    record Wild(Pair<String, ?> pair) {}

    record OfRaw(@SuppressWarnings("rawtypes") Failed failed, Failed<?> wild) {}

    record Within<T>(Pair<String, Failed<T>> pair, Failed<T>[] all) {}

    record Array<T>(T[] all) {}

    record ListOf<T>(List<T> all) {}

    record Deep(Map<String, Pair<String, Object>> deep) {}

    sealed interface Narrow<T> permits OfLists {}

    record OfLists<E>(E element) implements Narrow<List<E>> {}

    static class Final<T> {
        final T value;

        Final(T value) {
            this.value = value;
        }
    }

    private static void isRefused(java.util.function.Supplier<Serde<?>> serde, String... said) {
        assertThatThrownBy(serde::get)
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContainingAll(said)
                .hasMessageContaining("a Serde");
    }

    private static <T> Serde<?> ofUnknown() {
        return Serdes.of(new TypeRef<Pair<String, List<T>>>() {});
    }

    abstract static class Between<T> extends TypeRef<List<T>> {}

    @Test
    void whatHasNoSerdeIsNamedWithReasonAndRemedy() {
        String pair = Pair.class.getName();
        isRefused(() -> Serdes.of(Pair.class), pair + " is generic", "a method that returns it", "new TypeRef<Pair<");
        isRefused(() -> Serdes.of(Raw.class), "In pair of " + Raw.class.getName(), pair + " is generic");
        isRefused(
                () -> Serdes.of(Wild.class), "In pair of", "The type argument ? of " + pair + "<java.lang.String, ?>");
        isRefused(GenericTypeTest::ofUnknown, "The type argument T of java.util.List<T> is not known");
        isRefused(
                () -> Serdes.of(Deep.class),
                "In deep of",
                "In second of " + pair + "<java.lang.String, java.lang.Object>",
                "java.lang.Object has no serde");
        isRefused(
                () -> Serdes.of(new TypeRef<Node<String>>() {}),
                "In next of",
                "values of its own type",
                "Make it flat");
        isRefused(
                () -> Serdes.of(new TypeRef<Growing<String>>() {}), "In more of", "16 deep in itself", "Make it flat");
        isRefused(() -> Serdes.of(new TypeRef<Final<String>>() {}), "no constructor without parameters");
        isRefused(
                () -> Serdes.of(new TypeRef<Narrow<String>>() {}),
                Narrow.class.getName() + "<java.lang.String>",
                "permits " + OfLists.class.getName(),
                "other type arguments");
        assertThat(Serdes.of(new TypeRef<Narrow<List<String>>>() {}).schema()).contains("element:string?");
        assertThatThrownBy(() -> new Between<String>() {})
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContaining("new TypeRef<Pair<String, Long>>() {}");
    }

    @Test
    void whatAnArrayIsOfIsAskedForWithItsBrackets() {
        isRefused(
                () -> Serdes.of(List[].class),
                "The type java.util.List[] is generic",
                "a method that returns it",
                "new TypeRef<List<...>[]>() {}");
        isRefused(
                () -> Serdes.of(Pair[][].class),
                "The type " + Pair.class.getName() + "[][] is generic",
                "new TypeRef<Pair<...>[][]>() {}");
    }

    private static <T> Serde<?> ofUnknownWithin() {
        return Serdes.of(new TypeRef<Within<T>>() {});
    }

    /** What is of no component needs no serde. */
    @Test
    void anArgumentThatNothingIsOfNeedNotBeKnown() throws Exception {
        String failed = "record " + Failed.class.getName() + "(reason:string?)";
        assertThat(Serdes.of(Failed.class).schema()).isEqualTo(failed);
        assertThat(Serdes.of(new TypeRef<Failed<?>>() {}).schema()).isEqualTo(failed);
        assertThat(Serdes.of(new TypeRef<Failed<Object>>() {}).schema()).isEqualTo(failed);
        String within = "record " + Within.class.getName() + "(pair:record " + Pair.class.getName()
                + "(first:string?,second:" + failed + "?)?,all:list<" + failed + ">?)";
        assertThat(ofUnknownWithin().schema()).isEqualTo(within);
        assertThat(Serdes.of(Within.class).schema()).isEqualTo(within);
        Serde<OfRaw> serde = Serdes.of(OfRaw.class);
        travels(serde, new OfRaw(new Failed<>("a"), new Failed<>("b")));
        travels(Serdes.of(new TypeRef<Pair<Failed<?>, Integer>>() {}), new Pair<>(new Failed<>("c"), 1));
        isRefused(() -> Serdes.of(Array.class), Array.class.getName() + " is generic", "new TypeRef<Array<...>>");
        isRefused(() -> Serdes.of(ListOf.class), ListOf.class.getName() + " is generic", "new TypeRef<ListOf<...>>");
        isRefused(() -> Serdes.of(Holder.class), Holder.class.getName() + " is generic");
        isRefused(() -> Serdes.of(Result.class), Result.class.getName() + " is generic", "new TypeRef<Result<...>>");
    }

    /** Without that, one serde would be composed for each leaf of the tree that the type is. */
    @Test
    void aTypeThatOccursAgainIsComposedOnce() {
        RecordSerde<?> pair =
                (RecordSerde<?>) Serdes.of(new TypeRef<Pair<Pair<Long, Pair<String, Long>>, Pair<String, Long>>>() {});
        Serde<?> first = ofNullable(pair.parts().get(0));
        Serde<?> second = ofNullable(pair.parts().get(1));
        Serde<?> deeper = ofNullable(((RecordSerde<?>) first).parts().get(1));
        assertThat(second.schema()).isEqualTo(PAIR.schema());
        assertThat(deeper).isSameAs(second);
        assertThat(Serdes.of(new TypeRef<Pair<String, Long>>() {}))
                .as("of another composition")
                .isNotSameAs(second);
    }

    private static Serde<?> ofNullable(Serde<?> serde) {
        return ((Serdes.NullableSerde<?>) serde).serde();
    }

    @Test
    void oneTypeIsWithinItselfAsOftenAsItIsWritten() {
        Serde<Pair<Pair<Pair<String, Integer>, Integer>, Pair<String, Integer>>> serde =
                Serdes.of(new TypeRef<Pair<Pair<Pair<String, Integer>, Integer>, Pair<String, Integer>>>() {});
        Pair<Pair<Pair<String, Integer>, Integer>, Pair<String, Integer>> value =
                new Pair<>(new Pair<>(new Pair<>("a", 1), 2), new Pair<>("b", 3));
        assertThat(roundTrip(serde, value)).isEqualTo(value);
    }
}
