package io.selvage.api.type;

import static io.selvage.api.type.Written.roundTrip;
import static io.selvage.api.type.Written.travelled;
import static io.selvage.api.type.Written.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.math.BigInteger;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Plain classes are written as records of their fields, or it is said why not. */
class PlainClassTest {
    /** What is declared first, inherited, generic, private or boxed is written where its name says. */
    static class Base<T> {
        private @Nullable T payload;
        protected long atMillis;
        static int loaded;
        transient int asked;
    }

    static class Order extends Base<List<UUID>> {
        private @Nullable String customer;
        int count = 1;
        double price;

        @Nullable
        Integer boxed;

        private @Nullable Point at;
        private Map<String, BigInteger> totals = Map.of();

        private Order() {
            asked = 7;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Order order && values().equals(order.values());
        }

        @Override
        public int hashCode() {
            return values().hashCode();
        }

        private OrderRecord values() {
            return new OrderRecord(at, atMillis, boxed, count, customer, super.payload, price, totals);
        }
    }

    record Point(int x, int y) {}

    record OrderRecord(
            @Nullable Point at,
            long atMillis,
            @Nullable Integer boxed,
            int count,
            @Nullable String customer,
            @Nullable List<UUID> payload,
            double price,
            Map<String, BigInteger> totals) {}

    private static Order order() {
        Order order = new Order();
        order.customer = "ann";
        order.count = -3;
        order.price = 2.5;
        order.at = new Point(1, 2);
        order.totals = Map.of("EUR", BigInteger.TEN.pow(30));
        order.atMillis = 1L << 40;
        ((Base<List<UUID>>) order).payload = List.of(new UUID(1, 2), new UUID(-3, 4));
        return order;
    }

    @Test
    void itIsWrittenAsARecordOfItsFieldsInTheOrderOfTheirNames() {
        Serde<Order> serde = Serdes.of(Order.class);
        Serde<OrderRecord> asRecord = Serdes.of(OrderRecord.class);
        assertThat(serde.schema())
                .isEqualTo(asRecord.schema().replace(OrderRecord.class.getName(), Order.class.getName()));
        for (Order order : List.of(order(), new Order())) {
            assertThat(written(serde, order)).isEqualTo(written(asRecord, order.values()));
            Order back = roundTrip(serde, order);
            assertThat(back).isEqualTo(order).isNotSameAs(order);
            assertThat(back.asked).isEqualTo(7);
        }
        Order asked = order();
        asked.asked = 8;
        assertThat(roundTrip(serde, asked).asked)
                .as("of no interest to a serde")
                .isEqualTo(7);
    }

    record Basket(List<Order> orders, @Nullable Order newest) {}

    @Test
    void itIsAPartOfOthers() {
        Basket basket = new Basket(List.of(order(), new Order()), null);
        assertThat(roundTrip(Serdes.of(Basket.class), basket)).isEqualTo(basket);
    }

    @Test
    void itTravelsWithTheJobGraph() throws IOException, ClassNotFoundException {
        assertThat(roundTrip(travelled(Serdes.of(Order.class)), order())).isEqualTo(order());
    }

    static class Larger extends Order {
        int more;
    }

    @Test
    void anObjectOfASubclassIsNotCutDownToTheClass() {
        assertThatThrownBy(() -> written(Serdes.of(Order.class), new Larger()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(Larger.class.getName(), Order.class.getName(), "would be lost", "sealed");
    }

    // ---- keys ----------------------------------------------------------------------------------------------------

    static class Flight {
        @Nullable
        String number;

        int day;

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Flight flight && day == flight.day && Objects.equals(number, flight.number);
        }

        @Override
        public int hashCode() {
            return Objects.hash(number, day);
        }
    }

    static class Charter extends Flight {}

    static class Shuttle extends Flight {
        int ofDay;
    }

    static class Seat {
        int row;
    }

    static class Digest {
        byte @Nullable [] bytes;

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Digest;
        }

        @Override
        public int hashCode() {
            return 0;
        }
    }

    record Booking(Seat seat) {}

    record Leg(Flight flight) {}

    @Test
    void itIsAKeyIfItIsComparedByAllOfItsFields() {
        assertThat(Serdes.of(Flight.class).isCanonical()).isTrue();
        assertThat(Serdes.of(Leg.class).isCanonical()).isTrue();
        assertThat(Serdes.of(Charter.class).isCanonical()).isTrue();
        assertThat(Serdes.of(Shuttle.class).isCanonical())
                .as("its equals knows nothing of ofDay")
                .isFalse();
        assertThat(Serdes.of(Seat.class).isCanonical()).isFalse();
        assertThat(Serdes.of(Booking.class).isCanonical()).isFalse();
        assertThat(Serdes.of(Digest.class).isCanonical()).isFalse();
        assertThat(Serdes.of(Order.class).isCanonical()).as("it has a map").isFalse();
    }

    // ---- width ---------------------------------------------------------------------------------------------------

    /** 250 words. */
    @SuppressWarnings("UnusedVariable")
    static class Wide {
        long a00, a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20;
        long a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41;
        long a42, a43, a44, a45, a46, a47, a48, a49, b00, b01, b02, b03, b04, b05, b06, b07, b08, b09, b10, b11, b12;
        long b13, b14, b15, b16, b17, b18, b19, b20, b21, b22, b23, b24, b25, b26, b27, b28, b29, b30, b31, b32, b33;
        double b34, b35, b36, b37, b38, b39, b40, b41, b42, b43, b44, b45, b46, b47, b48, b49, c00, c01, c02, c03;
        double c04, c05, c06, c07, c08, c09, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23;
        double c24;
    }

