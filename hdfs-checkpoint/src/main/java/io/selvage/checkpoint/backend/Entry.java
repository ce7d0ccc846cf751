package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;

/** Owned by its reader, which moves it from one entry of a segment or an arena to the next. */
final class Entry {
    int keyAt;
    int keyLength;
    int rowAt;
    int rowLength; // 0: the row has gone.
    final FirstTimers firstTimers = new FirstTimers();
    int end;

    void read(BinaryReader in) {
        keyLength = in.readLength();
        keyAt = in.position();
        in.skip(keyLength);
        rowLength = in.readLength();
        rowAt = in.position();
        in.skip(rowLength);
        if (rowLength > 0) {
            firstTimers.read(in);
        } else {
            firstTimers.clear();
        }
        end = in.position();
    }
}
