package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Schemas;
import io.selvage.api.type.Serde;
import java.util.ArrayList;
import java.util.function.Function;

/** Stateless. The elements of a list state, in a list that can grow. */
record ListSerde<T>(Serde<T> element) implements Serde<ArrayList<T>> {
    static final String WORD = "list";

    private static final long serialVersionUID = 1L;

    @Override
    public void write(ArrayList<T> value, BinaryWriter out) {
        if (value instanceof PartedList<T> parted) {
            out.writeUnsignedVarInt(PartedList.MARK);
            out.writeUnsignedVarInt(parted.parts);
        }
        out.writeUnsignedVarInt(value.size());
        for (int i = 0; i < value.size(); i++) {
            element.write(value.get(i), out);
        }
    }

    @Override
    public ArrayList<T> read(BinaryReader in) {
        return read(in, element::read, false);
    }

    private ArrayList<T> read(BinaryReader in, Function<BinaryReader, T> elements, boolean isStamped) {
        int size = Announced.elements(in);
        ArrayList<T> value;
        if (size == PartedList.MARK) {
            if (isStamped) {
                Announced.elsewhere(in); // The first part: those before it are not there, and not missed.
            }
            value = new PartedList<>(Announced.elsewhere(in));
            size = Announced.elsewhere(in); // No second mark.
        } else {
            value = new ArrayList<>(Math.min(size, in.remaining() + 1));
        }
        for (int i = 0; i < size; i++) {
            value.add(elements.apply(in));
            if (isStamped) {
                in.readVarLong();
            }
        }
        return value;
    }

    @Override
    public String schema() {
        return WORD + "<" + element.schema() + ">";
    }

    @Override
    public Function<BinaryReader, ArrayList<T>> reader(String written) {
        String content = ExpiringSerde.schemaOfContent(written).orElse(written);
        Function<BinaryReader, T> elements =
                element.reader(Schemas.argumentsOf(content, WORD, 1, schema()).get(0));
        return in -> read(in, elements, !content.equals(written));
    }
}
