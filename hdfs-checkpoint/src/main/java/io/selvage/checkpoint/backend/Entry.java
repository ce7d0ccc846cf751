package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;

/** Owned by its reader, which moves it from one entry of a segment or an arena to the next. */
final class Entry {
    int keyAt;
    int keyLength;
    int rowAt;
    int rowLength; // 0: the row has gone.
    long firstTimerMillis; // MAX_VALUE: none.

    void read(BinaryReader in) {
        keyLength = in.readLength();
        keyAt = in.position();
        in.skip(keyLength);
        int lengthAndFlag = in.readUnsignedVarInt();
        rowLength = lengthAndFlag >>> 1;
        firstTimerMillis = (lengthAndFlag & 1) == 0 ? Long.MAX_VALUE : in.readLong();
        rowAt = in.position();
        in.skip(rowLength);
    }

    int end() {
        return rowAt + rowLength;
    }
}
