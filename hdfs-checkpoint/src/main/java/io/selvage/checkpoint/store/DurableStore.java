package io.selvage.checkpoint.store;

import io.selvage.protocol.failure.FailureWords;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Safe for use by many threads; every call blocks on the file system. Files under a root directory, of which some can
 * be written once only, by whichever of several processes comes first.
 *
 * <p>Paths are relative to the root, or fully qualified. Names that start with a dot are the store's own: files on
 * their way to a name, which {@link #list} leaves out.
 */
public final class DurableStore {
    /** How often a rename whose outcome was unknown, and which was seen not to have happened, is tried. */
    static final int RENAME_ATTEMPTS = 3;

    private static final String TEMPORARY_PREFIX = ".";
    private static final String TEMPORARY_SUFFIX = ".tmp";
    private static final byte[] NOTHING = {};
    private static final Logger LOG = LoggerFactory.getLogger(DurableStore.class);

    private final StoreFiles files;
    private final Patience patience;

    DurableStore(StoreFiles files) {
        this(files, Patience.NONE);
    }

    private DurableStore(StoreFiles files, Patience patience) {
        this.files = files;
        this.patience = patience;
    }

    /** Opens, and if need be makes, a root directory. The file system is the root's own, or else the default one. */
    public static DurableStore open(Path root, Configuration configuration) throws IOException {
        return new DurableStore(new HadoopFiles(root, configuration));
    }

    /** The same for who reads what may be there: a root that is missing is not made, and has nothing in it. */
    public static DurableStore existing(Path root, Configuration configuration) throws IOException {
        return new DurableStore(HadoopFiles.existing(root, configuration));
    }

    /** The same files, for a writer that would rather wait than not know whether it has written. */
    public DurableStore with(Patience longer) {
        return new DurableStore(files, longer);
    }

    public Patience patience() {
        return patience;
    }

    /**
     * Refuses a file system that lets two writers win the same path, as far as a race can show it.
     *
     * @throws StoreRefusedException with a sentence for the user
     */
    public void proveAtomic() throws IOException {
        AtomicityProof.run(files);
    }

    /**
     * Writes a file if nothing lies at the path: synced to the replicas' disks under another name, then renamed without
     * replacement. After an error whose effect is unknown, the path is read back: the bytes must therefore hold
     * something that only this writer writes (its id, say), or finding them there proves nothing.
     */
    public PutOutcome putIfAbsent(String path, byte[] bytes) {
        return put(path, out -> out.write(bytes), () -> compare(path, bytes));
    }

    /**
     * Like {@link #putIfAbsent(String, byte[])} for content whose path follows from the content, so that whatever lies
     * there already is as good: {@code LOST} and its empty winner then mean that another process was faster.
     */
    public PutOutcome putContent(String path, Content content) {
        return put(path, content, () -> files.status(path).isPresent() ? PutOutcome.lost(NOTHING) : null);
    }

    /** The whole file, or nothing if there is none. */
    public Optional<byte[]> read(String path) throws IOException {
        try (InputStream in = files.open(path)) {
            return Optional.of(in.readAllBytes());
        } catch (FileNotFoundException absent) {
            return Optional.empty();
        }
    }

    /** Opens a file at an offset, in bytes. */
    public InputStream openAt(String path, long offset) throws IOException {
        StoreInput in = files.openToSeek(path);
        try {
            in.seek(offset);
            return in;
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    /** Opens a file to be read from several places. */
    public StoreInput openToSeek(String path) throws IOException {
        return files.openToSeek(path);
    }

    /** Creates a file that nobody else writes, and that is visible while it grows. */
    public StoreOutput create(String path) throws IOException {
        return files.create(path);
    }

    public Optional<StoredFile> status(String path) throws IOException {
        return files.status(path);
    }

    /** The files and directories directly in a directory, by name; none if it does not exist. */
    public List<StoredFile> list(String directory) throws IOException {
        List<StoredFile> visible = new ArrayList<>();
        for (StoredFile file : files.list(directory)) {
            if (!file.name().startsWith(TEMPORARY_PREFIX)) {
                visible.add(file);
            }
        }
        visible.sort(Comparator.comparing(StoredFile::name));
        return visible;
    }

    /** What is on its way to a name in a directory, and what writers that died have left there; by name. */
    public List<StoredFile> temporaries(String directory) throws IOException {
        return files.list(directory).stream()
                .filter(DurableStore::isTemporary)
                .sorted(Comparator.comparing(StoredFile::name))
                .toList();
    }

    /**
     * What its users have left in a directory under names of the store's own, which are on no way to another; by name.
     */
    public List<StoredFile> marks(String directory) throws IOException {
        return files.list(directory).stream()
                .filter(file -> !file.directory() && file.name().startsWith(TEMPORARY_PREFIX) && !isTemporary(file))
                .sorted(Comparator.comparing(StoredFile::name))
                .toList();
    }

    /** Whether users other than the owner may enter a directory. False: or it is not there. */
    public boolean isOpenToOthers(String directory) throws IOException {
        return files.isOpenToOthers(directory);
    }

    /**
     * The time by which the file system dates what is written, which need not be this host's. It costs a file that is
     * made in the root, and deleted again.
     */
    public long nowMillis() throws IOException {
        String probe = temporaryFor("clock");
        try {
            files.create(probe).close();
            return files.status(probe)
                    .map(StoredFile::modificationTimeMillis)
                    .orElseThrow(() -> new IOException("the file " + files.qualify(probe) + " has gone"));
        } finally {
            discard(probe);
        }
    }

    /** Deletes a file, or a directory with all it holds. Answers whether there was one. */
    public boolean delete(String path) throws IOException {
        return files.delete(path);
    }

    /** Deletes a directory in which nothing is, whatever its name. Answers whether there was one. */
    public boolean deleteIfEmpty(String directory) throws IOException {
        return files.deleteIfEmpty(directory);
    }

    /**
     * Sets a file's modification time to now, by this process's clock: much cheaper than to write it again. Answers
     * whether there is such a file.
     */
    public boolean touch(String path) throws IOException {
        return files.touch(path);
    }

    /**
     * Deletes what writers that died have left on its way to a name in this directory before a moment, in the file
     * system's own time. A living writer's file that is swept makes its put fail, never win.
     */
    public int sweepTemporaries(String directory, long olderThanMillis) throws IOException {
        int swept = 0;
        for (StoredFile file : temporaries(directory)) {
            if (file.modificationTimeMillis() < olderThanMillis) {
                swept += files.delete(join(directory, file.name())) ? 1 : 0;
            }
        }
        return swept;
    }

    /** Makes reads see everything that was written before this call: needed where standby NameNodes serve reads. */
    public void catchUp() throws IOException {
        files.catchUp();
    }

    /** The fully qualified form of a path. */
    public String qualify(String path) {
        return files.qualify(path);
    }

    /** Joins the parts of a path; an empty directory is the root. */
    public static String join(String directory, String name) {
        return directory.isEmpty() ? name : directory + "/" + name;
    }

    private PutOutcome put(String path, Content content, LookBack lookBack) {
        String temporary = temporaryFor(path);
        try (StoreOutput out = files.create(temporary)) {
            content.writeTo(out);
            out.commit();
        } catch (IOException e) {
            // The file never had the name that counts: nothing was written, whatever becomes of it.
            discard(temporary);
            return PutOutcome.notWritten(e);
        }
        return settle(temporary, path, lookBack);
    }

    private PutOutcome settle(String temporary, String path, LookBack lookBack) {
        IOException last = new IOException("the rename to " + path + " was not tried");
        for (int attempt = 1; attempt <= RENAME_ATTEMPTS; attempt++) {
            try {
                files.renameNoReplace(temporary, path);
                return PutOutcome.won();
            } catch (IOException e) {
                last = withEarlier(e, last, attempt);
            }
            // "Exists already" may be our own rename of a moment ago, answered late: only what lies there decides.
            try {
                PutOutcome seen = lookBack.outcome();
                if (seen != null && isLasting(seen, path, lookBack)) {
                    return settled(seen, temporary);
                }
            } catch (IOException e) {
                last.addSuppressed(e);
            }
        }
        return giveUp(temporary, path, lookBack, last);
    }

    /**
     * A NameNode that is going away may show a rename that it has not logged, and whose answer it owes. What it logs
     * after that rename, and acknowledges, makes it durable. The last look is for a file that is another's by then.
     */
    private boolean isLasting(PutOutcome seen, String path, LookBack lookBack) throws IOException {
        if (seen.kind() != PutOutcome.Kind.WON) {
            return true;
        }
        PutOutcome still = files.touch(path) ? lookBack.outcome() : null;
        return still != null && still.kind() == PutOutcome.Kind.WON;
    }

    /**
     * Takes the source away, so that a rename still under way can't take effect any more. If it was still there, the
     * rename has not happened and never will; if it was not, the rename may have happened.
     */
    private PutOutcome giveUp(String temporary, String path, LookBack lookBack, IOException cause) {
        boolean mayLook = true;
        for (int looks = 1; mayLook; looks++) {
            try {
                if (files.delete(temporary)) {
                    return PutOutcome.notWritten(cause);
                }
                PutOutcome seen = lookBack.outcome();
                if (seen != null && isLasting(seen, path, lookBack)) {
                    return settled(seen, temporary);
                }
                // An earlier deletion of ours may have been carried out, and its answer lost.
                return looks > 1 ? PutOutcome.notWritten(cause) : PutOutcome.undecided(cause);
            } catch (IOException e) {
                if (looks == 1) {
                    cause.addSuppressed(e);
                    LOG.warn(
                            "Whether {} was written can't be seen now: {}",
                            files.qualify(temporary),
                            FailureWords.firstLine(e.toString()));
                }
                mayLook = patience.waitAfter(looks);
            }
        }
        return PutOutcome.undecided(cause);
    }

    private PutOutcome settled(PutOutcome seen, String temporary) {
        if (seen.kind() == PutOutcome.Kind.LOST) {
            discard(temporary);
        }
        return seen;
    }

    private @Nullable PutOutcome compare(String path, byte[] ours) throws IOException {
        byte @Nullable [] found = read(path).orElse(null);
        if (found == null) {
            return null;
        }
        return Arrays.equals(found, ours) ? PutOutcome.won() : PutOutcome.lost(found);
    }

    /** What can't be deleted now has no name that anyone reads, and is swept later. */
    private void discard(String temporary) {
        try {
            files.delete(temporary);
        } catch (IOException e) {
            LOG.warn(
                    "The temporary file {} stays until the next sweep: {}",
                    files.qualify(temporary),
                    FailureWords.firstLine(e.toString()));
        }
    }

    private static IOException withEarlier(IOException newest, IOException earlier, int attempt) {
        if (attempt > 1 && newest != earlier) {
            newest.addSuppressed(earlier);
        }
        return newest;
    }

    private static String temporaryFor(String path) {
        int slash = path.lastIndexOf('/');
        return path.substring(0, slash + 1)
                + TEMPORARY_PREFIX
                + path.substring(slash + 1)
                + "."
                + UUID.randomUUID()
                + TEMPORARY_SUFFIX;
    }

    private static boolean isTemporary(StoredFile file) {
        return !file.directory() && isTemporaryName(file.name());
    }

    /** Whether a file of that name is taken for one that is on its way to another. */
    public static boolean isTemporaryName(String name) {
        return name.startsWith(TEMPORARY_PREFIX) && name.endsWith(TEMPORARY_SUFFIX);
    }

    /** Reads what lies at the path after an error: WON, LOST, or null if nothing lies there. */
    @FunctionalInterface
    private interface LookBack {
        @Nullable
        PutOutcome outcome() throws IOException;
    }
}
