package io.selvage.checkpoint.library;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.wire.LibraryFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.security.AccessControlException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Libraries that one user, who administers a cluster, has put there for all, under
 * {@code <root>/libraries/<sha256>/<name>}; every call blocks on the file system. What is there is trusted as its owner
 * is: nobody reads it again to see whether it has its hash. So nothing is taken that others than owners can replace.
 */
public final class SharedLibraries {
    private static final FsPermission FILE = new FsPermission((short) 0644);
    private static final FsPermission DIRECTORY = new FsPermission((short) 0755);
    private static final Logger LOG = LoggerFactory.getLogger(SharedLibraries.class);

    private final FileSystem fileSystem;
    private final Path root;
    private final Configuration configuration;

    public SharedLibraries(Path root, Configuration configuration) throws IOException {
        this.fileSystem = root.getFileSystem(configuration);
        this.root = fileSystem.makeQualified(root);
        this.configuration = configuration;
    }

    /** What is there of that content, and may be used; where nothing is, or can't be seen, nothing. */
    public Optional<LibraryFile> find(String sha256, long length) throws IOException {
        Path directory = new Path(new Path(root, LibraryStore.LIBRARIES), sha256);
        try {
            for (FileStatus file : fileSystem.listStatus(directory)) {
                boolean isIt = file.isFile()
                        && file.getLen() == length
                        && !file.getPath().getName().startsWith(".");
                if (isIt && replaceable(file).isEmpty()) {
                    return Optional.of(new LibraryEntry(
                                    file.getPath().getName(),
                                    sha256,
                                    file.getPath().toString(),
                                    length,
                                    file.getModificationTime())
                            .toWire().toBuilder()
                                    .setForAll(closed(file).isEmpty())
                                    .build());
                }
            }
        } catch (FileNotFoundException | AccessControlException notForUs) {
            LOG.debug("Nothing can be seen in {}.", directory, notForUs);
        }
        return Optional.empty();
    }

    /**
     * Puts a file there, and lets all read it.
     *
     * @return where it is, and whether others can read it now; else who has the directory above the root must let them
     * @throws IOException with a sentence if it can't be put there, or others could replace it
     */
    public LibraryFile put(java.nio.file.Path file, HashCache hashes) throws IOException {
        LibraryEntry entry = new LibraryStore(DurableStore.open(root, configuration), hashes).publish(file);
        Path path = new Path(entry.path());
        fileSystem.setPermission(path, FILE);
        for (Path directory = path.getParent();
                !directory.equals(root.getParent());
                directory = directory.getParent()) {
            if (!isOpen(fileSystem.getFileStatus(directory))) {
                fileSystem.setPermission(directory, DIRECTORY);
            }
        }
        FileStatus status = fileSystem.getFileStatus(path);
        Optional<Path> replaceable = replaceable(status);
        if (replaceable.isPresent()) {
            throw new IOException("Anybody may write into " + replaceable.get()
                    + ", and so could replace what all users run. Take that right away, or choose another directory.");
        }
        return entry.toWire().toBuilder().setForAll(closed(status).isEmpty()).build();
    }

    /** The file, or the directory that leads to it, that not all may read; empty: all can read the file. */
    private Optional<Path> closed(FileStatus file) throws IOException {
        if (!file.getPermission().getOtherAction().implies(FsAction.READ)) {
            return Optional.of(file.getPath());
        }
        return above(file).stream()
                .filter(directory -> !isOpen(directory))
                .findFirst()
                .map(FileStatus::getPath);
    }

    private static boolean isOpen(FileStatus directory) {
        return directory.getPermission().getOtherAction().implies(FsAction.EXECUTE);
    }

    /** The file, or the directory, by which anybody could put another one in its place. */
    private Optional<Path> replaceable(FileStatus file) throws IOException {
        List<FileStatus> all = above(file);
        all.add(file);
        return all.stream()
                .filter(each -> each.getPermission().getOtherAction().implies(FsAction.WRITE)
                        && !each.getPermission().getStickyBit())
                .findFirst()
                .map(FileStatus::getPath);
    }

    /** The directories that lead to it. */
    private List<FileStatus> above(FileStatus file) throws IOException {
        List<FileStatus> directories = new ArrayList<>();
        for (Path each = file.getPath().getParent(); each != null; each = each.getParent()) {
            directories.add(fileSystem.getFileStatus(each));
        }
        return directories;
    }
}
