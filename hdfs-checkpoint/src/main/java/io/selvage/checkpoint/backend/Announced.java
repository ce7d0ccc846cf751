package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.CorruptDataException;

/**
 * Stateless. Reads how many of something there are: damage never makes nothing of it, nor takes memory for more than
 * there are bytes; of elements that have none there may be any number.
 */
final class Announced {
    private Announced() {}

    /**
     * How many elements of a list follow, or {@link PartedList#MARK}. A window may have any number of elements that
     * have no bytes; all others end with the bytes, at the latest.
     */
    static int elements(BinaryReader in) {
        int count = in.readUnsignedVarInt();
        return count == PartedList.MARK ? count : notNegative(count, in);
    }

    /** How many entries of a map follow, or {@link PartedMap#MARK}: all but one have a key of a byte at least. */
    static int entries(BinaryReader in) {
        int count = in.readUnsignedVarInt();
        if (count != PartedMap.MARK && notNegative(count, in) - 1 > in.remaining()) {
            throw refused(count, in);
        }
        return count;
    }

    /** How many there are elsewhere. */
    static int elsewhere(BinaryReader in) {
        return notNegative(in.readUnsignedVarInt(), in);
    }

    private static int notNegative(int count, BinaryReader in) {
        if (count < 0) {
            throw refused(count, in);
        }
        return count;
    }

    private static CorruptDataException refused(int count, BinaryReader in) {
        return new CorruptDataException(Integer.toUnsignedString(count) + " elements announced before offset "
                + in.position() + ", where " + in.remaining() + " bytes are left");
    }
}
