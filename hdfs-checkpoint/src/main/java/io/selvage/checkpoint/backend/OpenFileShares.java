package io.selvage.checkpoint.backend;

import io.selvage.protocol.failure.OpenFileLimit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Safe for use by many threads: about how many files each store may have open. All stores have the same, whichever came
 * first, and all of them together leave half of what the process may have open to connections, uploads and the rest,
 * for as long as there are not so many stores that each gets no more than the least.
 */
final class OpenFileShares {
    /** To RocksDB: as many as there are. */
    static final int NO_LIMIT = -1;
    /** RocksDB takes no less than 20, of which it keeps 10 for what is no table. */
    static final int LEAST = 32;
    /** There are so many times as many parts as stores before there are fewer parts again. */
    private static final int SPARE = 4;

    private static final OpenFileShares OF_PROCESS = new OpenFileShares(OpenFileLimit.ofProcess());

    private final long most;
    /** Locked: who opens a store may go on only when the others have given way, whichever threads these belong to. */
    private final List<Share> shares = new ArrayList<>();

    private int parts = 1; // That half of the limit is divided into; guarded by the same lock.

    /** A store that is open; told by whichever thread opens or closes another. */
    interface Limited {
        void setMostOpen(int files);
    }

    /** @param limit of files and connections; 0: it is not known, and nothing is limited */
    OpenFileShares(long limit) {
        most = limit / 2;
    }

    /** Of all environments of this process. */
    static OpenFileShares ofProcess() {
        return OF_PROCESS;
    }

    /** For one store that is to be opened; it is given back before that is closed, or if it can't be opened. */
    Share take() {
        synchronized (shares) {
            Share share = new Share();
            shares.add(share);
            divide();
            return share;
        }
    }

    /**
     * For each of them. Each change is written to the disk, for every store: the parts are seldom others, and not
     * because a store is opened and closed again, as for each state that is taken back to its last checkpoint.
     */
    private void divide() {
        while (parts < shares.size()) {
            parts *= 2;
        }
        while (parts > 1 && shares.size() * SPARE <= parts) {
            parts /= 2;
        }
        int files = most == 0 ? NO_LIMIT : (int) Math.min(Integer.MAX_VALUE, Math.max(LEAST, most / parts));
        for (Share share : shares) {
            share.set(files);
        }
    }

    /** What one store has; its fields are guarded by the lock of all. */
    final class Share {
        private int files = NO_LIMIT;
        private @Nullable Limited store; // null: it is not open yet.

        /** As of now. */
        int files() {
            synchronized (shares) {
                return files;
            }
        }

        /**
         * From now on the store is told what changes.
         *
         * @param with how many it was opened with
         */
        void opened(int with, Limited opened) {
            synchronized (shares) {
                store = opened;
                if (files != with) {
                    opened.setMostOpen(files);
                }
            }
        }

        private void set(int now) {
            if (store != null && files != now) {
                store.setMostOpen(now);
            }
            files = now;
        }

        /** The store is told nothing any more once this returns. */
        void giveBack() {
            synchronized (shares) {
                shares.remove(this);
                divide();
            }
        }
    }
}
