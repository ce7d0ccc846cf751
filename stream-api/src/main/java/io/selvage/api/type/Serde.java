package io.selvage.api.type;

import java.io.Serializable;

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

    /** Whether values are equal exactly when their bytes are, which keys must. */
    default boolean isCanonical() {
        return true;
    }
}