    static class Wider extends Wide {
        int one;
    }

    @Test
    void itHasAsManyFieldsAsAMethodHasParameters() {
        Wide wide = new Wide();
        wide.a00 = 1;
        wide.b33 = -5;
        wide.c24 = 2.5;
        Wide back = roundTrip(Serdes.of(Wide.class), wide);
        assertThat(List.of(back.a00, back.b33, back.c24, back.c23)).isEqualTo(List.of(1L, -5L, 2.5, 0.0));
        String before = "record " + Wide.class.getName() + "(c24:f32,a00:i32)";
        BinaryReader in = new BinaryReader(new byte[] {0x3F, (byte) 0x80, 0, 0, 6});
        Wide read = Serdes.of(Wide.class).reader(before).apply(in);
        assertThat(List.of(read.a00, read.c24, read.c23)).isEqualTo(List.of(3L, 1.0, 0.0));
        assertThatThrownBy(() -> Serdes.of(Wider.class))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContainingAll(
                        Wider.class.getName(), "126 components, of 251 words", "into records of their own");
    }

    // ---- what has no serde ---------------------------------------------------------------------------------------

    static class Immutable {
        final int value = 1;
    }

    static class Made {
        int value;

        Made(int value) {
            this.value = value;
        }
    }

    class Inner {
        int value;
    }

    static class Anything {
        @Nullable
        Object payload;
    }

    static class Link {
        long value;

        @Nullable
        List<Link> next;
    }

    static class Shadowing extends Flight {
        int day;
    }

    static class Tags extends ArrayList<String> {
        private static final long serialVersionUID = 1L;
        int more;
    }

    @SuppressWarnings("rawtypes")
    static class Raw extends Base {
        int more;
    }

    static class Packed implements java.io.Serializable {
        private static final long serialVersionUID = 1L;
        transient int[] values = {};
        int size;

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.writeInt(values.length);
        }
    }

    static class BagBase<T> {
        transient List<T> items = List.of();
        int size;
    }

    /** As some libraries' collections are: what is written is known where it is declared that it is. */
    static class Bag<T> extends BagBase<T> implements java.io.Serializable {
        private static final long serialVersionUID = 1L;

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.writeObject(items);
        }
    }

    record Bagged(Bag<String> items) {}

    static class Listed {
        @Nullable
        ArrayList<String> names;
    }

    static class AnyOf {
        Object @Nullable [] all;
    }

    static class Generic<T> {
        @Nullable
        T value;
    }

    abstract static class Abstract {
        int value;
    }

    private static void isRefused(Class<?> type, String... said) {
        assertThatThrownBy(() -> Serdes.of(type))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContaining(type.getTypeName())
                .hasMessageContainingAll(said)
                .hasMessageContaining("a Serde");
    }

    @Test
    void whatHasNoSerdeIsNamedWithReasonAndRemedy() {
        isRefused(Immutable.class, "its field value is final", "a record");
        isRefused(Made.class, "no constructor without parameters", "Add one");
        isRefused(Inner.class, "belongs to one of the class around it", "Make it static");
        isRefused(Anything.class, "In payload of", "java.lang.Object has no serde");
        isRefused(Link.class, "In next of", "values of its own type", "Make it flat");
        isRefused(Shadowing.class, Flight.class.getName() + " both have a field day", "Rename one");
        isRefused(Tags.class, "it extends java.util.ArrayList");
        isRefused(Raw.class, "In payload of", "The type T is not known");
        isRefused(Packed.class, "its field values is transient", "a method of " + Packed.class.getName());
        isRefused(Bagged.class, "its field items is transient", "a method of " + Bag.class.getName());
        isRefused(Generic.class, "is generic");
        isRefused(Abstract.class, "has no serde", "Make it a record or a plain class");
        isRefused(Supplier.class, "is generic");
        isRefused(AnyOf.class, "In all of", "java.lang.Object has no serde");
        isRefused(Listed.class, "In names of", "java.util.ArrayList<java.lang.String> has no serde", "Declare it as");
    }

    @Test
    void classesOfThePlatformAreNoPlainClasses() {
        // All fields of a date are transient: it would come back as the time at which it is read.
        isRefused(Date.class, "has no serde");
        isRefused(StringBuilder.class, "has no serde");
        isRefused(Optional.class, "is generic");
        isRefused(ZonedDateTime.class, "the rules of zones change", "an OffsetDateTime, with the zone's id");
    }

    static class Failing {
        static @Nullable Instant broken;
        long value;

        Failing() {
            if (broken != null) {
                throw new IllegalStateException("broken since " + broken);
            }
        }
    }

    @Test
    void aConstructorThatThrowsIsNamed() {
        Serde<Failing> serde = Serdes.of(Failing.class);
        byte[] bytes = written(serde, new Failing());
        Failing.broken = Instant.EPOCH;
        try {
            assertThatThrownBy(() -> serde.read(new BinaryReader(bytes)))
                    .isInstanceOf(CorruptDataException.class)
                    .hasMessageContainingAll(Failing.class.getName(), "broken since 1970");
        } finally {
            Failing.broken = null;
        }
    }
}
