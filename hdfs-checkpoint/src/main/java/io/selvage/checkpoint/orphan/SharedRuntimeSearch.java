package io.selvage.checkpoint.orphan;

import io.selvage.checkpoint.library.LibraryMarks;
import io.selvage.checkpoint.library.LibraryStore;
import io.selvage.checkpoint.library.SharedLibraries;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoredFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsAction;

/**
 * Owned by one thread; each call blocks on the file system and the ResourceManager. Finds runtimes that one user has
 * put there for all ({@link SharedLibraries}) and that no session has any more, and deletes them for that user.
 *
 * <p>Whose sessions take a runtime from there is written nowhere in it: nobody but its owner may write. So the
 * ResourceManager is asked which runtimes the applications have that have not ended, whoever opened them; as long as
 * one of them may have any, none is named. The newest is not, as the next session takes it, nor what was put there
 * within a week.
 *
 * <p>It is asked once more when the mark of a sweep is there: an application that is not known to it by then sees the
 * mark, which its client looks for once it is known ({@link SharedLibraries#isStillThere}).
 */
public final class SharedRuntimeSearch {
    static final Duration LEAST_AGE = Duration.ofDays(7);

    /** What was found so recently is as good as found now. */
    private static final long FRESH_NANOS = Duration.ofSeconds(2).toNanos();

    private static final Pattern RUNTIME = Pattern.compile("[0-9a-f]{64}");

    private final FileSystem fileSystem;
    private final Path root;
    private final DurableStore store;
    private final LibraryMarks marks;
    private final String user;
    private final Supplier<InUse> resourceManager;
    private final InstantSource clock;
    private List<Unused> newest = List.of();
    private long newestNanos;
    private boolean hasSearched;

    /**
     * What applications have that have not ended.
     *
     * @param sha256s of their runtimes, in lower-case hexadecimal
     * @param unknown of which applications it is not known, and what to do; sentences. If there are any, no runtime can
     *     be said to be unused
     */
    public record InUse(Set<String> sha256s, List<String> unknown) {
        public InUse {
            sha256s = Set.copyOf(sha256s);
            unknown = List.copyOf(unknown);
        }
    }

    /**
     * A runtime that no application has.
     *
     * @param owner who may delete it
     * @param isOurs that is the user who looks
     */
    public record Unused(Orphan orphan, String owner, boolean isOurs) {}

    /**
     * What a search has come to.
     *
     * @param unused by path
     * @param notes what could not be judged, and why; sentences
     */
    public record Found(List<Unused> unused, List<String> notes) {
        public Found {
            unused = List.copyOf(unused);
            notes = List.copyOf(notes);
        }
    }

    /**
     * @param root the directory that was named when they were put there; need not exist
     * @param user who looks, as the file system calls him
     * @param resourceManager asked at each search. What it throws, because it does not answer, ends that
     */
    public static SharedRuntimeSearch open(
            Path root, Configuration configuration, String user, Supplier<InUse> resourceManager) throws IOException {
        return new SharedRuntimeSearch(root, configuration, user, resourceManager, InstantSource.system());
    }

    SharedRuntimeSearch(
            Path root, Configuration configuration, String user, Supplier<InUse> resourceManager, InstantSource clock)
            throws IOException {
        this.fileSystem = root.getFileSystem(configuration);
        this.root = fileSystem.makeQualified(root);
        this.store = DurableStore.existing(this.root, configuration);
        this.marks = new LibraryMarks(store);
        this.user = user;
        this.resourceManager = resourceManager;
        this.clock = clock;
    }

