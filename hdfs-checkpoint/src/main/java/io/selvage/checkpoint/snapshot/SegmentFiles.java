package io.selvage.checkpoint.snapshot;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoreInput;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by one thread. Reads segments one after the other, many of one file from one stream, since a file that is
 * opened is a call to the NameNode: one of which more will be read stays open. Only the one read last keeps its
 * connection meanwhile.
 *
 * <p>It seeks, and does not read by positions: HDFS sends what follows ahead of its reader, and what lies next to what
 * was read before comes from the same connection. Who reads the same files at the same time has streams of his own.
 */
public final class SegmentFiles implements SegmentSource, Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentFiles.class);
    /** Each knows where its file's blocks are; what finds no room is opened again. */
    static final int MOST_OPEN = 256;

    private final SegmentReader reader;
    private final DurableStore store;
    private final Predicate<String> isWantedAgain;
    private final Map<String, StoreInput> resting = new HashMap<>(); // By file.
    private @Nullable StoreInput readLast; // One of these, which has its connection.
    private boolean isClosed;

    SegmentFiles(SegmentReader reader, DurableStore store, Predicate<String> isWantedAgain) {
        this.reader = reader;
        this.store = store;
        this.isWantedAgain = isWantedAgain;
    }

    @Override
    public InputStream open(SegmentHandle segment) throws IOException {
        if (isClosed) {
            throw new IllegalStateException("files of segments were closed, and " + segment.file() + " is to be read");
        }
        return reader.open(segment, this::openAt);
    }

    private InputStream openAt(String file, long offset) throws IOException {
        StoreInput last = readLast;
        if (last != null && last != resting.get(file)) {
            restOrEnd(last);
        }
        readLast = null;
        StoreInput known = resting.remove(file);
        StoreInput in = known == null ? store.openToSeek(file) : known;
        Lent lent = new Lent(file, in);
        boolean isThere = false;
        try {
            in.seek(offset);
            isThere = true;
            return lent;
        } finally {
            if (!isThere) {
                in.close();
            }
        }
    }

    /** What is to be read now is another file: that this one fails is no matter, and it is opened again. */
    private void restOrEnd(StoreInput last) {
        try {
            last.rest();
        } catch (IOException e) {
            LOG.warn("A file was read, and its connection can't be given back: {}", e.toString());
            closeIf((file, in) -> in == last);
        }
    }

    /** Closes files of which no more will be read by now. */
    public void closeUnwanted() {
        closeIf((file, in) -> !isWantedAgain.test(file));
    }

    /** Closes all; a segment that is still open closes its own. */
    @Override
    public void close() {
        isClosed = true;
        closeIf((file, in) -> true);
    }

    private void closeIf(BiPredicate<String, StoreInput> isClosedNow) {
        for (Iterator<Map.Entry<String, StoreInput>> each = resting.entrySet().iterator(); each.hasNext(); ) {
            Map.Entry<String, StoreInput> file = each.next();
            if (isClosedNow.test(file.getKey(), file.getValue())) {
                each.remove();
                end(file.getKey(), file.getValue());
            }
        }
    }

    /** All that was wanted of it was read, or whoever wants it is told why it can't be. */
    private void end(String file, StoreInput in) {
        if (in == readLast) {
            readLast = null;
        }
        try {
            in.close();
        } catch (IOException e) {
            LOG.warn("{} was read, and can't be closed: {}", file, e.toString());
        }
    }

    /** Owned by the same thread: a file that a segment is read of. */
    private final class Lent extends InputStream {
        private final String file;
        private final StoreInput in;
        private boolean hasFailed; // What is read next is to be read from a new stream.
        private boolean isGivenBack;

        Lent(String file, StoreInput in) {
            this.file = file;
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            boolean wasSound = !hasFailed;
            hasFailed = true;
            int count = in.read(into, offset, length);
            hasFailed = !wasSound;
            return count;
        }

        @Override
        public long skip(long count) throws IOException {
            boolean wasSound = !hasFailed;
            hasFailed = true;
            long skipped = in.skip(count);
            hasFailed = !wasSound;
            return skipped;
        }

        @Override
        public void close() {
            if (isGivenBack) {
                return;
            }
            isGivenBack = true;
            boolean isKept = !hasFailed
                    && !isClosed
                    && resting.size() < MOST_OPEN
                    && isWantedAgain.test(file)
                    && resting.putIfAbsent(file, in) == null;
            if (isKept) {
                readLast = in;
            } else {
                end(file, in);
            }
        }
    }
}
