package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.util.ArrayList;

/** Stateless. The elements of a list state, in a list that can grow. */
record ListSerde<T>(Serde<T> element, String schema) implements Serde<ArrayList<T>> {
    private static final long serialVersionUID = 1L;

    @Override
    public void write(ArrayList<T> value, BinaryWriter out) {
        out.writeUnsignedVarInt(value.size());
        for (int i = 0; i < value.size(); i++) {
            element.write(value.get(i), out);
        }
    }

    @Override
    public ArrayList<T> read(BinaryReader in) {
        int size = in.readUnsignedVarInt();
        ArrayList<T> value = new ArrayList<>(Math.min(size, in.remaining() + 1));
        for (int i = 0; i < size; i++) {
            value.add(element.read(in));
        }
        return value;
    }
}
