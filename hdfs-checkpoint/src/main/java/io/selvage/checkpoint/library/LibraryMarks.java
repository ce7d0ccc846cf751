package io.selvage.checkpoint.library;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.checkpoint.store.StoredFile;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.hadoop.security.AccessControlException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Safe for use by many threads and processes; each call blocks on the file system. Keeps whoever takes a library from
 * the store and whoever deletes it out of each other's way, without a lock that a dead one could hold. A library is a
 * directory under {@link LibraryStore#LIBRARIES} with all that is in it.
 *
 * <p>Each writes a mark of its own into the directory, and then looks for the other's. Who takes it marks it used, and
 * does not take it where he sees a sweep's mark; a sweep marks it too, and deletes nothing where the mark of use is
 * newer than when it found the library unused. So at least one of two at the same time sees the other. Of several
 * sweeps those that see another one's mark leave it, too.
 *
 * <p>The library itself is never touched or moved: YARN compares its time of modification. A sweep that died leaves its
 * mark, and until another one takes that away, nobody takes the library.
 */
public final class LibraryMarks {
    /** What begins so is no library. */
    static final String PREFIX = ".selvage-";

    static final String USED = PREFIX + "used";
    private static final String SWEEP = PREFIX + "sweep-";

    /** A directory that is deleted between mark and look is marked again. */
    static final int TAKE_ATTEMPTS = 3;

    /** A sweep's mark that is older is a dead one's. */
    public static final Duration STALE = Duration.ofHours(1);

    /** A sweep that has taken longer, because its process was stopped, say, deletes nothing any more. */
    private static final Duration LONGEST_HOLD = Duration.ofMinutes(1);

    private static final Logger LOG = LoggerFactory.getLogger(LibraryMarks.class);

    private final DurableStore store;

    /** @param store rooted at the state root */
    public LibraryMarks(DurableStore store) {
        this.store = store;
    }

    /**
     * Marks a library used, whether or not it is there yet. True: nobody who deletes what was not used for long deletes
     * what lies there now, or is put there next. False: somebody is deleting it, or died over it.
     */
    boolean tryTake(String directory) throws IOException {
        for (int attempt = 1; attempt <= TAKE_ATTEMPTS; attempt++) {
            markUsed(directory);
            List<StoredFile> marks = store.marks(directory);
            if (marks.stream().anyMatch(LibraryMarks::isOfSweep)) {
                return false;
            }
            if (marks.stream().anyMatch(mark -> mark.name().equals(USED))) {
                return true;
            }
        }
        return false;
    }

    private void markUsed(String directory) throws IOException {
        String used = DurableStore.join(directory, USED);
        boolean isAhead = store.status(used)
                .filter(mark -> mark.modificationTimeMillis() >= System.currentTimeMillis())
                .isPresent(); // This clock is late: another's mark is not to be set back.
        if (isAhead || store.touch(used)) {
            return;
        }
        PutOutcome put = store.putContent(used, nothing -> {});
        if (put.kind() == PutOutcome.Kind.NOT_WRITTEN || put.kind() == PutOutcome.Kind.UNDECIDED) {
            IOException cause = Objects.requireNonNull(put.cause());
            if (cause instanceof AccessControlException forbidden) {
                throw forbidden;
            }
            throw new IOException(
                    "The mark of use " + store.qualify(used) + " could not be written: " + cause.getMessage(), cause);
        }
    }

    /** When a library was put there or last taken; 0 if nothing but a sweep's mark is left of it. */
    public long lastUsedMillis(String directory) throws IOException {
        return lastUsedMillis(directory, store.marks(directory));
    }

    private long lastUsedMillis(String directory, List<StoredFile> marks) throws IOException {
        return Stream.of(
                        store.list(directory).stream(),
                        store.temporaries(directory).stream(),
                        marks.stream().filter(mark -> mark.name().equals(USED)))
                .flatMap(each -> each)
                .mapToLong(StoredFile::modificationTimeMillis)
                .max()
                .orElse(0);
    }

    /** The marks of sweeps in a library's directory. */
    public List<StoredFile> ofSweeps(String directory) throws IOException {
        return store.marks(directory).stream().filter(LibraryMarks::isOfSweep).toList();
    }

    /**
     * Deletes a library that nobody has taken since it was looked at, and marks of sweeps that are dead. False: it was
     * taken, or somebody else is at it.
     *
     * @param lastUsedMillis as it was seen then
     */
    public boolean tryDelete(String directory, long lastUsedMillis) throws IOException {
        return tryHold(directory, (hold, marks) -> {
            if (lastUsedMillis(directory, marks) > lastUsedMillis) {
                return false;
            }
            for (StoredFile file : store.list(directory)) {
                hold.delete(file.path());
            }
            for (StoredFile file : store.temporaries(directory)) {
                hold.delete(file.path());
            }
            for (StoredFile hidden : marks) { // Shipped under a name that begins with a dot.
                if (!isOfSweep(hidden) && !hidden.name().equals(USED)) {
                    hold.delete(hidden.path());
                }
            }
            hold.delete(DurableStore.join(directory, USED));
            return true;
        });
    }

    /** Takes away the marks of sweeps that are dead, and nothing else. False: somebody else is at it. */
    public boolean tryClear(String directory) throws IOException {
        return tryHold(directory, (hold, marks) -> true);
    }

    @FunctionalInterface
    private interface Held {
        boolean act(Hold hold, List<StoredFile> marks) throws IOException;
    }

    /** What takes from the library from now on sees the mark, and what has taken from it before has left its own. */
    private boolean tryHold(String directory, Held held) throws IOException {
        Hold hold = new Hold(System.nanoTime(), System.currentTimeMillis(), SWEEP + UUID.randomUUID());
        String ours = DurableStore.join(directory, hold.mark());
        store.create(ours).close();
        try {
            List<StoredFile> marks = store.marks(directory);
            if (!hold.isAlone(marks) || !held.act(hold, marks)) {
                return false;
            }
            for (StoredFile mark : marks) {
                if (isOfSweep(mark) && !mark.name().equals(hold.mark())) {
                    hold.delete(mark.path());
                }
            }
            return true;
        } finally {
            store.delete(ours);
            deleteIfEmpty(directory);
        }
    }

    private void deleteIfEmpty(String directory) {
        try {
            store.deleteIfEmpty(directory);
        } catch (IOException notNow) { // Most likely as somebody puts a library there.
            LOG.info("The directory {} stays.", directory, notNow);
        }
    }

    static boolean isOfSweep(StoredFile mark) {
        return mark.name().startsWith(SWEEP);
    }

    private final class Hold {
        private final long sinceNanos;
        private final long sinceMillis; // The other clock may stand still while a host sleeps.
        private final String mark;

        Hold(long sinceNanos, long sinceMillis, String mark) {
            this.sinceNanos = sinceNanos;
            this.sinceMillis = sinceMillis;
            this.mark = mark;
        }

        String mark() {
            return mark;
        }

        /** Of two that come at the same time, both may see that they are not. */
        boolean isAlone(List<StoredFile> marks) {
            long oursMillis = marks.stream()
                    .filter(each -> each.name().equals(mark))
                    .mapToLong(StoredFile::modificationTimeMillis)
                    .findFirst()
                    .orElse(Long.MIN_VALUE); // Taken away by another sweep: not ours to go on.
            return oursMillis != Long.MIN_VALUE
                    && marks.stream()
                            .filter(each -> isOfSweep(each) && !each.name().equals(mark))
                            .allMatch(each -> each.modificationTimeMillis() < oursMillis - STALE.toMillis());
        }

        void delete(String path) throws IOException {
            if (System.nanoTime() - sinceNanos > LONGEST_HOLD.toNanos()
                    || System.currentTimeMillis() - sinceMillis > LONGEST_HOLD.toMillis()) {
                throw new IOException(
                        store.qualify(path) + " is left: it has taken so long that others may have gone on"
                                + " meanwhile. Run the command again.");
            }
            store.delete(path);
        }
    }
}
