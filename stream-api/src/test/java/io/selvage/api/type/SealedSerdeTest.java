package io.selvage.api.type;

import static io.selvage.api.type.Written.roundTrip;
import static io.selvage.api.type.Written.travelled;
import static io.selvage.api.type.Written.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SealedSerdeTest {
    sealed interface Shape permits Circle, Polygon, Dot {}

    sealed interface Polygon extends Shape permits Square, Triangle {}

    record Circle(long radius) implements Shape {}

    record Square(long side) implements Polygon {}

    record Triangle(long a, long b, long c) implements Polygon {}

    record Dot() implements Shape {}

    sealed interface Event permits Started, Stopped {}

    static final class Started implements Event {
        long atMillis;

        @Nullable
        String by;
    }

    record Stopped(long atMillis) implements Event {}

    record Drawing(@Nullable Shape frame, List<Shape> shapes) {}

    private static final String SHAPES = "sealed " + Shape.class.getName() + "(" + schema(Circle.class) + ","
            + schema(Square.class) + "," + schema(Triangle.class) + "," + schema(Dot.class) + ")";

    private static String schema(Class<?> type) {
        return Serdes.of(type).schema();
    }

    @Test
    void aValueComesBackAsTheRecordThatItWas() {
        Serde<Shape> serde = Serdes.of(Shape.class);
        for (Shape shape : List.of(new Circle(3), new Square(4), new Triangle(3, 4, 5), new Dot())) {
            assertThat(roundTrip(serde, shape)).isEqualTo(shape);
        }
        assertThat(written(serde, new Square(4))).containsExactly(1, 8);
        assertThat(serde.schema()).isEqualTo(SHAPES);
        assertThat(roundTrip(Serdes.of(Polygon.class), new Triangle(1, 1, 1))).isEqualTo(new Triangle(1, 1, 1));
        Drawing drawing = new Drawing(null, List.of(new Dot(), new Circle(1)));
        assertThat(roundTrip(Serdes.of(Drawing.class), drawing)).isEqualTo(drawing);
    }

    @Test
    void itTravelsWithTheJobGraph() throws Exception {
        assertThat(roundTrip(travelled(Serdes.of(Shape.class)), new Circle(5))).isEqualTo(new Circle(5));
    }

    record Tagged(Map<String, String> tags) implements Sometimes {}

    record Plain(String text) implements Sometimes {}

    sealed interface Sometimes permits Tagged, Plain {}

    @Test
    void itIsAKeyIfAllOfItsRecordsAre() {
        assertThat(Serdes.of(Shape.class).isCanonical()).isTrue();
        assertThat(Serdes.of(Sometimes.class).isCanonical()).isFalse();
    }

    @Test
    void finalPlainClassesAreAsGoodAsRecords() {
        Serde<Event> serde = Serdes.of(Event.class);
        Started started = new Started();
        started.by = "ann";
        assertThat(written(serde, started)).containsExactly(0, 0, 1, 3, 'a', 'n', 'n');
        assertThat(((Started) roundTrip(serde, started)).by).isEqualTo("ann");
        assertThat(roundTrip(serde, new Stopped(3))).isEqualTo(new Stopped(3));
        String before = "sealed " + Event.class.getName() + "(record " + Started.class.getName() + "(by:string?))";
        BinaryReader in = new BinaryReader(new byte[] {0, 1, 1, 'x'});
        assertThat(((Started) serde.reader(before).apply(in)).by).isEqualTo("x");
    }

    // ---- evolution -----------------------------------------------------------------------------------------------

    /** What an earlier program has written, in which the order was another one, and a record had other components. */
    private static final String BEFORE = "sealed " + Shape.class.getName() + "(" + schema(Triangle.class) + ",record "
            + Circle.class.getName() + "(colour:string?,radius:i32))";

    private static byte[] circleBefore() {
        BinaryWriter out = new BinaryWriter();
        out.writeUnsignedVarInt(1);
        out.writeBoolean(true);
        out.writeString("red");
        out.writeVarInt(7);
        return out.toByteArray();
    }

    @Test
    void recordsAreKnownByTheirNamesAndChangeAsRecordsDo() {
        assertThat(Serdes.of(Shape.class).reader(BEFORE).apply(new BinaryReader(circleBefore())))
                .isEqualTo(new Circle(7));
    }

    record Holder(long number) {}

    @Test
    void whatIsNotThereAnyMoreIsPassedOver() {
        String written = "record " + Holder.class.getName() + "(shape:" + BEFORE + "?,number:i64)";
        BinaryWriter out = new BinaryWriter();
        out.writeBoolean(true);
        byte[] circle = circleBefore();
        out.writeBytes(circle, 0, circle.length);
        out.writeVarLong(12);
        assertThat(Serdes.of(Holder.class).reader(written).apply(new BinaryReader(out.toByteArray())))
                .isEqualTo(new Holder(12));
    }

    @Test
    void aRecordThatHasGoneIsRefusedAsIsAnotherInterface() {
        String line = "record " + Shape.class.getName() + "$Line(length:i64)";
        assertThatThrownBy(() -> Serdes.of(Shape.class)
                        .reader("sealed " + Shape.class.getName() + "(" + schema(Dot.class) + "," + line + ")"))
                .isInstanceOf(IncompatibleSchemaException.class)
                .hasMessageContaining(line);
        assertThatThrownBy(() -> Serdes.of(Polygon.class).reader(SHAPES))
                .isInstanceOf(IncompatibleSchemaException.class);
        assertThatThrownBy(() -> Serdes.of(Shape.class)
                        .reader("sealed " + Shape.class.getName() + "(record " + Circle.class.getName()
                                + "(radius:string))"))
                .isInstanceOf(IncompatibleSchemaException.class)
                .hasMessageContaining("Circle.radius");
    }

    @Test
    void corruptedBytesAreAnErrorAndNoValue() {
        for (byte[] bytes :
                List.of(new byte[] {4}, new byte[] {-1, -1, -1, -1, 15}, new byte[] {}, new byte[] {2, 2})) {
            assertThatThrownBy(() -> Serdes.of(Shape.class).read(new BinaryReader(bytes)))
                    .isInstanceOf(CorruptDataException.class);
        }
    }

    // ---- what has none -------------------------------------------------------------------------------------------

    sealed interface Open permits Known, Unknown {}

    record Known() implements Open {}

    static non-sealed class Unknown implements Open {}

    sealed interface Tree permits Leaf, Node {}

    record Leaf(long value) implements Tree {}

    record Node(Tree left, Tree right) implements Tree {}

    record Chain(long value, List<Chain> rest) {}

    @Test
    void whatCanHoldAnythingOrItselfIsRefusedByName() {
        assertThatThrownBy(() -> Serdes.of(Open.class))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContainingAll(Open.class.getName(), Unknown.class.getName(), "is no record");
        for (Class<?> recursive : List.of(Tree.class, Chain.class)) {
            assertThatThrownBy(() -> Serdes.of(recursive))
                    .isInstanceOf(UnsupportedTypeException.class)
                    .hasMessageContainingAll(recursive.getName(), "of its own type");
        }
        assertThat(Serdes.of(Leaf.class).schema()).endsWith("(value:i64)");
    }
}
