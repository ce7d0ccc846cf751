package io.selvage.checkpoint.backend;

import io.selvage.protocol.failure.Causes;
import io.selvage.protocol.failure.OpenFileLimit;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/**
 * The local disk, or the system before it, refuses what state on it needs: it is full, has failed, or may have no more
 * files open. The message says which it is, and names the directory and the remedy.
 */
public final class LocalDiskException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean isOfNode;

    /** @param verb what can't be done to state there: "be written to", say */
    public LocalDiskException(String verb, Path directory, Exception cause) {
        this(verb, directory, cause, "See whether the disk is full, and make room, or has failed.");
    }

    private LocalDiskException(String verb, Path directory, Exception cause, String remedy) {
        super("State can't " + verb + " " + directory + why(directory, cause, remedy), cause);
        isOfNode = !limit(cause).equals(Optional.of(OpenFileLimit.OF_PROCESS));
    }

    /** What can't be read is not for want of room. */
    static LocalDiskException ofReading(Path file, IOException cause) {
        return new LocalDiskException("be read from", file, cause, "See whether the disk has failed.");
    }

    /** Whether a process on another node may have what is missing here; one that is set up alike has not, if false. */
    public boolean isOfNode() {
        return isOfNode;
    }

    private static Optional<OpenFileLimit> limit(Exception cause) {
        return OpenFileLimit.in(String.valueOf(cause.getMessage()));
    }

    private static String why(Path directory, Exception cause, String remedy) {
        String said = ": " + cause.getMessage() + ". ";
        return limit(cause)
                .map(limit -> ", as " + limit.clause() + said + "That is no fault of the disk. " + limit.remedy())
                .orElseGet(() -> ", where " + free(directory) + said + remedy);
    }

    /** What RocksDB thinks of the files themselves is not the disk's fault for sure: they may have come damaged. */
    static IOException of(String verb, Path path, RocksDBException cause) {
        Status.Code code = cause.getStatus() == null
                ? Status.Code.Undefined
                : cause.getStatus().getCode();
        return switch (code) {
            case IOError -> new LocalDiskException(verb, path, cause);
            case Corruption -> new LocalDamageException(verb, path, cause);
            default -> new IOException("State can't " + verb + " " + path + ": " + cause.getMessage(), cause);
        };
    }

    /** The one that has led to a failure, if that is one itself or has one among its causes; null: none has. */
    public static @Nullable LocalDiskException in(@Nullable Throwable failure) {
        return Causes.first(LocalDiskException.class, failure).orElse(null);
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
