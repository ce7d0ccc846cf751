package io.selvage.checkpoint.library;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.wire.LibraryFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.security.AccessControlException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Libraries that one user, who administers a cluster, has put there for all, under
 * {@code <root>/libraries/<sha256>/<name>}; every call blocks on the file system. What is there is trusted as its owner
 * is: nobody reads it again to see whether it has its hash. So nothing is taken where others than owner and group can
 * put something.
 */
public final class SharedLibraries {
    private static final FsPermission FILE = new FsPermission((short) 0644);
    /** What a directory lets others do so that they can read what is in it. */
    private static final short OPEN = 0055;

    private static final Logger LOG = LoggerFactory.getLogger(SharedLibraries.class);

    private final FileSystem fileSystem;
    private final Path root;
    private final Configuration configuration;

    public SharedLibraries(Path root, Configuration configuration) throws IOException {
        this.fileSystem = root.getFileSystem(configuration);
        this.root = new Path(fileSystem.makeQualified(root).toString()); // Without a slash at its end.
        this.configuration = configuration;
    }

    /** How a library stands that is to be there for all. */
    public enum Standing {
        /** All may read it: a node fetches it once for all users. */
        FOR_ALL,
        /** This user may read it, but not all may: a node fetches it for each user. */
        FOR_SOME,
        /** There is no such root. */
        NO_ROOT,
        /** Nothing of that content is there. */
        ABSENT,
        /** What is there has another length. */
        DAMAGED,
        /**
         * Anybody could replace it, or could have put it there first: he may write to the root, or to what is in it.
         */
        REPLACEABLE,
        /** The root itself is a place where all put what is their own. */
        PUBLIC_ROOT,
        /** Anybody could put another root in the place of this one: he may write to a directory above. */
        MOVABLE,
        /** This user may not read it, or not see whether it is there. */
        CLOSED
    }

    /**
     * What was seen of a library.
     *
     * @param where fully qualified: the library; or the file or directory whose absence or rights are in the way
     * @param file null: it can't be used
     */
    public record Seen(
            Standing standing, String where, @Nullable LibraryFile file) {
        static Seen not(Standing standing, Path where) {
            return new Seen(standing, where.toString(), null);
        }
    }

    /** How what is there of that content stands; of several files, the first that may be used. */
    public Seen look(String sha256, long length) throws IOException {
        Path directory = new Path(new Path(root, LibraryStore.LIBRARIES), sha256);
        Seen seen = Seen.not(Standing.ABSENT, directory.getParent());
        try {
            for (FileStatus file : fileSystem.listStatus(directory)) {
                if (seen.file() == null
                        && file.isFile()
                        && !file.getPath().getName().startsWith(".")) {
                    seen = look(file, sha256, length);
                }
            }
            return seen;
        } catch (FileNotFoundException absent) {
            return hasRoot() ? seen : Seen.not(Standing.NO_ROOT, root);
        } catch (AccessControlException notForUs) {
            LOG.debug("Nothing can be seen in {}.", directory, notForUs);
            return Seen.not(Standing.CLOSED, closed(directory));
        }
    }

    private Seen look(FileStatus file, String sha256, long length) throws IOException {
        Path path = file.getPath();
        if (file.getLen() != length) {
            return Seen.not(Standing.DAMAGED, path);
        }
        Optional<Seen> writable = writable(path);
        if (writable.isPresent()) {
            return writable.get();
        }
        try {
            fileSystem.access(path, FsAction.READ);
        } catch (AccessControlException notForUs) {
            LOG.debug("{} can't be read.", path, notForUs);
            return Seen.not(Standing.CLOSED, closed(path));
        }
        Optional<Path> closed = closedToSome(file);
        LibraryFile found = new LibraryEntry(
                        path.getName(), sha256, path.toString(), length, file.getModificationTime())
                .toWire().toBuilder().setForAll(closed.isEmpty()).build();
        return closed.isEmpty()
                ? new Seen(Standing.FOR_ALL, path.toString(), found)
                : new Seen(Standing.FOR_SOME, closed.get().toString(), found);
    }

    private boolean hasRoot() throws IOException {
        try {
            return statusOf(root).isPresent();
        } catch (AccessControlException notForUs) {
            return true; // Of what is there and what is not, nothing is told to us.
        }
    }

