package io.selvage.api.type;

import static io.selvage.api.type.Written.roundTrip;
import static io.selvage.api.type.Written.travelled;
import static io.selvage.api.type.Written.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.state.MapStateDescriptor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SerdesTest {
    enum Colour {
        RED,
        GREEN
    }

    record Point(int x, int y) {}

    record Everything(
            boolean flag,
            byte tiny,
            short small,
            char letter,
            int number,
            long big,
            float ratio,
            double exact,
            @Nullable String text,
            @Nullable Integer boxed,
            BigDecimal decimal,
            Colour colour,
            Instant instant,
            Duration duration,
            LocalDate date,
            LocalDateTime time,
            BigInteger integer,
            UUID id,
            LocalTime clock,
            OffsetDateTime abroad,
            Point point,
            List<Point> points,
            Map<String, List<Long>> index,
            Optional<Point> maybe,
            @Nullable Optional<List<String>> words,
            OptionalInt few,
            OptionalLong many,
            OptionalDouble part) {}

    record Empty() {}

    record Reversed(long second, int first) {}

    private static Everything everything(Random random) {
        return new Everything(
                random.nextBoolean(),
                (byte) random.nextInt(),
                (short) random.nextInt(),
                (char) random.nextInt(),
                random.nextInt(),
                random.nextLong(),
                random.nextFloat(),
                random.nextDouble(),
                random.nextBoolean() ? null : "grüße " + random.nextInt() + " \uD83E\uDDF5",
                random.nextBoolean() ? null : random.nextInt(),
                BigDecimal.valueOf(random.nextLong(), random.nextInt(-20, 20)),
                Colour.values()[random.nextInt(2)],
                Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000)),
                Duration.ofNanos(random.nextLong()),
                LocalDate.ofEpochDay(random.nextInt(1_000_000)),
                LocalDateTime.of(2001, 1, 1, 0, 0).plusNanos(random.nextLong() >>> 10),
                BigInteger.valueOf(random.nextLong()).pow(3),
                new UUID(random.nextLong(), random.nextLong()),
                LocalTime.ofSecondOfDay(random.nextInt(86_400)),
                OffsetDateTime.of(2001, 1, 1, 0, 0, 0, random.nextInt(1_000_000_000), ZoneOffset.ofHours(-5)),
                new Point(random.nextInt(), -random.nextInt(100)),
                List.of(new Point(1, 2), new Point(random.nextInt(), 4)),
                Map.of("a", List.of(random.nextLong()), "", List.of()),
                random.nextBoolean() ? Optional.empty() : Optional.of(new Point(1, 2)),
                random.nextBoolean() ? null : Optional.of(List.of("x")),
                random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt()),
                random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(random.nextLong()),
                random.nextBoolean() ? OptionalDouble.empty() : OptionalDouble.of(random.nextDouble()));
    }

    @Test
    void aRunIsAsIfItsLengthHadBeenKnownBefore() {
        for (int length : new int[] {0, 1, 127, 128, 300, 16_383, 16_384, 3_000_000}) {
            byte[] content = new byte[length];
            Arrays.fill(content, (byte) 7);
            BinaryWriter expected = new BinaryWriter();
            expected.writeByte(1);
            expected.writeByteArray(content);
            expected.writeByte(2);
            BinaryWriter run = new BinaryWriter();
            run.writeByte(1);
            int start = run.beginRun();
            run.writeBytes(content, 0, length);
            int moved = run.endRun(start);
            run.writeByte(2);
            assertThat(run.toByteArray()).isEqualTo(expected.toByteArray());
            assertThat(moved + length).isEqualTo(run.length() - 1);
        }
    }

    @Test
    void writesAndReadsEveryBuiltInType() {
        Serde<Everything> serde = Serdes.of(Everything.class);
        Random random = new Random(7);
        for (int i = 0; i < 1_000; i++) {
            Everything value = everything(random);
            assertThat(roundTrip(serde, value)).isEqualTo(value);
        }
        assertThat(roundTrip(Serdes.of(Empty.class), new Empty())).isEqualTo(new Empty());
    }

    @Test
    void variableLengthNumbersKeepTheirEnds() {
        for (long value : new long[] {0, -1, 63, -64, 64, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE}) {
            assertThat(roundTrip(Serdes.LONG, value)).isEqualTo(value);
            assertThat(roundTrip(Serdes.INTEGER, (int) value)).isEqualTo((int) value);
        }
        BinaryWriter out = new BinaryWriter();
        out.writeVarInt(-64);
        assertThat(out.length()).isEqualTo(1);
    }

    @Test
    void stringsOfAnyLengthAndScriptComeBack() {
        for (int length : new int[] {0, 1, 127, 128, 16_383, 16_384, 70_000}) {
            for (String unit : new String[] {"a", "é", "\uD83E\uDDF5"}) {
                String text = unit.repeat(length);
                assertThat(roundTrip(Serdes.STRING, text)).isEqualTo(text);
            }
        }
        String mixed = "a".repeat(200) + "é";
        assertThat(roundTrip(Serdes.STRING, mixed)).isEqualTo(mixed);
    }

    @Test
    void recordIsWrittenInTheOrderOfItsComponents() {
        BinaryWriter out = new BinaryWriter();
        Serdes.of(Reversed.class).write(new Reversed(3, 1), out);
        assertThat(out.toByteArray()).containsExactly(6, 2);
        assertThat(Serdes.of(Reversed.class).schema())
                .isEqualTo("record " + Reversed.class.getName() + "(second:i64,first:i32)");
    }

    private static <T> void travels(Serde<T> serde, T value) throws Exception {
        assertThat(roundTrip(travelled(serde), value)).isEqualTo(value);
    }

    @Test
    void serdesTravelWithTheJobGraph() throws Exception {
        travels(
                Serdes.list(Serdes.of(Everything.class)),
                List.of(everything(new Random(1)), everything(new Random(2))));
        travels(Serdes.of(Point[].class), new Point[] {new Point(1, 2)});
        travels(Serdes.of(int[][].class), new int[][] {{1}, {}});
        travels(Serdes.of(double[].class), new double[] {1, -2.5});
        travels(Serdes.optional(Serdes.of(Point.class)), Optional.of(new Point(1, 2)));
        travels(Serdes.of(OptionalDouble.class), OptionalDouble.of(0.5));
    }

    sealed interface Place permits Cells, Spot {}

    record Cells(String sheet, long @Nullable [] cells) implements Place {}

    record Spot(int number) implements Place {}

    record Areas(List<Optional<Place>> all) {}

    /** Says itself what is equal. */
    record Sum(byte[] bytes) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Sum sum && Arrays.equals(bytes, sum.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }
    }

    private static void refusesArrays(ThrowingCallable use, String... said) {
        assertThatThrownBy(use)
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContainingAll(said)
                .hasMessageContaining("none is found again")
                .hasMessageContaining("Take a List");
    }

    @Test
    void arraysAreNoKeysOfMapsNorElementsOfSets() {
        Serde<long[]> array = Serdes.of(long[].class);
        refusesArrays(() -> Serdes.map(array, Serdes.LONG), "Arrays can't be keys of a map:");
        refusesArrays(() -> Serdes.set(Serdes.of(String[].class)), "Arrays can't be elements of a set:");
        refusesArrays(() -> Serdes.set(Serdes.BYTES), "Arrays can't be elements of a set:");
        refusesArrays(() -> new MapStateDescriptor<>("m", long[].class, Long.class), "In the state m: Arrays can't");
    }

    @Test
    void norAreTheyWithinThose() {
        String cells = "record " + Cells.class.getName() + "(sheet:string?,cells:list<i64>?)";
        refusesArrays(
                () -> new MapStateDescriptor<>("m", Cells.class, Long.class),
                "In the state m: Arrays can't be within keys of a map, as in " + cells);
        refusesArrays(
                () -> Serdes.set(Serdes.of(Areas.class)), "Arrays can't be within elements of a set, as in " + cells);
        refusesArrays(() -> Serdes.of(new TypeRef<Map<List<byte[]>, Long>>() {}), "as in list<bytes>");
        refusesArrays(() -> Serdes.of(new TypeRef<Set<Map<String, int[]>>>() {}), "as in map<string,list<i32>>");
        refusesArrays(() -> Serdes.of(new TypeRef<Set<Optional<int[][]>>>() {}), "as in list<list<i32>>?");
        Serde<Map<Sum, Long>> compared = Serdes.of(new TypeRef<Map<Sum, Long>>() {});
        Map<Sum, Long> sums = Map.of(new Sum(new byte[] {1, 2}), 3L);
        assertThat(roundTrip(compared, sums)).isEqualTo(sums);
        Serde<Map<List<Point>, Cells>> ofValues = Serdes.of(new TypeRef<Map<List<Point>, Cells>>() {});
        assertThat(ofValues.schema()).as("values may hold them").contains(cells);
        assertThat(new MapStateDescriptor<>("m", Serdes.of(new TypeRef<Set<Point>>() {}), ofValues).name())
                .isEqualTo("m");
    }

    private static <A, E> void isAsAList(A array, Serde<E> element, List<E> list) {
        @SuppressWarnings("unchecked")
        Serde<A> serde = Serdes.of((Class<A>) array.getClass());
        Serde<List<E>> ofList = Serdes.list(element);
        assertThat(serde.schema()).isEqualTo(ofList.schema());
        assertThat(written(serde, array)).isEqualTo(written(ofList, list));
        A back = roundTrip(serde, array);
        assertThat(back).isEqualTo(array).hasSameClassAs(array);
    }

    @Test
    void arraysAreWrittenAsListsOfTheirElements() {
        isAsAList(new boolean[] {true, false}, Serdes.BOOLEAN, List.of(true, false));
        isAsAList(new short[] {-1, 300}, Serdes.SHORT, List.of((short) -1, (short) 300));
        isAsAList(new char[] {'a', 'ß'}, Serdes.CHARACTER, List.of('a', 'ß'));
        isAsAList(new int[] {1, Integer.MIN_VALUE}, Serdes.INTEGER, List.of(1, Integer.MIN_VALUE));
        isAsAList(new long[] {}, Serdes.LONG, List.of());
        isAsAList(new long[] {1L << 60, -3}, Serdes.LONG, List.of(1L << 60, -3L));
        isAsAList(new float[] {1.5f, Float.NaN}, Serdes.FLOAT, List.of(1.5f, Float.NaN));
        isAsAList(new double[] {-0.0, 2}, Serdes.DOUBLE, List.of(-0.0, 2.0));
        isAsAList(new Byte[] {1, 2}, Serdes.BYTE, List.of((byte) 1, (byte) 2));
        isAsAList(new String[] {"", "grüße"}, Serdes.STRING, List.of("", "grüße"));
        isAsAList(new byte[][] {{1}, {}}, Serdes.BYTES, List.of(new byte[] {1}, new byte[0]));
        isAsAList(new Point[] {new Point(1, 2)}, Serdes.of(Point.class), List.of(new Point(1, 2)));
        isAsAList(
                new Point[][] {{new Point(1, 2)}, {}},
                Serdes.list(Serdes.of(Point.class)),
                List.of(List.of(new Point(1, 2)), List.of()));
        assertThat(written(Serdes.BYTES, new byte[300]))
                .as("the oldest array has a word of its own")
                .isEqualTo(written(Serdes.list(Serdes.BYTE), Collections.nCopies(300, (byte) 0)));
    }

    record Lists(List<String>[] all, Optional<int[]> maybe, String @Nullable [] names) {}

    @Test
    @SuppressWarnings({"unchecked", "rawtypes"})
    void arraysAreComponentsAlsoOfWhatIsGeneric() {
        Serde<Lists> serde = Serdes.of(Lists.class);
        assertThat(serde.schema())
                .isEqualTo("record " + Lists.class.getName()
                        + "(all:list<list<string>>?,maybe:list<i32>??,names:list<string>?)");
        Lists lists = new Lists(new List[] {List.of("a"), List.of()}, Optional.of(new int[] {5}), null);
        Lists back = roundTrip(serde, lists);
        assertThat(back.all()).isEqualTo(lists.all());
        assertThat(back.maybe().orElseThrow()).containsExactly(5);
        assertThat(back.names()).isNull();
    }

    @Test
    void anOptionalIsWrittenAsWhatMayBeNull() {
        Serde<Optional<String>> serde = Serdes.optional(Serdes.STRING);
        assertThat(serde.schema()).isEqualTo(Serdes.nullable(Serdes.STRING).schema());
        for (String text : new String[] {"", "x"}) {
            assertThat(written(serde, Optional.of(text))).isEqualTo(written(Serdes.nullable(Serdes.STRING), text));
        }
        assertThat(written(serde, Optional.empty())).containsExactly(0);
        assertThat(Serdes.of(OptionalInt.class).schema()).isEqualTo("i32?");
        assertThat(written(Serdes.of(OptionalInt.class), OptionalInt.of(-64))).containsExactly(1, 127);
        assertThat(Serdes.of(OptionalLong.class).schema()).isEqualTo("i64?");
        assertThat(written(Serdes.of(OptionalLong.class), OptionalLong.of(-64))).containsExactly(1, 127);
        assertThat(Serdes.of(OptionalDouble.class).schema()).isEqualTo("f64?");
        assertThatThrownBy(() -> written(serde, null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void setsAndMapsAreNoKeys() {
        assertThat(Serdes.set(Serdes.STRING).isCanonical()).isFalse();
        assertThat(Serdes.map(Serdes.STRING, Serdes.LONG).isCanonical()).isFalse();
        assertThat(Serdes.list(Serdes.STRING).isCanonical()).isTrue();
        assertThat(Serdes.of(Everything.class).isCanonical()).isFalse();
        assertThat(Serdes.of(Point.class).isCanonical()).isTrue();
        assertThat(roundTrip(Serdes.set(Serdes.LONG), Set.of(1L, 2L))).isEqualTo(Set.of(1L, 2L));
        assertThat(roundTrip(Serdes.map(Serdes.STRING, Serdes.LONG), new HashMap<>(Map.of("k", 1L))))
                .isEqualTo(Map.of("k", 1L));
    }

    record Digest(byte[] bytes) {}

    record Row(long[] cells) {}

    record Sparse(Optional<String> name, OptionalLong count) {}

    @Test
    void arraysAreNoKeysButForBytesByThemselves() {
        assertThat(Serdes.BYTES.isCanonical()).isTrue();
        for (Class<?> type : List.of(int[].class, double[].class, String[].class, byte[][].class, Row.class)) {
            assertThat(Serdes.of(type).isCanonical()).as(type.getName()).isFalse();
        }
        assertThat(Serdes.list(Serdes.of(long[].class)).isCanonical()).isFalse();
        assertThat(Serdes.optional(Serdes.BYTES).isCanonical()).isFalse();
        assertThat(Serdes.optional(Serdes.of(int[].class)).isCanonical()).isFalse();
        assertThat(Serdes.of(Sparse.class).isCanonical()).isTrue();
        assertThat(Serdes.of(Digest.class).isCanonical()).isFalse();
        assertThat(Serdes.list(Serdes.BYTES).isCanonical()).isFalse();
    }

    @Test
    void unsupportedTypeIsNamedWithTheRemedy() {
        assertThatThrownBy(() -> Serdes.of(StringBuilder.class))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContaining("java.lang.StringBuilder")
                .hasMessageContaining("Make it a record");
        assertThatThrownBy(() -> Serdes.of(Optional.class)).hasMessageContaining("is generic");
    }

    @Test
    void truncatedBytesAreRefused() {
        BinaryWriter out = new BinaryWriter();
        Serdes.STRING.write("selvage", out);
        assertThatThrownBy(() -> Serdes.STRING.read(new BinaryReader(out.array(), 0, 4)))
                .isInstanceOf(CorruptDataException.class);
        assertThatThrownBy(() -> new BinaryReader(new byte[] {-1, -1, -1, -1, -1, -1}).readUnsignedVarInt())
                .isInstanceOf(CorruptDataException.class);
    }
}
