package io.selvage.checkpoint.backend;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Owned by one thread. Takes files out of a stream, or gives them into one: while the owner has one piece of the stream
 * at hand, another thread has the next one, or the one before, of the file. Nothing is synced to the disk.
 */
final class FileCopy {
    static final int PIECE_BYTES = 1 << 20;

    /** Whoever knows what the file is decides what that means. */
    static final class ShortFileException extends EOFException {
        private static final long serialVersionUID = 1L;
        private final long missingBytes;

        private ShortFileException(Path file, long missingBytes) {
            super(file + " can't be copied: it is shorter than it was, by " + missingBytes
                    + " bytes or more. If it comes to this again, see whether the disk has failed.");
            this.missingBytes = missingBytes;
        }

        /** At least. */
        long missingBytes() {
            return missingBytes;
        }
    }

    private final Executor files;
    private byte[] piece = {}; // To be read into next.
    private byte[] other = {};

    /** @param files reads and writes these */
    FileCopy(Executor files) {
        this.files = files;
    }

    /** @throws EOFException if the stream has fewer bytes than that */
    void take(InputStream in, long length, Path file) throws IOException {
        try (OutputStream out = openedToWrite(file)) {
            CompletableFuture<Void> written = FileWork.none();
            try {
                for (long left = length; left > 0; ) {
                    int count = nextOf(left);
                    int read = in.readNBytes(piece, 0, count);
                    if (read < count) {
                        throw new EOFException(
                                "a segment of keyed state ends " + (left - read) + " bytes before its end");
                    }
                    byte[] full = piece;
                    FileWork.joined(written);
                    written = FileWork.begin(files, () -> write(full, count, out, file));
                    swap();
                    left -= count;
                }
                FileWork.joined(written);
            } finally {
                FileWork.awaitEnd(written); // Nobody writes once it is closed.
            }
        }
    }

    private static OutputStream openedToWrite(Path file) throws LocalDiskException {
        try {
            return Files.newOutputStream(file);
        } catch (IOException e) {
            throw new LocalDiskException("be written to", file, e);
        }
    }

    /**
     * @param length of the file, in bytes
     * @throws LocalDiskException if the file can't be read
     * @throws ShortFileException if it is shorter
     */
    void give(Path file, long length, OutputStream out) throws IOException {
        try (InputStream in = openedToRead(file)) {
            CompletableFuture<Void> ahead = readAhead(in, length, file);
            try {
                for (long left = length; left > 0; ) {
                    int count = (int) Math.min(PIECE_BYTES, left);
                    FileWork.joined(ahead);
                    byte[] full = piece;
                    swap();
                    left -= count;
                    ahead = readAhead(in, left, file);
                    out.write(full, 0, count);
                }
            } finally {
                FileWork.awaitEnd(ahead); // Nobody reads once it is closed.
            }
        }
    }

    private static InputStream openedToRead(Path file) throws LocalDiskException {
        try {
            return Files.newInputStream(file);
        } catch (IOException e) {
            throw LocalDiskException.ofReading(file, e);
        }
    }

    private CompletableFuture<Void> readAhead(InputStream in, long left, Path file) {
        if (left == 0) {
            return FileWork.none();
        }
        int count = nextOf(left);
        byte[] into = piece;
        return FileWork.begin(files, () -> read(in, into, count, file));
    }

    /** How much of what is left is in the next piece, for which there is room then. */
    private int nextOf(long left) {
        int count = (int) Math.min(PIECE_BYTES, left);
        if (piece.length < count) {
            piece = new byte[count];
        }
        return count;
    }

    private void swap() {
        byte[] full = piece;
        piece = other;
        other = full;
    }

    private static void read(InputStream from, byte[] into, int count, Path file) throws IOException {
        int read;
        try {
            read = from.readNBytes(into, 0, count);
        } catch (IOException e) {
            throw LocalDiskException.ofReading(file, e);
        }
        if (read < count) {
            throw new ShortFileException(file, count - read);
        }
    }

    private static void write(byte[] bytes, int count, OutputStream to, Path file) throws IOException {
        try {
            to.write(bytes, 0, count);
        } catch (IOException e) {
            throw new LocalDiskException("be written to", file, e);
        }
    }
}
