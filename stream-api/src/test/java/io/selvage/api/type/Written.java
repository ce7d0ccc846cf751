package io.selvage.api.type;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;

/** What becomes of values and serdes that are written, for tests. */
final class Written {
    private Written() {}

    static <T> byte[] written(Serde<T> serde, T value) {
        BinaryWriter out = new BinaryWriter(16);
        serde.write(value, out);
        return out.toByteArray();
    }

    /** All that was written is read. */
    static <T> T roundTrip(Serde<T> serde, T value) {
        BinaryReader in = new BinaryReader(written(serde, value));
        T back = serde.read(in);
        assertThat(in.remaining()).isZero();
        return back;
    }

    /** The serde as an executor has it. */
    @SuppressWarnings("unchecked")
    static <T> Serde<T> travelled(Serde<T> serde) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(serde);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (Serde<T>) in.readObject();
        }
    }
}
