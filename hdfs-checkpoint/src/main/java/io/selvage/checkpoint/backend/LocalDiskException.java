package io.selvage.checkpoint.backend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/**
 * The local disk, or the system before it, refuses what state on it needs: it is full, has failed, or may have no more
 * files open. The message says which it is, and names the directory and the remedy.
 */
public final class LocalDiskException extends IOException {
    private static final long serialVersionUID = 1L;
    /** Causes may go round in a circle. */
    private static final int MOST_CAUSES = 10;
    /** The system's own words for a limit of this process, which Java and RocksDB pass on. */
    private static final String TOO_MANY_OPEN = "Too many open files";
    /** And for one of all processes of the node. */
    private static final String TOO_MANY_IN_SYSTEM = TOO_MANY_OPEN + " in system";

    private static final Pattern LIMIT = Pattern.compile("^Max open files +(\\d+)");
    /** The limit of this process, read while there are files to be opened; empty: not known. */
    private static final String MOST_OPEN = mostOpen();

    private final boolean isOfNode;

    /** @param verb what can't be done to state there: "be written to", say */
    public LocalDiskException(String verb, Path directory, Exception cause) {
        super("State can't " + verb + " " + directory + why(directory, String.valueOf(cause.getMessage())), cause);
        isOfNode = !isOfProcess(String.valueOf(cause.getMessage()));
    }

    /** Whether a process on another node may have what is missing here; one that is set up alike has not, if false. */
    public boolean isOfNode() {
        return isOfNode;
    }

    private static boolean isOfProcess(String cause) {
        return cause.contains(TOO_MANY_OPEN) && !cause.contains(TOO_MANY_IN_SYSTEM);
    }

    private static String why(Path directory, String cause) {
        if (isOfProcess(cause)) {
            return ", as this process may have no more files open" + (MOST_OPEN.isEmpty() ? "" : " than " + MOST_OPEN)
                    + ": " + cause + ". That is no fault of the disk. Raise the limit of the user that NodeManagers run"
                    + " as, whose containers have it too, and restart them: LimitNOFILE of their service, or nofile in"
                    + " limits.conf (ulimit -Hn shows it).";
        }
        if (cause.contains(TOO_MANY_IN_SYSTEM)) {
            return ", as this node may have no more files open: " + cause
                    + ". That is no fault of the disk. Raise fs.file-max there, or see which process has so many.";
        }
        return ", where " + free(directory) + ": " + cause
                + ". See whether the disk is full, and make room, or has failed.";
    }

    private static String mostOpen() {
        try (Stream<String> limits = Files.lines(Path.of("/proc/self/limits"))) {
            return limits.map(LIMIT::matcher)
                    .filter(Matcher::find)
                    .map(limit -> limit.group(1))
                    .findFirst()
                    .orElse("");
        } catch (IOException | UncheckedIOException unknown) {
            return ""; // It is only told.
        }
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
