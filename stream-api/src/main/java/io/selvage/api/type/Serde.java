package io.selvage.api.type;

import java.io.Serializable;
import java.util.function.Function;

/**
 * How values of a type become bytes and bytes become values: on the wire, in state, and as keys.
 *
 * <p>Stateless: one instance serves any number of threads. Travels with the job graph, hence {@link Serializable}.
 *
 * @param <T> the type; null is never written
 */
public interface Serde<T> extends Serializable {
    void write(T value, BinaryWriter out);

    T read(BinaryReader in);

    /**
     * The format in words, kept with every state that is written by this serde: two serdes with equal schemas read each
     * other's bytes.
     */
    String schema();

    /**
     * Reads values of this type from bytes that were written under another schema, as an earlier version of the program
     * had it. Of records, components may have been added since (they are null, zero, or an empty optional; a field of a
     * plain class is as its constructor leaves it), removed, reordered, and widened from int to long or double, and
     * from float to double; so may elements of lists and arrays, and values of maps and optionals. What was not
     * optional may be so.
     *
     * @param written what {@link #schema()} was when the bytes were written
     * @throws IncompatibleSchemaException if they can't be read
     */
    default Function<BinaryReader, T> reader(String written) {
        if (!written.equals(schema())) {
            throw new IncompatibleSchemaException(written, schema());
        }
        return this::read;
    }

    /** Whether values are equal exactly when their bytes are, which keys must. */
    default boolean isCanonical() {
        return true;
    }
}
