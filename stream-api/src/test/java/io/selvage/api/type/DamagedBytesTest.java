package io.selvage.api.type;

import static io.selvage.api.type.Written.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Damaged bytes are refused with one kind of error, or are what some other value is written as: of any built-in. */
class DamagedBytesTest {
    private static final long SEED = 20261127;

    enum Colour {
        RED,
        GREEN
    }

    record Inner(boolean flag, byte tiny, short small, char letter, int number, long big, float ratio, double exact) {}

    record Outer(@Nullable String text, @Nullable Inner inner, List<Inner> all, Colour colour, Nothing nothing) {}

    record Nothing() {}

    static class Bean {
        private @Nullable Inner inner;
        private @Nullable BigInteger number;
        private long count;

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Bean bean
                    && count == bean.count
                    && Objects.equals(inner, bean.inner)
                    && Objects.equals(number, bean.number);
        }

        @Override
        public int hashCode() {
            return Objects.hash(inner, number, count);
        }
    }

    record Percent(int value) {
        Percent {
            if (value < 0 || value > 100) {
                throw new IllegalArgumentException("no percentage: " + value);
            }
        }
    }

    record Packed(
            int @Nullable [] numbers, double[] exact, Started[] all, Optional<BigInteger> maybe, OptionalLong big) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Packed packed
                    && Arrays.equals(numbers, packed.numbers)
                    && Arrays.equals(exact, packed.exact)
                    && Arrays.equals(all, packed.all)
                    && maybe.equals(packed.maybe)
                    && big.equals(packed.big);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(numbers);
        }
    }

    record Pair<A, B>(A first, B second) {}

    sealed interface Event permits Started, Stopped {}

    record Started(String name, Instant at) implements Event {}

    record Stopped() implements Event {}

    private record Sort<T>(Serde<T> serde, Function<Random, T> values) {}

    private static final List<Sort<?>> SORTS = List.of(
            new Sort<>(Serdes.BOOLEAN, Random::nextBoolean),
            new Sort<>(Serdes.BYTE, random -> (byte) random.nextInt()),
            new Sort<>(Serdes.SHORT, random -> (short) random.nextInt()),
            new Sort<>(Serdes.CHARACTER, random -> (char) random.nextInt()),
            new Sort<>(Serdes.INTEGER, random -> random.nextInt() >> random.nextInt(32)),
            new Sort<>(Serdes.LONG, random -> random.nextLong() >> random.nextInt(64)),
            new Sort<>(Serdes.FLOAT, random -> Float.intBitsToFloat(random.nextInt())),
            new Sort<>(Serdes.DOUBLE, DamagedBytesTest::real),
            new Sort<>(Serdes.STRING, DamagedBytesTest::text),
            new Sort<>(Serdes.DECIMAL, DamagedBytesTest::decimal),
            new Sort<>(Serdes.BIG_INTEGER, DamagedBytesTest::integer),
            new Sort<>(Serdes.UNIQUE_ID, random -> new UUID(random.nextLong(), random.nextLong())),
            new Sort<>(Serdes.INSTANT, DamagedBytesTest::instant),
            new Sort<>(Serdes.DURATION, random -> Duration.ofSeconds(random.nextLong(), random.nextInt(1_000_000_000))),
            new Sort<>(Serdes.LOCAL_DATE, DamagedBytesTest::date),
            new Sort<>(Serdes.LOCAL_TIME, DamagedBytesTest::time),
            new Sort<>(Serdes.LOCAL_DATE_TIME, random -> date(random).atTime(time(random))),
            new Sort<>(Serdes.OFFSET_DATE_TIME, DamagedBytesTest::offsetTime),
            new Sort<>(Serdes.of(Colour.class), random -> Colour.values()[random.nextInt(2)]),
            new Sort<>(Serdes.of(Outer.class), DamagedBytesTest::outer),
            new Sort<>(Serdes.of(Bean.class), DamagedBytesTest::bean),
            new Sort<>(Serdes.of(Percent.class), random -> new Percent(random.nextInt(101))),
            new Sort<>(
                    Serdes.of(Event.class),
                    random -> random.nextBoolean() ? new Stopped() : new Started(text(random), instant(random))),
            new Sort<>(Serdes.of(Packed.class), DamagedBytesTest::packed),
            new Sort<>(
                    Serdes.of(new TypeRef<Pair<Optional<String>, Pair<BigInteger, OptionalLong>>>() {}),
                    random -> new Pair<>(
                            random.nextBoolean() ? Optional.empty() : Optional.of(text(random)),
                            new Pair<>(integer(random), OptionalLong.of(random.nextLong())))),
            array(boolean[].class, Random::nextBoolean),
            array(byte[].class, random -> (byte) random.nextInt()),
            array(short[].class, random -> (short) random.nextInt()),
            array(char[].class, random -> (char) random.nextInt()),
            array(int[].class, random -> random.nextInt() >> random.nextInt(32)),
            array(long[].class, random -> random.nextLong() >> random.nextInt(64)),
            array(float[].class, random -> Float.intBitsToFloat(random.nextInt())),
            array(double[].class, DamagedBytesTest::real),
            array(String[].class, DamagedBytesTest::text),
            array(Long[].class, Random::nextLong),
            array(int[][].class, random -> new int[random.nextInt(3)]),
            array(byte[][].class, random -> new byte[random.nextInt(3)]),
            array(Nothing[].class, random -> new Nothing()),
            new Sort<>(
                    Serdes.optional(Serdes.DECIMAL),
                    random -> random.nextBoolean() ? Optional.empty() : Optional.of(decimal(random))),
            new Sort<>(
                    Serdes.of(OptionalInt.class),
                    random -> random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt())),
            new Sort<>(
                    Serdes.of(OptionalLong.class),
                    random -> random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(random.nextLong())),
            new Sort<>(
                    Serdes.of(OptionalDouble.class),
                    random -> random.nextBoolean() ? OptionalDouble.empty() : OptionalDouble.of(real(random))),
            new Sort<>(Serdes.list(Serdes.DECIMAL), random -> some(random, DamagedBytesTest::decimal)),
            new Sort<>(Serdes.list(Serdes.of(Nothing.class)), random -> some(random, r -> new Nothing())),
            new Sort<>(Serdes.set(Serdes.STRING), random -> new LinkedHashSet<>(some(random, DamagedBytesTest::text))),
            new Sort<>(Serdes.map(Serdes.STRING, Serdes.list(Serdes.DOUBLE)), DamagedBytesTest::index));

    private static <A> Sort<A> array(Class<A> type, Function<Random, ?> elements) {
        return new Sort<>(Serdes.of(type), random -> {
            List<?> some = some(random, elements);
            Object array = Array.newInstance(type.getComponentType(), some.size());
            for (int i = 0; i < some.size(); i++) {
                Array.set(array, i, some.get(i));
            }
            return type.cast(array);
        });
    }

    private static Packed packed(Random random) {
        return new Packed(
                random.nextBoolean() ? null : random.ints(random.nextInt(4)).toArray(),
                random.doubles(random.nextInt(3)).toArray(),
                some(random, r -> new Started(text(r), instant(r))).toArray(new Started[0]),
                random.nextBoolean() ? Optional.empty() : Optional.of(integer(random)),
                random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(random.nextLong()));
    }

    private static double real(Random random) {
        return random.nextInt(8) == 0 ? Double.NaN : Double.longBitsToDouble(random.nextLong());
    }

    private static String text(Random random) {
        int[] kinds = {0x80, 0x800, 0x10000, 0x10000};
        StringBuilder text = new StringBuilder();
        for (int left = random.nextInt(12); left > 0; left--) {
            switch (random.nextInt(4)) {
                case 0 -> text.appendCodePoint(random.nextInt(Character.MAX_CODE_POINT + 1));
                case 1 -> text.append((char) (Character.MIN_SURROGATE + random.nextInt(0x800)));
                case 2 -> text.append('\uFFFD');
                default -> text.append((char) random.nextInt(kinds[random.nextInt(kinds.length)]));
            }
        }
        return text.toString();
    }

    private static BigDecimal decimal(Random random) {
        return new BigDecimal(integer(random), random.nextInt());
    }

    private static BigInteger integer(Random random) {
        BigInteger positive = new BigInteger(random.nextInt(200), random);
        return random.nextBoolean() ? positive : positive.negate();
    }

    private static Instant instant(Random random) {
        return Instant.ofEpochSecond(
                random.nextLong(Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond()),
                random.nextInt(1_000_000_000));
    }

    private static LocalDate date(Random random) {
        return LocalDate.ofEpochDay(random.nextLong(LocalDate.MIN.toEpochDay(), LocalDate.MAX.toEpochDay()));
    }

    private static LocalTime time(Random random) {
        return LocalTime.ofNanoOfDay(random.nextLong(86_400_000_000_000L));
    }

    private static OffsetDateTime offsetTime(Random random) {
        return date(random)
                .atTime(time(random))
                .atOffset(ZoneOffset.ofTotalSeconds(random.nextInt(-18 * 3_600, 18 * 3_600 + 1)));
    }

    private static Bean bean(Random random) {
        Bean bean = new Bean();
        bean.inner = random.nextBoolean() ? null : inner(random);
        bean.number = random.nextBoolean() ? null : integer(random);
        bean.count = random.nextLong() >> random.nextInt(64);
        return bean;
    }

    private static Inner inner(Random random) {
        return new Inner(
                random.nextBoolean(),
                (byte) random.nextInt(),
                (short) random.nextInt(),
                (char) random.nextInt(),
                random.nextInt(),
                random.nextLong(),
                Float.intBitsToFloat(random.nextInt()),
                real(random));
    }

    private static Outer outer(Random random) {
        return new Outer(
                random.nextBoolean() ? null : text(random),
                random.nextBoolean() ? null : inner(random),
                some(random, DamagedBytesTest::inner),
                Colour.GREEN,
                new Nothing());
    }

    private static <T> List<T> some(Random random, Function<Random, T> values) {
        List<T> some = new ArrayList<>();
        for (int left = random.nextInt(4); left > 0; left--) {
            some.add(values.apply(random));
        }
        return some;
    }

    private static Map<String, List<Double>> index(Random random) {
        Map<String, List<Double>> index = new LinkedHashMap<>();
        some(random, DamagedBytesTest::text).forEach(key -> index.put(key, some(random, DamagedBytesTest::real)));
        return index;
    }

    @Test
    void anyValueComesBack() {
        Random random = new Random(SEED);
        for (Sort<?> sort : SORTS) {
            for (int i = 0; i < 300; i++) {
                comesBack(sort, random);
            }
        }
    }

    private static <T> void comesBack(Sort<T> sort, Random random) {
        T value = sort.values().apply(random);
        byte[] bytes = written(sort.serde(), value);
        BinaryReader in = new BinaryReader(bytes);
        assertThat(sort.serde().read(in)).isEqualTo(value);
        assertThat(in.remaining()).isZero();
    }

    @Test
    void whatIsCutShortIsRefused() {
        Random random = new Random(SEED + 1);
        for (Sort<?> sort : SORTS) {
            for (int i = 0; i < 60; i++) {
                isRefusedWhenCut(sort, random);
            }
        }
    }

    private static <T> void isRefusedWhenCut(Sort<T> sort, Random random) {
        byte[] bytes = written(sort.serde(), sort.values().apply(random));
        for (int length = 0; length < bytes.length; length++) {
            BinaryReader in = new BinaryReader(bytes, 0, length);
            assertThatThrownBy(() -> sort.serde().read(in))
                    .as("%s of %s", Arrays.toString(bytes), sort.serde().schema())
                    .isInstanceOf(CorruptDataException.class);
        }
    }

    @Test
    void whatIsReadFromDamagedBytesIsWrittenAsTheSameBytes() {
        Random random = new Random(SEED + 2);
        int read = 0;
        int refused = 0;
        for (Sort<?> sort : SORTS) {
            for (int i = 0; i < 3_000; i++) {
                if (isRead(sort, random)) {
                    read++;
                } else {
                    refused++;
                }
            }
        }
        assertThat(read).isGreaterThan(1_000);
        assertThat(refused).isGreaterThan(1_000);
    }

    private static <T> boolean isRead(Sort<T> sort, Random random) {
        byte[] bytes = written(sort.serde(), sort.values().apply(random));
        for (int left = bytes.length == 0 ? 0 : 1 + random.nextInt(3); left > 0; left--) {
            int at = random.nextInt(bytes.length);
            bytes[at] = (byte) (random.nextBoolean() ? bytes[at] ^ 1 << random.nextInt(8) : random.nextInt());
        }
        BinaryReader in = new BinaryReader(bytes);
        T value;
        try {
            value = sort.serde().read(in);
        } catch (CorruptDataException refused) {
            assertThat(refused).message().isNotBlank();
            return false;
        }
        assertThat(written(sort.serde(), value))
                .as("%s of %s", Arrays.toString(bytes), sort.serde().schema())
                .isEqualTo(Arrays.copyOf(bytes, in.position()));
        return true;
    }

    // ---- one by one ----------------------------------------------------------------------------------------------

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static void isCorrupt(ThrowingCallable reading, String because) {
        assertThatThrownBy(reading).isInstanceOf(CorruptDataException.class).hasMessageContaining(because);
    }

    @Test
    void aNumberHasOneForm() {
        assertThat(new BinaryReader(bytes(255, 255, 255, 255, 15)).readUnsignedVarInt())
                .isEqualTo(-1);
        isCorrupt(() -> new BinaryReader(bytes(255, 255, 255, 255, 16)).readUnsignedVarInt(), "32 bits");
        isCorrupt(() -> new BinaryReader(bytes(255, 255, 255, 255, 0)).readUnsignedVarInt(), "32 bits");
        isCorrupt(() -> new BinaryReader(bytes(129, 0)).readUnsignedVarInt(), "than it needs");
        byte[] least = written(Serdes.LONG, Long.MIN_VALUE);
        assertThat(least).hasSize(10);
        least[9] = 3;
        isCorrupt(() -> Serdes.LONG.read(new BinaryReader(least)), "64 bits");
        isCorrupt(() -> Serdes.LONG.read(new BinaryReader(bytes(129, 128, 0))), "than it needs");
        isCorrupt(() -> Serdes.BOOLEAN.read(new BinaryReader(bytes(2))), "boolean");
        isCorrupt(() -> Serdes.DECIMAL.read(new BinaryReader(bytes(0, 0))), "no bytes");
        isCorrupt(() -> Serdes.DECIMAL.read(new BinaryReader(bytes(0, 2, 0, 1))), "than it needs");
        isCorrupt(() -> Serdes.BIG_INTEGER.read(new BinaryReader(bytes(0))), "no bytes");
        isCorrupt(() -> Serdes.BIG_INTEGER.read(new BinaryReader(bytes(2, 255, 128))), "than it needs");
        isCorrupt(() -> Serdes.FLOAT.read(new BinaryReader(bytes(0x7F, 0xC0, 0, 1))), "NaN");
    }

    @Test
    void aTimeThatThereIsNotIsRefused() {
        isCorrupt(() -> Serdes.LOCAL_DATE.read(new BinaryReader(written(Serdes.LONG, Long.MAX_VALUE))), "a time");
        isCorrupt(() -> Serdes.INSTANT.read(new BinaryReader(bytes(0, 255, 255, 255, 255, 15))), "nanoseconds");
        isCorrupt(() -> Serdes.LOCAL_DATE_TIME.read(new BinaryReader(bytes(0, 1))), "a time");
        isCorrupt(() -> Serdes.LOCAL_TIME.read(new BinaryReader(written(Serdes.LONG, 86_400_000_000_000L))), "a time");
        byte[] epoch = written(Serdes.OFFSET_DATE_TIME, OffsetDateTime.of(1970, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC));
        assertThat(epoch).containsExactly(0, 0, 0);
        byte[] offset = written(Serdes.INTEGER, 18 * 3_600 + 1);
        byte[] beyond = Arrays.copyOf(epoch, 2 + offset.length);
        System.arraycopy(offset, 0, beyond, 2, offset.length);
        isCorrupt(() -> Serdes.OFFSET_DATE_TIME.read(new BinaryReader(beyond)), "a time");
    }

    @Test
    void aCountThatIsDamagedCostsNothing() {
        byte[] negative = bytes(255, 255, 255, 255, 15, 0);
        byte[] huge = bytes(255, 255, 255, 255, 7, 0);
        for (byte[] count : List.of(negative, huge)) {
            isCorrupt(() -> Serdes.list(Serdes.LONG).read(new BinaryReader(count)), "elements announced");
            isCorrupt(() -> Serdes.set(Serdes.LONG).read(new BinaryReader(count)), "elements announced");
            isCorrupt(() -> Serdes.map(Serdes.LONG, Serdes.LONG).read(new BinaryReader(count)), "elements announced");
            isCorrupt(() -> Serdes.list(Serdes.of(Nothing.class)).read(new BinaryReader(count)), "elements announced");
            for (Class<?> type : List.of(boolean[].class, byte[].class, short[].class, char[].class)) {
                isCorrupt(() -> Serdes.of(type).read(new BinaryReader(count)), "where 1");
            }
            for (Class<?> type : List.of(int[].class, long[].class, float[].class, double[].class, String[].class)) {
                isCorrupt(() -> Serdes.of(type).read(new BinaryReader(count)), "elements announced");
            }
            isCorrupt(() -> Serdes.of(Nothing[].class).read(new BinaryReader(count)), "elements announced");
            isCorrupt(
                    () -> Serdes.of(long[].class).reader("list<i32>").apply(new BinaryReader(count)),
                    "elements announced");
            isCorrupt(() -> Schemas.skipping("list<i64>").accept(new BinaryReader(count)), "elements announced");
        }
        byte[] short2 = Arrays.copyOf(bytes(2), 1 + 2 * Double.BYTES - 1);
        isCorrupt(() -> Serdes.of(double[].class).read(new BinaryReader(short2)), "2 elements announced");
        isCorrupt(() -> Serdes.set(Serdes.LONG).read(new BinaryReader(bytes(2, 4, 4))), "twice");
        isCorrupt(() -> Serdes.map(Serdes.LONG, Serdes.LONG).read(new BinaryReader(bytes(2, 4, 1, 4, 2))), "twice");
    }

    @Test
    void elementsOfNoBytesAreFew() {
        Serde<List<Nothing>> serde = Serdes.list(Serdes.of(Nothing.class));
        List<Nothing> few = Collections.nCopies(1024, new Nothing());
        assertThat(serde.read(new BinaryReader(written(serde, few)))).isEqualTo(few);
        assertThatThrownBy(() -> written(serde, Collections.nCopies(1025, new Nothing())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1025 elements")
                .hasMessageContaining("count them");
        Serde<Nothing[]> ofArray = Serdes.of(Nothing[].class);
        assertThat(ofArray.read(new BinaryReader(written(ofArray, few.toArray(new Nothing[0])))))
                .hasSize(1024);
        assertThatThrownBy(() -> written(
                        ofArray, Collections.nCopies(1025, new Nothing()).toArray(new Nothing[0])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1025 elements");
    }

    @Test
    void aStringHasOneForm() {
        for (byte[] malformed : List.of(
                bytes(1, 0x80), // The rest of nothing.
                bytes(1, 0xC3), // Cut short.
                bytes(2, 0xC1, 0x81), // Two bytes for 'A'.
                bytes(3, 0xE0, 0x81, 0x81), // Three.
                bytes(4, 0xF4, 0x90, 0x80, 0x80), // Beyond the last.
                bytes(5, 0xF8, 0x88, 0x80, 0x80, 0x80),
                bytes(6, 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80))) { // A pair, as two.
            isCorrupt(() -> Serdes.STRING.read(new BinaryReader(malformed)), "UTF-8");
        }
        String halves = "\uDE00 and \uD83D, then \uD83D\uDE00";
        assertThat(Serdes.STRING.read(new BinaryReader(written(Serdes.STRING, halves))))
                .isEqualTo(halves);
    }

    @Test
    void whatARecordRefusesIsDamaged() {
        isCorrupt(() -> Serdes.of(Percent.class).read(new BinaryReader(written(Serdes.INTEGER, 101))), "no percentage");
    }
}
