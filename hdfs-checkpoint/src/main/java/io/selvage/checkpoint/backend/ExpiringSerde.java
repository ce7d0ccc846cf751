package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.Schemas;
import io.selvage.api.type.Serde;
import java.util.Optional;

/**
 * Of what a state with a time-to-live has for a key. The last eight bytes are the time at which any of it was used
 * last, so that it can be told of bytes whether all of it has expired.
 */
interface ExpiringSerde<C> extends Serde<C> {
    String WORD = "ttl";

    TimeLimit limit();

    /** Whether any of it was last used then, or before. */
    boolean hasExpired(C cell, long horizonMillis);

    /** Takes that away; answers whether nothing is left. */
    boolean expire(C cell, long horizonMillis);

    /** Of what is written with a time, the schema of what is written beside it; empty: it is written without. */
    static Optional<String> schemaOfContent(String schema) {
        return Schemas.arguments(schema, WORD).map(content -> content.get(0));
    }

    static String schema(String content) {
        return WORD + "<" + content + ">";
    }

    /** When any of what ends there was used last. */
    static long lastUseMillis(byte[] bytes, int end) {
        return new BinaryReader(bytes, end - Long.BYTES, Long.BYTES).readLong();
    }
}
