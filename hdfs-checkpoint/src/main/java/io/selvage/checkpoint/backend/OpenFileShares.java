package io.selvage.checkpoint.backend;

import io.selvage.protocol.failure.OpenFileLimit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Safe for use by many threads: how many files each store may have open. All of them together leave half of what the
 * process may have open to connections, uploads and the rest, for as long as there are not so many stores that each
 * gets no more than the least.
 */
final class OpenFileShares {
    /** To RocksDB: as many as there are. */
    static final int NO_LIMIT = -1;
    /** RocksDB takes no less than 20, of which it keeps 10 for what is no table. */
    static final int LEAST = 32;
    /** A store gets no more than one part in so many: more are to come. */
    private static final int PARTS = 16;

    private static final OpenFileShares OF_PROCESS = new OpenFileShares(OpenFileLimit.ofProcess());

    private final long most;
    private final AtomicLong left;

    /** @param limit of files and connections; 0: it is not known, and nothing is limited */
    OpenFileShares(long limit) {
        most = limit / 2;
        left = new AtomicLong(most);
    }

    /** Of all environments of this process. */
    static OpenFileShares ofProcess() {
        return OF_PROCESS;
    }

    /** For one store, which gives it back once it is closed. */
    int take() {
        if (most == 0) {
            return NO_LIMIT;
        }
        return shareOf(left.getAndUpdate(now -> now - shareOf(now)));
    }

    void giveBack(int share) {
        if (share != NO_LIMIT) {
            left.addAndGet(share);
        }
    }

    private int shareOf(long now) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(LEAST, Math.min(most / PARTS, now / 2)));
    }
}
