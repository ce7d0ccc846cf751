package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Schemas;
import io.selvage.api.type.Serde;
import java.util.ArrayDeque;
import java.util.function.Function;

/** Elements of a list state, each followed by how much later than the one before it was used last: never earlier. */
record StampedListSerde<T>(Serde<T> element, TimeLimit limit) implements ExpiringSerde<ArrayDeque<Stamped<T>>> {
    @Override
    public void write(ArrayDeque<Stamped<T>> list, BinaryWriter out) {
        if (list instanceof PartedDeque<T> parted) {
            out.writeUnsignedVarInt(PartedList.MARK);
            out.writeUnsignedVarInt(parted.first);
            out.writeUnsignedVarInt(parted.end);
        }
        out.writeUnsignedVarInt(list.size());
        long before = 0;
        for (Stamped<T> each : list) {
            element.write(each.value, out);
            out.writeVarLong(each.millis - before);
            before = each.millis;
        }
        out.writeLong(before);
    }

    @Override
    public ArrayDeque<Stamped<T>> read(BinaryReader in) {
        return read(in, element::read, true);
    }

    private ArrayDeque<Stamped<T>> read(BinaryReader in, Function<BinaryReader, T> elements, boolean isStamped) {
        int size = Announced.elements(in);
        ArrayDeque<Stamped<T>> list;
        if (size == PartedList.MARK) {
            int first = isStamped ? Announced.elsewhere(in) : 0;
            list = new PartedDeque<>(first, Announced.elsewhere(in));
            size = Announced.elsewhere(in); // No second mark.
        } else {
            list = new ArrayDeque<>(Math.min(size, in.remaining() + 1));
        }
        long millis = isStamped ? 0 : limit.startMillis();
        for (int i = 0; i < size; i++) {
            T value = elements.apply(in);
            millis += isStamped ? in.readVarLong() : 0;
            list.add(new Stamped<>(value, millis));
        }
        return list;
    }

    @Override
    public String schema() {
        return ExpiringSerde.schema(ListSerde.WORD + "<" + element.schema() + ">");
    }

    @Override
    public Function<BinaryReader, ArrayDeque<Stamped<T>>> reader(String written) {
        String content = ExpiringSerde.schemaOfContent(written).orElse(written);
        Function<BinaryReader, T> elements = element.reader(
                Schemas.argumentsOf(content, ListSerde.WORD, 1, schema()).get(0));
        return in -> read(in, elements, !content.equals(written));
    }

    @Override
    public boolean hasExpired(ArrayDeque<Stamped<T>> list, long horizonMillis) {
        // Of one in parts only whether all of it has: its last elements are the newest, and parts go by themselves.
        Stamped<T> first = list instanceof PartedDeque<T> ? list.peekLast() : list.peekFirst();
        return first == null ? list instanceof PartedDeque<T> : first.millis <= horizonMillis;
    }

    @Override
    public boolean expire(ArrayDeque<Stamped<T>> list, long horizonMillis) {
        if (list instanceof PartedDeque<T>) {
            return hasExpired(list, horizonMillis);
        }
        expireElements(list, horizonMillis);
        return list.isEmpty();
    }

    /** Takes away what has expired of these, whether or not there are others in parts. */
    void expireElements(ArrayDeque<Stamped<T>> list, long horizonMillis) {
        Stamped<T> oldest = list.peekFirst();
        while (oldest != null && oldest.millis <= horizonMillis) {
            list.removeFirst();
            oldest = list.peekFirst();
        }
    }
}
