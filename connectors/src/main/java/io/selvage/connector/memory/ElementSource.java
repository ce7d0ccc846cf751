package io.selvage.connector.memory;

import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Elements from a list, or made from their numbers; bounded or not. Immutable.
 *
 * <p>Numbers are dealt out to splits in turn: of {@code n} splits the first has 0, n, 2n and so on, in order. With one
 * split, the default, all elements are read in order, by one reader. Elements have no timestamps:
 * {@code assignTimestamps} gives them some.
 *
 * @param <T> elements
 */
public final class ElementSource<T> implements Source<T, Integer> {
    private static final long serialVersionUID = 1L;
    private static final long ENDLESS = Long.MAX_VALUE;

    private final Serde<T> serde;
    private final Elements<T> elements;
    private final long count;
    private final int splits;

    /** Makes an element from its number: the same one whenever it is asked, since elements are read again. */
    @FunctionalInterface
    public interface Elements<T> extends Serializable {
        T element(long number) throws Exception;
    }

    private ElementSource(Serde<T> serde, Elements<T> elements, long count, int splits) {
        this.serde = serde;
        this.elements = elements;
        this.count = count;
        this.splits = splits;
    }

    @SafeVarargs
    public static <T> ElementSource<T> of(Class<T> type, T... elements) {
        return of(Serdes.of(type), List.of(elements));
    }

    public static <T> ElementSource<T> of(Class<T> type, List<T> elements) {
        return of(Serdes.of(type), elements);
    }

    /** What the elements are now: the list, and they, may change afterwards. */
    public static <T> ElementSource<T> of(Serde<T> serde, List<T> elements) {
        BinaryWriter out = new BinaryWriter();
        byte[][] encoded = new byte[elements.size()][];
        for (int i = 0; i < encoded.length; i++) {
            out.clear();
            serde.write(elements.get(i), out);
            encoded[i] = out.toByteArray();
        }
        return new ElementSource<>(serde, new Encoded<>(serde, encoded), encoded.length, 1);
    }

    /**
     * So many elements, made when they are read.
     *
     * @param count from 0
     */
    public static <T> ElementSource<T> generate(Class<T> type, long count, Elements<T> elements) {
        if (count < 0) {
            throw new IllegalArgumentException("A source of " + count + " elements is not possible; give 0 or more.");
        }
        return new ElementSource<>(Serdes.of(type), elements, count, 1);
    }

    /** Elements without an end; {@code from(source, uid, recordsPerSecond)} slows them down. */
    public static <T> ElementSource<T> endless(Class<T> type, Elements<T> elements) {
        return new ElementSource<>(Serdes.of(type), elements, ENDLESS, 1);
    }

    /** The same elements in so many splits, which readers take in turn. */
    public ElementSource<T> splits(int number) {
        if (number < 1) {
            throw new IllegalArgumentException("A source of " + number + " splits is not possible; give 1 or more.");
        }
        return new ElementSource<>(serde, elements, count, number);
    }

    @Override
    public Serde<T> serde() {
        return serde;
    }

    @Override
    public Serde<Integer> splitSerde() {
        return Serdes.of(Integer.class);
    }

    /** Of splits without an end, none would be the next. */
    @Override
    public boolean readsSideBySide() {
        return count == ENDLESS;
    }

    @Override
    public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
        return new Planner(
                splits, restored == null ? 0 : ByteBuffer.wrap(restored).getInt());
    }

    @Override
    public SplitReader<T> reader(Integer split, byte @Nullable [] position, SourceContext context) {
        long next = position == null ? split : ByteBuffer.wrap(position).getLong();
        return new ElementReader<>(elements, next, splits, count);
    }

    /** Immutable: elements as bytes, so that they travel with the graph whatever they are. */
    private static final class Encoded<T> implements Elements<T> {
        private static final long serialVersionUID = 1L;
        private final Serde<T> serde;
        private final byte[][] elements;

        Encoded(Serde<T> serde, byte[][] elements) {
            this.serde = serde;
            this.elements = elements;
        }

        @Override
        public T element(long number) {
            return serde.read(new BinaryReader(elements[(int) number]));
        }
    }

    /** Owned by the planning subtask's thread. */
    private static final class Planner implements SplitPlanner<Integer> {
        private final int splits;
        private int next;

        Planner(int splits, int next) {
            this.splits = splits;
            this.next = next;
        }

        @Override
        public List<Integer> discover() {
            List<Integer> found = new ArrayList<>();
            while (next < splits) {
                found.add(next++);
            }
            return found;
        }

        @Override
        public boolean isComplete() {
            return next >= splits;
        }

        @Override
        public byte[] snapshot() {
            return ByteBuffer.allocate(Integer.BYTES).putInt(next).array();
        }
    }
}
