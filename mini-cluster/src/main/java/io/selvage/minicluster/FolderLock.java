package io.selvage.minicluster;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The claim of one cluster on its folder, and the mark that the folder's content may be deleted; owned by the cluster
 * that took it.
 */
final class FolderLock implements AutoCloseable {

    private static final String FILE = ".mini-cluster";

    /** A cluster has the folder. */
    static final class InUseException extends IOException {
        private static final long serialVersionUID = 1L;

        private InUseException(Path folder) {
            super("The folder " + folder
                    + " is in use by another mini-cluster: stop that one, or choose another folder.");
        }
    }

    private final FileChannel channel;

    private FolderLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws InUseException if a cluster has the folder */
    static FolderLock take(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve(FILE);
        if (!Files.exists(file) && !isEmpty(folder)) {
            throw new IOException("The folder " + folder + " holds files that are not a mini-cluster's, and a"
                    + " mini-cluster starts by deleting what is there: choose a new or empty folder.");
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (tryLock(channel) == null) {
            channel.close();
            throw new InUseException(folder);
        }
        return new FolderLock(channel);
    }

    static boolean marks(Path folder) {
        return Files.exists(folder.resolve(FILE));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // Held by a cluster in this process.
            return null;
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }
}
