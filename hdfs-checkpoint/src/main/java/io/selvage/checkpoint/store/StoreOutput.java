package io.selvage.checkpoint.store;

import java.io.IOException;
import java.io.OutputStream;

/** Owned by the thread that writes. A file being written in the store. */
public abstract class StoreOutput extends OutputStream {

    StoreOutput() {}

    /** Returns once everything written so far is on the disks of the replicas. */
    public abstract void sync() throws IOException;

    /** Ends the file. Returns once all of it is on the disks of the replicas; closing it after that does nothing. */
    public void commit() throws IOException {
        sync();
        close();
    }
}
