package io.selvage.protocol.id;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** A savepoint that a client has asked for, and chosen the id of; also the end of its directory's name. */
public record SavepointId(String value) implements Comparable<SavepointId> {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{12}");
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int RANDOM_BYTES = 6;

    public SavepointId {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "\"" + value + "\" is not a savepoint's id: it reads like 5f0c1b2a9e47.");
        }
    }

    /** A new id; 48 random bits, enough for the savepoints of one job in one directory. */
    public static SavepointId random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(bytes);
        return new SavepointId(HexFormat.of().formatHex(bytes));
    }

    @Override
    public int compareTo(SavepointId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
