package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;

/** Owned by its reader, which moves it from one entry of a segment or an arena to the next. */
final class Entry {
    int keyAt;
    int keyLength;
    int rowAt;
    int rowLength; // 0: the row has gone.
    long firstTimerMillis; // MAX_VALUE: none.
    int end;

    void read(BinaryReader in) {
        keyLength = in.readLength();
        keyAt = in.position();
        in.skip(keyLength);
        rowLength = in.readLength();
        rowAt = in.position();
        in.skip(rowLength);
        firstTimerMillis = rowLength > 0 && in.readBoolean() ? in.readLong() : Long.MAX_VALUE;
        end = in.position();
    }
}
