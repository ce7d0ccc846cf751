package io.selvage.checkpoint.snapshot;

import io.selvage.checkpoint.store.DurableStore;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32C;

/** Safe for use by many threads. Reads segments back and verifies that they are what was written. */
public final class SegmentReader {
    private static final String REMEDY =
            " The checkpoint can't be restored: restore the file from an HDFS snapshot or backup, or start the job from"
                    + " an older checkpoint.";

    private final DurableStore store;

    public SegmentReader(DurableStore store) {
        this.store = store;
    }

    /** @throws SegmentDamagedException if the file is gone or its bytes differ from those that were written */
    public byte[] read(SegmentHandle segment) throws IOException {
        byte[] bytes;
        try (InputStream in = store.openAt(segment.file(), segment.offset())) {
            bytes = in.readNBytes(segment.length());
        } catch (FileNotFoundException e) {
            throw new SegmentDamagedException("The checkpoint file " + segment.file() + " is missing." + REMEDY);
        } catch (EOFException e) {
            // Hadoop says so of a file that is too short, and of a server that has gone away in the midst of a call.
            throw isTooShort(segment) ? tooShort(segment, 0) : e;
        }
        if (bytes.length != segment.length()) {
            throw tooShort(segment, bytes.length);
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        int actual = (int) crc.getValue();
        if (actual != segment.crc32c()) {
            throw new SegmentDamagedException(String.format(
                    "The checkpoint file %s is damaged: the %d bytes at offset %d have checksum 0x%08x and should have"
                            + " 0x%08x.%s",
                    segment.file(), segment.length(), segment.offset(), actual, segment.crc32c(), REMEDY));
        }
        return bytes;
    }

    private boolean isTooShort(SegmentHandle segment) throws IOException {
        return store.status(segment.file())
                .map(file -> file.length() < segment.offset() + segment.length())
                .orElse(true);
    }

    private static SegmentDamagedException tooShort(SegmentHandle segment, int found) {
        return new SegmentDamagedException("The checkpoint file " + segment.file() + " is damaged: " + found
                + " bytes are left at offset " + segment.offset() + ", where " + segment.length()
                + " were written." + REMEDY);
    }
}
