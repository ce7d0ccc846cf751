package io.selvage.checkpoint.journal;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.checkpoint.store.StoredFile;
import java.io.IOException;

/**
 * Owned by one thread; each call blocks on the file system. What the master of one epoch leaves to be seen by whoever
 * can't hear it: an empty file, whose modification time changes as long as the master is well. It takes part in no
 * decision of the journal.
 */
public final class SignOfLife {
    /** What {@link #read} answers where there is none. */
    public static final long NONE = 0;

    private final DurableStore store;
    private final String path;
    private boolean made;

    /** @param directory for the files of all epochs */
    public SignOfLife(DurableStore store, String directory, long epoch) {
        this.store = store;
        this.path = DurableStore.join(directory, epoch + "-alive");
    }

    /** Changes it. False: somebody has deleted it, which is left at that. */
    public boolean renew() throws IOException {
        if (made) {
            return store.touch(path);
        }
        PutOutcome put = store.putContent(path, out -> {});
        if (put.kind() != PutOutcome.Kind.WON && put.kind() != PutOutcome.Kind.LOST) {
            throw new IOException(path + " could not be written", put.cause());
        }
        made = true;
        return true;
    }

    /** A number that is another one after each renewal. */
    public long read() throws IOException {
        return store.status(path).map(StoredFile::modificationTimeMillis).orElse(NONE);
    }
}