    /**
     * Puts a file there, and lets all read it.
     *
     * @return where it is, and whether others can read it now; else who has the directory above the root must let them
     * @throws IOException with a sentence if it can't be put there, others could replace it, or what others can't read
     *     now lies beside it
     */
    public LibraryFile put(java.nio.file.Path file, HashCache hashes) throws IOException {
        requireFit();
        LibraryEntry entry = LibraryStore.forAll(DurableStore.open(root, configuration), hashes)
                .publish(file);
        Path path = new Path(entry.path());
        fileSystem.setPermission(path, FILE);
        for (Path directory = path.getParent();
                directory != null && !directory.equals(root.getParent());
                directory = directory.getParent()) {
            FileStatus status = fileSystem.getFileStatus(directory);
            if (!isOpen(status)) {
                fileSystem.setPermission(directory, new FsPermission((short)
                        (status.getPermission().toShort() | OPEN)));
            }
        }
        FileStatus status = fileSystem.getFileStatus(path);
        return entry.toWire().toBuilder()
                .setForAll(closedToSome(status).isEmpty())
                .build();
    }

    /** Before anything is put there. */
    private void requireFit() throws IOException {
        Optional<Seen> writable = writable(new Path(root, LibraryStore.LIBRARIES));
        if (writable.isPresent()) {
            throw new IOException("Anybody may write into " + writable.get().where()
                    + ", and so could replace what all users run. "
                    + switch (writable.get().standing()) {
                        case PUBLIC_ROOT -> "Name a directory of the runtime's own in it.";
                        case MOVABLE ->
                            "Have its owner run hdfs dfs -chmod +t on it, so that nobody moves what is another's, or"
                                    + " choose another directory.";
                        default -> "Take that right away, or choose another directory.";
                    });
        }
        if (statusOf(root).map(SharedLibraries::isOpen).orElse(true)) {
            return;
        }
        for (FileStatus beside : fileSystem.listStatus(root)) {
            if (!beside.getPath().getName().equals(LibraryStore.LIBRARIES)) {
                throw new IOException("All users have to enter " + root + ", and "
                        + beside.getPath().getName()
                        + " is in it, which they can't reach now. Choose a directory for the runtime alone.");
            }
        }
    }

    /** What not all may read or enter, of a file and the directories that lead to it. */
    private Optional<Path> closedToSome(FileStatus file) throws IOException {
        if (!file.getPermission().getOtherAction().implies(FsAction.READ)) {
            return Optional.of(file.getPath());
        }
        for (Path each = file.getPath().getParent(); each != null; each = each.getParent()) {
            if (!isOpen(fileSystem.getFileStatus(each))) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    private static boolean isOpen(FileStatus directory) {
        return directory.getPermission().getOtherAction().implies(FsAction.EXECUTE);
    }

    /**
     * What anybody may write to, of a file and what leads to it, as far as that is there. Directories above the root
     * may be sticky: there nobody replaces what is another's. In those below he could put a file before its owner does.
     */
    private Optional<Seen> writable(Path path) throws IOException {
        boolean isAbove = false;
        for (Path each = path; each != null; each = each.getParent()) {
            Optional<FileStatus> status = statusOf(each);
            if (status.isPresent()) {
                FsPermission permission = status.get().getPermission();
                boolean isWritable = permission.getOtherAction().implies(FsAction.WRITE);
                if (isWritable && !(isAbove && permission.getStickyBit())) {
                    boolean isPublic = each.equals(root) && permission.getStickyBit();
                    Standing standing =
                            isAbove ? Standing.MOVABLE : isPublic ? Standing.PUBLIC_ROOT : Standing.REPLACEABLE;
                    return Optional.of(Seen.not(standing, each));
                }
            }
            isAbove |= each.equals(root);
        }
        return Optional.empty();
    }

    /** What keeps this user from a path that he may not read: the first from above that he may not enter, else that. */
    private Path closed(Path path) throws IOException {
        Deque<Path> above = new ArrayDeque<>();
        for (Path each = path.getParent(); each != null; each = each.getParent()) {
            above.push(each);
        }
        for (Path each : above) {
            try {
                fileSystem.access(each, FsAction.EXECUTE);
            } catch (AccessControlException notForUs) {
                LOG.debug("{} can't be entered.", each, notForUs);
                return each;
            }
        }
        return path;
    }

    /** Empty: it is not there. */
    private Optional<FileStatus> statusOf(Path path) throws IOException {
        try {
            return Optional.of(fileSystem.getFileStatus(path));
        } catch (FileNotFoundException absent) {
            return Optional.empty();
        }
    }
}
