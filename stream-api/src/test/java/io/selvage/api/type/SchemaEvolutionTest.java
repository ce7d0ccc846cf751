package io.selvage.api.type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What one version of a program has written, the next one reads, or it says what is in the way. */
final class SchemaEvolutionTest {
    enum Colour {
        RED
    }

    record Point(int x, int y) {}

    record Point3(double y, long x, float z) {}

    record Before(
            String gone,
            int count,
            float ratio,
            @Nullable Integer boxed,
            Point at,
            List<Point> path,
            Map<String, Point> named) {}

    record After(
            Map<String, Point3> named,
            List<Point3> path,
            Point3 at,
            @Nullable Long boxed,
            double ratio,
            long count,
            @Nullable String added,
            boolean flag,
            char letter) {}

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
            byte[] bytes,
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
            List<@Nullable Point> points,
            Set<String> words,
            Map<String, List<Long>> index,
            boolean[] flags,
            char[] letters,
            double[][] matrix,
            String[] names,
            Optional<Point> maybe,
            Optional<String> none,
            OptionalInt few,
            OptionalLong many,
            OptionalDouble part,
            int last) {}

    record Last(int last) {}

    record Defaulted(String currency, long cents) {
        Defaulted {
            currency = currency == null ? "EUR" : currency;
        }
    }

    record Cents(int cents) {}

    static class Bean {
        int cents;

        @Nullable
        Point at;

        @Nullable
        String gone;
    }

    static class Currency {
        @Nullable
        String currency = "EUR";

        @Nullable
        List<String> tags = new ArrayList<>();
    }

    /** As a later version has it: inherited, in another order, widened. */
    static class LaterBean extends Currency {
        @Nullable
        Point3 at = new Point3(1, 1, 1);

        int letters = 7;
        long cents = -1;
    }

    record BeanRecord(int letters, long cents, @Nullable Point at) {}

    /** The schema of one record, as if it had had the name of another. */
    private static String under(Class<?> name, Serde<?> written) {
        return written.schema()
                .replace(Before.class.getName() + "(", name.getName() + "(")
                .replace(Everything.class.getName() + "(", name.getName() + "(")
                .replace(Cents.class.getName() + "(", name.getName() + "(")
                .replace(Bean.class.getName() + "(", name.getName() + "(")
                .replace(BeanRecord.class.getName() + "(", name.getName() + "(")
                .replace(Point.class.getName() + "(", Point3.class.getName() + "(");
    }

    private static <W, T> T read(Serde<W> then, W value, Serde<T> now, String written) {
        BinaryWriter out = new BinaryWriter();
        then.write(value, out);
        BinaryReader in = new BinaryReader(out.toByteArray());
        T read = now.reader(written).apply(in);
        assertThat(in.remaining()).isZero();
        return read;
    }

    @Test
    void componentsAreAddedRemovedReorderedAndWidenedAlsoWithinOthers() {
        Serde<Before> then = Serdes.of(Before.class);
        Serde<After> now = Serdes.of(After.class);
        Before before = new Before(
                "x", -7, 0.5f, null, new Point(1, 2), List.of(new Point(3, 4)), Map.of("a", new Point(5, -6)));
        After after = new After(
                Map.of("a", new Point3(-6, 5, 0)),
                List.of(new Point3(4, 3, 0)),
                new Point3(2, 1, 0),
                null,
                0.5,
                -7,
                null,
                false,
                (char) 0);
        assertThat(read(then, before, now, under(After.class, then))).isEqualTo(after);
        Before boxed = new Before("", Integer.MIN_VALUE, 0, 9, new Point(0, 0), List.of(), Map.of());
        After read = read(then, boxed, now, under(After.class, then));
        assertThat(read.boxed()).isEqualTo(9);
        assertThat(read.count()).isEqualTo(Integer.MIN_VALUE);
    }

    @Test
    void componentsOfEveryBuiltInTypeArePassedOver() {
        Serde<Everything> then = Serdes.of(Everything.class);
        Everything all = new Everything(
                true,
                (byte) 1,
                (short) -2,
                'x',
                1 << 30,
                Long.MIN_VALUE,
                1,
                2,
                null,
                new byte[300],
                new BigDecimal("1.50"),
                Colour.RED,
                Instant.now(),
                Duration.ofNanos(-1),
                LocalDate.now(),
                LocalDateTime.now(),
                BigInteger.TEN.pow(100),
                UUID.randomUUID(),
                LocalTime.now(),
                OffsetDateTime.now(),
                new Point(1, 2),
                List.of(new Point(3, 4)),
                Set.of("a", "bc"),
                Map.of("k", List.of(1L, 2L)),
                new boolean[3],
                "letters".toCharArray(),
                new double[2][3],
                new String[] {"", "name"},
                Optional.of(new Point(5, 6)),
                Optional.empty(),
                OptionalInt.of(1 << 30),
                OptionalLong.empty(),
                OptionalDouble.of(0.5),
                42);
        assertThat(read(then, all, Serdes.of(Last.class), under(Last.class, then)))
                .isEqualTo(new Last(42));
    }

    @Test
    void theConstructorMayPutSomethingElseInPlaceOfWhatIsNotThere() {
        Serde<Cents> then = Serdes.of(Cents.class);
        assertThat(read(then, new Cents(5), Serdes.of(Defaulted.class), under(Defaulted.class, then)))
                .isEqualTo(new Defaulted("EUR", 5));
    }

    @Test
    void anArrayIsAListToAnotherVersion() {
        Serde<List<Integer>> ofList = Serdes.list(Serdes.INTEGER);
        List<Integer> list = List.of(1, -2, Integer.MAX_VALUE);
        Serde<int[]> ints = Serdes.of(int[].class);
        int[] array = read(ofList, list, ints, ofList.schema());
        assertThat(array).containsExactly(1, -2, Integer.MAX_VALUE);
        assertThat(read(ints, array, ofList, ints.schema())).isEqualTo(list);
        assertThat(read(ints, array, Serdes.of(long[].class), ints.schema())).containsExactly(1, -2, Integer.MAX_VALUE);
        assertThat(read(ints, array, Serdes.of(Double[].class), ints.schema()))
                .containsExactly(1.0, -2.0, (double) Integer.MAX_VALUE);
        Serde<Point[]> points = Serdes.of(Point[].class);
        assertThat(read(points, new Point[] {new Point(1, 2)}, Serdes.of(Point3[].class), under(Point3.class, points)))
                .containsExactly(new Point3(2, 1, 0));
        assertRefused(ints, "list<i64>", "it was written as i64 and is now i32");
        assertRefused(ints, "set<i32>", "it was written as set<i32> and is now list<i32>");
        assertRefused(Serdes.of(byte[].class), "list<i8>", "it was written as list<i8> and is now bytes");
    }

    record Certain(
            int count, @Nullable String name, @Nullable Integer boxed) {}

    record Uncertain(Optional<String> name, OptionalLong count, Optional<Long> boxed, Optional<Point> more) {}

    @Test
    void whatWasThereOrMayHaveBeenNullBecomesOptional() {
        Serde<Certain> then = Serdes.of(Certain.class);
        Serde<Uncertain> now = Serdes.of(Uncertain.class);
        String written = then.schema().replace(Certain.class.getName() + "(", Uncertain.class.getName() + "(");
        assertThat(read(then, new Certain(3, "x", 4), now, written))
                .isEqualTo(new Uncertain(Optional.of("x"), OptionalLong.of(3), Optional.of(4L), Optional.empty()));
        assertThat(read(then, new Certain(0, null, null), now, written))
                .isEqualTo(new Uncertain(Optional.empty(), OptionalLong.of(0), Optional.empty(), Optional.empty()));
        Serde<OptionalInt> ofInt = Serdes.of(OptionalInt.class);
        Serde<OptionalDouble> ofDouble = Serdes.of(OptionalDouble.class);
        assertThat(read(ofInt, OptionalInt.of(7), ofDouble, "i32?")).isEqualTo(OptionalDouble.of(7));
        assertThat(read(ofInt, OptionalInt.empty(), ofDouble, "i32?")).isEqualTo(OptionalDouble.empty());
        assertThat(read(Serdes.INTEGER, 7, ofDouble, "i32")).isEqualTo(OptionalDouble.of(7));
        assertRefused(Serdes.STRING, "string?", "it was written as string? and is now string");
        assertRefused(
                Serdes.of(Certain.class),
                "record " + Certain.class.getName() + "(name:string??)",
                "its component name was written as string? and is now string");
        assertRefused(ofInt, "i64?", "it was written as i64 and is now i32");
    }

    private static Bean bean() {
        Bean bean = new Bean();
        bean.cents = 5;
        bean.at = new Point(1, 2);
        bean.gone = "x";
        return bean;
    }

    @Test
    void fieldsOfAPlainClassChangeAsComponentsDoAndNewOnesStayAsTheConstructorLeavesThem() {
        Serde<Bean> then = Serdes.of(Bean.class);
        Serde<LaterBean> now = Serdes.of(LaterBean.class);
        LaterBean read = read(then, bean(), now, under(LaterBean.class, then));
        assertThat(read.cents).isEqualTo(5);
        assertThat(read.at).isEqualTo(new Point3(2, 1, 0));
        assertThat(read.letters).isEqualTo(7);
        assertThat(read.currency).isEqualTo("EUR");
        assertThat(read.tags).isEmpty();
        assertThat(read(then, bean(), now, under(LaterBean.class, then)).tags)
                .as("each has its own")
                .isNotSameAs(read.tags);
        Bean empty = new Bean();
        LaterBean nothing = read(then, empty, now, under(LaterBean.class, then));
        assertThat(nothing.at).as("it was null, and not absent").isNull();
    }

    @Test
    void aRecordBecomesAPlainClassAndAPlainClassARecord() {
        Serde<BeanRecord> ofRecord = Serdes.of(BeanRecord.class);
        Serde<LaterBean> ofClass = Serdes.of(LaterBean.class);
        LaterBean read =
                read(ofRecord, new BeanRecord(3, 4, new Point(5, 6)), ofClass, under(LaterBean.class, ofRecord));
        assertThat(read.letters).isEqualTo(3);
        assertThat(read.cents).isEqualTo(4);
        assertThat(read.at).isEqualTo(new Point3(6, 5, 0));
        assertThat(read.currency).isEqualTo("EUR");

        Serde<Bean> then = Serdes.of(Bean.class);
        String written = then.schema().replace(Bean.class.getName() + "(", BeanRecord.class.getName() + "(");
        assertThat(read(then, bean(), ofRecord, written)).isEqualTo(new BeanRecord(0, 5, new Point(1, 2)));
    }

    @Test
    void whatDoesNotFitIsRefusedWithItsPlace() {
        assertRefused(Serdes.INTEGER, "i64", "it was written as i64 and is now i32");
        assertRefused(Serdes.INTEGER, "i32?", "it was written as i32? and is now i32");
        assertRefused(
                Serdes.list(Serdes.STRING), "set<string>", "it was written as set<string> and is now list<string>");
        assertRefused(
                Serdes.map(Serdes.LONG, Serdes.LONG),
                "map<i32,i64>",
                "it was written as map<i32,i64> and is now map<i64,i64>");
        String point = "record " + Point.class.getName();
        assertRefused(
                Serdes.of(Point.class), point + "(x:i32,y:i64)", "its component y was written as i64 and is now i32");
        assertRefused(
                Serdes.of(Point.class),
                point + "(x:i32,y:i32,z:avro)",
                "its component z was written as avro, a format that can't be passed over, and is not there any more");
        assertRefused(
                Serdes.of(Point.class), "record Other(x:i32)", "it was written as record Other(x:i32) and is now");
        String before = "record " + Before.class.getName();
        assertRefused(
                Serdes.of(Before.class),
                before + "(path:list<" + point + "(x:string)>?)",
                "its component path.x was written as string and is now i32");
    }

    @Test
    void anyTextIsASchemaAndOnlyThoseThatMatchHaveParts() {
        for (String text :
                List.of("", "<", "record x", "record x(", "record x(a)", "list<i32", "list<>>", "map<i32>", ")")) {
            assertThatThrownBy(() -> Serdes.of(Point.class).reader(text))
                    .isInstanceOf(IncompatibleSchemaException.class);
            assertThatThrownBy(() -> Serdes.list(Serdes.LONG).reader(text))
                    .isInstanceOf(IncompatibleSchemaException.class);
        }
        assertThat(Schemas.arguments("map<list<i32>,record a.B(x:map<i8,i8>,y:i32)>", "map"))
                .hasValue(List.of("list<i32>", "record a.B(x:map<i8,i8>,y:i32)"));
    }

    private static void assertRefused(Serde<?> now, String written, String said) {
        assertThatThrownBy(() -> now.reader(written))
                .isInstanceOf(IncompatibleSchemaException.class)
                .hasMessageStartingWith(said);
    }
}
