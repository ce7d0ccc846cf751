package io.selvage.api.type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
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
            Map<String, List<Long>> index) {}

    record Empty() {}

    record Reversed(long second, int first) {}

    private static <T> T roundTrip(Serde<T> serde, T value) {
        BinaryWriter out = new BinaryWriter(16);
        serde.write(value, out);
        BinaryReader in = new BinaryReader(out.array(), 0, out.length());
        T back = serde.read(in);
        assertThat(in.remaining()).isZero();
        return back;
    }

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
                Map.of("a", List.of(random.nextLong()), "", List.of()));
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

    @Test
    @SuppressWarnings("unchecked")
    void serdesTravelWithTheJobGraph() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(Serdes.list(Serdes.of(Everything.class)));
        }
        Serde<List<Everything>> travelled;
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            travelled = (Serde<List<Everything>>) in.readObject();
        }
        List<Everything> value = List.of(everything(new Random(1)), everything(new Random(2)));
        assertThat(roundTrip(travelled, value)).isEqualTo(value);
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

    @Test
    void arraysAreKeysOnlyByThemselves() {
        assertThat(Serdes.BYTES.isCanonical()).isTrue();
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
