package io.selvage.checkpoint.library;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.PutOutcome;
import io.selvage.checkpoint.store.StoredFile;
import io.selvage.protocol.digest.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.hadoop.security.AccessControlException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Safe for use by many threads and processes. Files under {@code libraries/<sha256>/<name>}, put there once and never
 * changed: what a store has is not uploaded again, by whomever and whenever it was put there. What is being deleted at
 * that moment ({@link LibraryMarks}) is put into the session's own directory instead, and ends with it.
 *
 * <p>Directories are the owner's alone (0700), files too (0600): YARN localizes them as PRIVATE resources, with the
 * tokens of the user whose application it is.
 */
public final class LibraryStore {
    private static final Logger LOG = LoggerFactory.getLogger(LibraryStore.class);

    /** Files that are hashed and uploaded at a time. */
    static final int PARALLEL_UPLOADS = 4;

    /** Below the state root. */
    public static final String LIBRARIES = "libraries";

    /** What is to be said of a file of a name that is taken. */
    public static final String WHY_TAKEN = "files that are called so, beginning with " + LibraryMarks.PREFIX
            + " or with a dot and ending with .tmp, are taken for the library store's own. Give it another name.";

    private static final int COPY_BUFFER_BYTES = 256 * 1024;

    private final DurableStore store;
    private final HashCache hashes;
    private final LibraryMarks marks;
    private final @Nullable String ownDirectory; // null: there is none.

    /**
     * @param store rooted at the state root
     * @param ownDirectory below it, of the session that needs the libraries: they are kept in it if need be
     */
    public LibraryStore(DurableStore store, HashCache hashes, String ownDirectory) {
        this(store, ownDirectory, hashes);
    }

    private LibraryStore(DurableStore store, @Nullable String ownDirectory, HashCache hashes) {
        this.store = store;
        this.hashes = hashes;
        this.marks = new LibraryMarks(store);
        this.ownDirectory = ownDirectory;
    }

    /** For no session in particular. */
    static LibraryStore forAll(DurableStore store, HashCache hashes) {
        return new LibraryStore(store, null, hashes);
    }

    /** Whether a file of that name is taken for one of the store's own. */
    public static boolean isTaken(String name) {
        return name.startsWith(LibraryMarks.PREFIX) || DurableStore.isTemporaryName(name);
    }

    /** Makes one file available. */
    public LibraryEntry publish(Path file) throws IOException {
        return publishAll(List.of(file), LibraryProgress.SILENT).entries().get(0);
    }

    /**
     * Makes files available; returns when all are. On an error the ones under way are finished or left as temporary
     * files, and what is available stays.
     */
    public Published publishAll(List<Path> files, LibraryProgress progress) throws IOException {
        if (files.isEmpty()) {
            return new Published(List.of(), 0, 0, 0);
        }
        ExecutorService uploads = Executors.newFixedThreadPool(Math.min(PARALLEL_UPLOADS, files.size()), task -> {
            Thread thread = new Thread(task, "library-upload");
            thread.setDaemon(true);
            return thread;
        });
        try {
            CompletionService<Available> completions = new ExecutorCompletionService<>(uploads);
            for (int index = 0; index < files.size(); index++) {
                int position = index;
                completions.submit(() -> makeAvailable(position, files.get(position)));
            }
            Published published = collect(completions, files.size(), progress);
            hashes.save();
            return published;
        } finally {
            uploads.shutdownNow();
        }
    }

    private Published collect(CompletionService<Available> completions, int total, LibraryProgress progress)
            throws IOException {
        @Nullable LibraryEntry[] entries = new LibraryEntry[total];
        int uploaded = 0;
        long uploadedBytes = 0;
        for (int done = 1; done <= total; done++) {
            Available available = next(completions);
            entries[available.position()] = available.entry();
            if (available.uploaded()) {
                uploaded++;
                uploadedBytes += available.entry().length();
            }
            progress.onAvailable(available.entry(), available.uploaded(), done, total);
        }
        List<LibraryEntry> ordered = new ArrayList<>(total);
        for (LibraryEntry entry : entries) {
            ordered.add(Objects.requireNonNull(entry));
        }
        return new Published(ordered, uploaded, total - uploaded, uploadedBytes);
    }

    private static Available next(CompletionService<Available> completions) throws IOException {
        try {
            return completions.take().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while files were being uploaded", e);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            throw new IOException(String.valueOf(cause.getMessage()), cause);
        }
    }

    private Available makeAvailable(int position, Path file) throws IOException {
        Path nameOnly = file.getFileName();
        if (nameOnly == null || !Files.isRegularFile(file)) {
            throw new IOException("The library " + file + " is not a file; see whether its path is right.");
        }
        long length = Files.size(file);
        String sha256 = hashes.sha256(file);
        String name = nameOnly.toString();
        if (isTaken(name)) {
            throw new IOException("The library " + file + " has a name that is taken, as all are that begin with "
                    + LibraryMarks.PREFIX + ", or with a dot and end with .tmp. Rename it.");
        }
        String path = DurableStore.join(directoryFor(sha256), name);
        Optional<StoredFile> present = store.status(path);
        boolean uploaded = present.isEmpty() && upload(file, sha256, path);
        StoredFile stored = present.isPresent() ? present.get() : statusOrThrow(path);
        if (stored.length() != length) {
            throw new IOException("The library " + stored.path() + " has " + stored.length() + " bytes, and " + file
                    + " has " + length + ": it was changed after it was put there. Delete it and submit again.");
        }
        LibraryEntry entry = new LibraryEntry(name, sha256, stored.path(), length, stored.modificationTimeMillis());
        return new Available(position, entry, uploaded);
    }

    private String directoryFor(String sha256) throws IOException {
        String shared = DurableStore.join(LIBRARIES, sha256);
        try {
            if (marks.tryTake(shared)) {
                return shared;
            }
        } catch (AccessControlException forbidden) {
            if (ownDirectory == null) {
                throw forbidden;
            }
            LOG.warn(
                    "{} is not this user's to mark: what is needed of it is uploaded.",
                    store.qualify(shared),
                    forbidden);
        }
        if (ownDirectory == null) {
            throw new IOException(store.qualify(shared) + " is being deleted, or somebody was stopped while he did so."
                    + " Run selvage fsck --delete, now or an hour later, and then this again.");
        }
        return DurableStore.join(ownDirectory, shared);
    }

    /** Whether this process has put the file there; if not, another was faster. */
    private boolean upload(Path file, String sha256, String path) throws IOException {
        PutOutcome put = store.putContent(path, out -> copy(file, sha256, out));
        return switch (put.kind()) {
            case WON -> true;
            case LOST -> false;
            case NOT_WRITTEN, UNDECIDED -> {
                IOException cause = Objects.requireNonNull(put.cause());
                throw new IOException(
                        "The library " + file + " could not be uploaded to " + store.qualify(path) + ": "
                                + cause.getMessage(),
                        cause);
            }
        };
    }

    private static void copy(Path file, String sha256, OutputStream out) throws IOException {
        MessageDigest digest = Sha256.begin();
        byte[] buffer = new byte[COPY_BUFFER_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
                out.write(buffer, 0, read);
            }
        }
        String copied = Sha256.end(digest);
        if (!copied.equals(sha256)) {
            throw new IOException("The library " + file + " was changed while it was uploaded; submit again.");
        }
    }

    private StoredFile statusOrThrow(String path) throws IOException {
        return store.status(path)
                .orElseThrow(() -> new IOException("The library " + store.qualify(path)
                        + " was deleted just after it was put there; submit again."));
    }

    private record Available(int position, LibraryEntry entry, boolean uploaded) {}
}
