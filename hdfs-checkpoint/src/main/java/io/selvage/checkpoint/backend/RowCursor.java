package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import java.io.IOException;

/**
 * Owned by one thread. Goes over the rows of a replica, which stays as it is meanwhile: by key group, and in a group by
 * the keys' bytes, as unsigned numbers. Before the first call of {@link #next} it is at no row.
 */
abstract class RowCursor implements AutoCloseable {
    private final BinaryReader reader = new BinaryReader(new byte[0]);

    int group = -1;
    byte[] key = {};
    int keyAt;
    int keyLength;
    byte[] row = {};
    int rowAt;
    int rowLength;

    /** Moves to before the first row behind that key, whether or not there is a row of it. */
    abstract void seekBehind(int ofGroup, byte[] ofKey);

    /** False: there are no more. */
    abstract boolean next() throws IOException;

    @Override
    public abstract void close();

    /** Takes a section of the row at hand. */
    @FunctionalInterface
    interface SectionTaker {
        void section(int number, int at, int length);
    }

    /** Takes the sections that the row at hand has, apart. */
    final void forEachSection(SectionTaker taker) {
        reader.reset(row, rowAt, rowLength);
        while (reader.remaining() > 0) {
            int number = reader.readUnsignedVarInt();
            int length = reader.readLength();
            taker.section(number, reader.position(), length);
            reader.skip(length);
        }
    }
}