    /** Looks at all that is there. Nothing is, if the directory is not. */
    public Found find() throws IOException {
        // Listed before it is asked what is in use: what is put there later is not judged.
        List<Runtime> all = list();
        newest = List.of();
        newestNanos = System.nanoTime();
        hasSearched = true;
        Optional<String> other = somethingElse();
        if (!all.isEmpty() && other.isPresent()) {
            return new Found(
                    List.of(),
                    List.of("No runtime in " + root + " is named, as " + other.get()
                            + " lies beside them: it is no directory of runtimes alone."));
        }
        List<Runtime> old = old(all);
        if (old.isEmpty()) {
            return new Found(List.of(), List.of());
        }
        InUse inUse = resourceManager.get();
        newestNanos = System.nanoTime();
        if (inUse.unknown().isEmpty()) {
            newest = old.stream()
                    .filter(each -> !inUse.sha256s().contains(each.sha256()))
                    .map(this::unused)
                    .toList();
        }
        return new Found(newest, inUse.unknown());
    }

    /**
     * Deletes what was found, if it is the user's, is found still, and as it was. False: it is not, and was left alone.
     */
    public boolean delete(Unused unused) throws IOException {
        if (!hasSearched || System.nanoTime() - newestNanos > FRESH_NANOS) {
            find();
        }
        Optional<Unused> still = newest.stream()
                .filter(each -> each.orphan().isSame(unused.orphan()))
                .findFirst();
        if (still.isEmpty() || !still.get().isOurs()) {
            return false;
        }
        newest = newest.stream().filter(each -> each != still.get()).toList();
        String sha256 = new Path(unused.orphan().path()).getName();
        return marks.tryDelete(
                DurableStore.join(LibraryStore.LIBRARIES, sha256),
                unused.orphan().modifiedMillis(),
                () -> {
                    InUse inUse = resourceManager.get();
                    return inUse.unknown().isEmpty() && !inUse.sha256s().contains(sha256);
                });
    }

    private record Runtime(String sha256, String path, String owner, long bytes, long lastUsedMillis) {}

    private List<Runtime> list() throws IOException {
        List<Runtime> all = new ArrayList<>();
        for (StoredFile each : store.list(LibraryStore.LIBRARIES)) {
            if (each.directory() && RUNTIME.matcher(each.name()).matches()) {
                String path = DurableStore.join(LibraryStore.LIBRARIES, each.name());
                FileStatus status = fileSystem.getFileStatus(new Path(root, path));
                Directory directory = Directory.read(store, each, path);
                if (isForOthers(status) && directory.directories().isEmpty()) {
                    long lastUsedMillis = Math.max(directory.newestMillis(), marks.lastUsedMillis(path));
                    all.add(new Runtime(
                            each.name(), each.path(), status.getOwner(), directory.bytes(), lastUsedMillis));
                }
            }
        }
        return all;
    }

    /** Those of one user's sessions, in a state root, are not. */
    private static boolean isForOthers(FileStatus directory) {
        return directory.getPermission().getOtherAction().implies(FsAction.EXECUTE);
    }

    /** A state root has libraries, too, which are used by who does not say so to the ResourceManager. */
    private Optional<String> somethingElse() throws IOException {
        try {
            for (FileStatus each : fileSystem.listStatus(root)) {
                String name = each.getPath().getName();
                if (!name.equals(LibraryStore.LIBRARIES) && !name.startsWith(".")) {
                    return Optional.of(name);
                }
            }
            return Optional.empty();
        } catch (FileNotFoundException absent) {
            return Optional.empty();
        }
    }

    /** All but the newest, by the time since they were put there. */
    private List<Runtime> old(List<Runtime> all) {
        long oldMillis = clock.millis() - LEAST_AGE.toMillis();
        return all.stream()
                .sorted(Comparator.comparingLong(Runtime::lastUsedMillis).reversed())
                .skip(1)
                .filter(each -> each.lastUsedMillis() < oldMillis)
                .sorted(Comparator.comparing(Runtime::path))
                .toList();
    }

    private Unused unused(Runtime runtime) {
        boolean isOurs = runtime.owner().equals(user);
        String why = "no application that YARN knows has this runtime, and a newer one is there"
                + (isOurs ? "" : "; " + runtime.owner() + ", whose it is, may delete it");
        return new Unused(
                new Orphan(runtime.path(), true, runtime.bytes(), runtime.lastUsedMillis(), why),
                runtime.owner(),
                isOurs);
    }
}
