package io.selvage.checkpoint.snapshot;

import io.selvage.checkpoint.store.DurableStore;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/** Safe for use by many threads. Reads segments back and verifies that they are what was written. */
public final class SegmentReader implements SegmentSource {
    private static final String REMEDY =
            " The checkpoint can't be restored: restore the file from an HDFS snapshot or backup, or start the job from"
                    + " an older checkpoint.";

    private final DurableStore store;

    public SegmentReader(DurableStore store) {
        this.store = store;
    }

    /** @throws SegmentDamagedException if the file is gone or its bytes differ from those that were written */
    public byte[] read(SegmentHandle segment) throws IOException {
        try (InputStream in = open(segment)) {
            byte[] bytes = in.readNBytes(Math.toIntExact(segment.length()));
            in.read(); // Its end, where it is verified.
            return bytes;
        }
    }

    @Override
    public InputStream open(SegmentHandle segment) throws IOException {
        return open(segment, store::openAt);
    }

    /**
     * For who reads several segments one after the other: files of which more will be read stay open meanwhile.
     *
     * @param isWantedAgain asked whenever a segment of a file has been read: whether another one of it will be
     */
    public SegmentFiles files(Predicate<String> isWantedAgain) {
        return new SegmentFiles(this, store, isWantedAgain);
    }

    /** How a file comes to be read from an offset, in bytes. */
    interface Opening {
        InputStream openAt(String file, long offset) throws IOException;
    }

    InputStream open(SegmentHandle segment, Opening opening) throws IOException {
        if (segment.isInPlace()) {
            return new Verifying(segment, segment.content().newInput());
        }
        try {
            return new Verifying(segment, opening.openAt(segment.file(), segment.offset()));
        } catch (FileNotFoundException e) {
            throw missing(segment);
        } catch (EOFException e) {
            throw shortOrElse(segment, 0, e);
        }
    }

    /**
     * Reads a segment that was just opened to its end, and closes it: what in it is not what a backend has written may
     * be met before that, where nobody knows yet whether it is what was written.
     *
     * @throws SegmentDamagedException if it is not
     */
    public static void verify(InputStream opened) throws IOException {
        try (opened) {
            opened.transferTo(OutputStream.nullOutputStream());
        }
    }

    private static void requireSame(SegmentHandle segment, int actual) throws SegmentDamagedException {
        if (actual != segment.crc32c()) {
            throw new SegmentDamagedException(String.format(
                    "The checkpoint %s is damaged: the %d bytes at offset %d have checksum 0x%08x and should have"
                            + " 0x%08x.%s",
                    where(segment), segment.length(), segment.offset(), actual, segment.crc32c(), REMEDY));
        }
    }

    /** Owned by its reader. Ends with the segment. */
    private final class Verifying extends InputStream {
        private final SegmentHandle segment;
        private final InputStream in;
        private final CRC32C crc = new CRC32C();
        private long left;
        private boolean hasSkipped;

        Verifying(SegmentHandle segment, InputStream in) {
            this.segment = segment;
            this.in = in;
            this.left = segment.length();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (left == 0) {
                if (!hasSkipped) {
                    requireSame(segment, (int) crc.getValue());
                }
                return -1;
            }
            int count;
            try {
                count = in.read(into, offset, (int) Math.min(length, left));
            } catch (FileNotFoundException e) { // It was there when it was opened.
                throw missing(segment);
            } catch (EOFException e) {
                throw shortOrElse(segment, segment.length() - left, e);
            }
            if (count < 0) {
                throw tooShort(segment, segment.length() - left);
            }
            if (!hasSkipped) {
                crc.update(into, offset, count);
            }
            left -= count;
            return count;
        }

        /** Without reading it, where the file system can. */
        @Override
        public long skip(long count) throws IOException {
            long skipped = count <= 0 ? 0 : in.skip(Math.min(count, left));
            hasSkipped |= skipped > 0;
            left -= skipped;
            return skipped;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** Hadoop says so of a file that is too short, and of a server that has gone away in the midst of a call. */
    private IOException shortOrElse(SegmentHandle segment, long found, EOFException said) throws IOException {
        return isTooShort(segment) ? tooShort(segment, found) : said;
    }

    private boolean isTooShort(SegmentHandle segment) throws IOException {
        if (segment.isInPlace()) {
            return true;
        }
        return store.status(segment.file())
                .map(file -> file.length() < segment.offset() + segment.length())
                .orElse(true);
    }

    private static String where(SegmentHandle segment) {
        return segment.isInPlace() ? "metadata with the state in it" : "file " + segment.file();
    }

    private static SegmentDamagedException missing(SegmentHandle segment) {
        return new SegmentDamagedException("The checkpoint file " + segment.file() + " is missing." + REMEDY);
    }

    private static SegmentDamagedException tooShort(SegmentHandle segment, long found) {
        return new SegmentDamagedException("The checkpoint " + where(segment) + " is damaged: " + found
                + " bytes are left at offset " + segment.offset() + ", where " + segment.length()
                + " were written." + REMEDY);
    }
}
