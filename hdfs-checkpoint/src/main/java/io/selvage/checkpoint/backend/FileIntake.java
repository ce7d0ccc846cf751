package io.selvage.checkpoint.backend;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * Owned by one thread. Takes files out of a stream: while a piece is read, another thread writes the one before.
 * Nothing is synced to the disk.
 */
final class FileIntake {
    private static final int PIECE_BYTES = 1 << 18;

    private final Executor writing;
    private byte[] piece = {}; // To be read next.
    private byte[] other = {}; // May be under way.

    FileIntake(Executor writing) {
        this.writing = writing;
    }

    /** @throws EOFException if there are fewer bytes than that */
    void take(InputStream in, long length, Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            CompletableFuture<Void> written = CompletableFuture.allOf(); // None is under way.
            try {
                for (long left = length; left > 0; ) {
                    int count = read(in, left);
                    byte[] full = piece;
                    joined(written);
                    written = CompletableFuture.runAsync(() -> write(full, count, out, file), writing);
                    piece = other;
                    other = full;
                    left -= count;
                }
                joined(written);
            } finally {
                written.handle((done, failure) -> done).join(); // Nobody writes once it is closed.
            }
        }
    }

    private int read(InputStream in, long left) throws IOException {
        int wanted = (int) Math.min(PIECE_BYTES, left);
        if (piece.length < wanted) {
            piece = new byte[wanted];
        }
        int read = in.readNBytes(piece, 0, wanted);
        if (read < wanted) {
            throw new EOFException("a segment of keyed state ends " + (left - read) + " bytes before its end");
        }
        return read;
    }

    private static void write(byte[] bytes, int count, OutputStream to, Path file) {
        try {
            to.write(bytes, 0, count);
        } catch (IOException e) {
            throw new UncheckedIOException(new IOException(
                    "State can't be written to " + file + ": " + e.getMessage()
                            + ". See whether the disk is full, or has failed.",
                    e));
        }
    }

    private static void joined(CompletableFuture<Void> written) throws IOException {
        try {
            written.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof UncheckedIOException failed) {
                throw failed.getCause();
            }
            throw e;
        }
    }
}
