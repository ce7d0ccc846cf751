package io.selvage.checkpoint.backend;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/**
 * The local disk refuses what state on it needs, as it is full, or has failed: a process on another node may have what
 * is missing here. The message names the directory, what is free there, and the remedy.
 */
public final class LocalDiskException extends IOException {
    private static final long serialVersionUID = 1L;
    /** Causes may go round in a circle. */
    private static final int MOST_CAUSES = 10;

    /** @param verb what can't be done to state there: "be written to", say */
    public LocalDiskException(String verb, Path directory, Exception cause) {
        super(
                "State can't " + verb + " " + directory + ", where " + free(directory) + ": " + cause.getMessage()
                        + ". See whether the disk is full, and make room, or has failed.",
                cause);
    }

    /** What RocksDB thinks of the files themselves is not the disk's fault for sure: they may have come damaged. */
    static IOException of(String verb, Path directory, RocksDBException cause) {
        boolean isOfDisk = cause.getStatus() != null && cause.getStatus().getCode() == Status.Code.IOError;
        return isOfDisk
                ? new LocalDiskException(verb, directory, cause)
                : new IOException("State can't " + verb + " " + directory + ": " + cause.getMessage(), cause);
    }

    /** The one that has led to a failure, if that is one itself or has one among its causes; null: none has. */
    public static @Nullable LocalDiskException in(@Nullable Throwable failure) {
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MOST_CAUSES; i++) {
            if (cause instanceof LocalDiskException found) {
                return found;
            }
            cause = cause.getCause();
        }
        return null;
    }

    /** Makes a directory, and those that it lies in. */
    static Path made(Path directory) throws LocalDiskException {
        try {
            return Files.createDirectories(directory);
        } catch (IOException e) {
            throw new LocalDiskException("be written to", directory, e);
        }
    }

    private static String free(Path directory) {
        Path there = directory;
        while (there.getParent() != null && !Files.exists(there)) {
            there = there.getParent();
        }
        try {
            FileStore disk = Files.getFileStore(there);
            return (disk.getUsableSpace() >> 20) + " of " + (disk.getTotalSpace() >> 20) + " MiB are free";
        } catch (IOException e) {
            return "it can't be told what is free (" + e.getMessage() + ")";
        }
    }
}
