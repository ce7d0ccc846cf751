package io.selvage.checkpoint.store;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Owned by the thread that reads. A file of the store that is read from any place, with one call to open it. */
public abstract class StoreInput extends InputStream {

    StoreInput() {}

    /**
     * Goes on at an offset, in bytes, in either direction.
     *
     * @throws EOFException if the file ends before it; Hadoop also says so of a server that has gone away
     */
    public abstract void seek(long offset) throws IOException;

    /**
     * Nothing is read for a while: connections and buffers are given back, as far as the file system can, and what is
     * read next has new ones. The file stays open.
     */
    public abstract void rest() throws IOException;
}
