package io.selvage.checkpoint.content;

import io.selvage.checkpoint.content.FoundCheckpoint.Standing;
import io.selvage.checkpoint.history.ApplicationHistory;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.snapshot.SavepointLayout;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoredFile;
import io.selvage.protocol.wire.CheckpointMetadata;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Owned by one thread; each call blocks on the file system. Finds checkpoints and savepoints in directories. */
public final class CheckpointFinder {
    private static final Pattern WALKED =
            Pattern.compile("application_\\d+_\\d+|job-.+|checkpoints|chk-.+|savepoints|savepoint-.+");
    /** By when they were begun; what has no metadata, by when it was last written. */
    public static final Comparator<FoundCheckpoint> NEWEST_FIRST =
            Comparator.comparingLong(CheckpointFinder::timeMillis).reversed().thenComparing(FoundCheckpoint::path);
    /** From a state root to a checkpoint there are four names. */
    private static final int DEEPEST = 5;

    private final DurableStore store;
    private final CheckpointStore checkpoints;
    /** By application directory; what is empty has none that can be read. */
    private final Map<String, Optional<ApplicationHistory>> histories = new HashMap<>();

    /** @param store that takes fully qualified paths */
    public CheckpointFinder(DurableStore store) {
        this.store = store;
        this.checkpoints = new CheckpointStore(store);
    }

    /**
     * All that lie in a directory: a state root, an application's or a job's, one that holds savepoints, or a
     * checkpoint or savepoint itself. Newest first.
     *
     * @throws FileNotFoundException if there is no such directory, with a sentence
     */
    public List<FoundCheckpoint> find(String path) throws IOException {
        StoredFile there = store.status(path)
                .filter(StoredFile::directory)
                .orElseThrow(() -> new FileNotFoundException("There is no directory " + store.qualify(path)
                        + ". Name a state root, an application's or a job's directory, or one with savepoints."));
        List<FoundCheckpoint> found = new ArrayList<>();
        walk(there, 0, found);
        found.sort(NEWEST_FIRST);
        return found;
    }

    private static long timeMillis(FoundCheckpoint found) {
        CheckpointMetadata metadata = found.metadata();
        return metadata == null ? found.modifiedMillis() : metadata.getTriggerTimeMillis();
    }

    private void walk(StoredFile directory, int depth, List<FoundCheckpoint> found) throws IOException {
        List<StoredFile> inside = store.list(directory.path());
        Optional<StoredFile> metadata = CheckpointStore.newestMetadata(inside);
        if (metadata.isPresent()
                || isCheckpoint(directory.name())
                || SavepointLayout.isDirectoryName(directory.name())) {
            found.add(describe(directory, inside, metadata));
            return;
        }
        for (StoredFile each : inside) {
            // A savepoint may have any name; it is looked for where a person has pointed at.
            boolean mayHold = WALKED.matcher(each.name()).matches() || depth == 0;
            if (each.directory() && mayHold && depth < DEEPEST) {
                walk(each, WALKED.matcher(each.name()).matches() ? depth + 1 : DEEPEST, found);
            }
        }
    }

    private static boolean isCheckpoint(String name) {
        return CheckpointLayout.parse(name).isPresent();
    }

    private FoundCheckpoint describe(StoredFile directory, List<StoredFile> inside, Optional<StoredFile> metadataFile)
            throws IOException {
        long bytes = inside.stream().mapToLong(StoredFile::length).sum();
        long modifiedMillis = inside.stream()
                .mapToLong(StoredFile::modificationTimeMillis)
                .max()
                .orElse(directory.modificationTimeMillis());
        CheckpointMetadata metadata = null;
        Standing standing = Standing.INCOMPLETE;
        String problem = "";
        if (metadataFile.isPresent()) {
            try {
                metadata = checkpoints.readMetadata(metadataFile.get().path());
                standing = standing(directory.path(), metadataFile.get().path(), metadata);
            } catch (SegmentDamagedException unreadable) {
                standing = Standing.UNREADABLE;
                problem = String.valueOf(unreadable.getMessage());
            }
        }
        return new FoundCheckpoint(directory.path(), standing, metadata, bytes, modifiedMillis, problem);
    }

    private Standing standing(String directory, String metadataFile, CheckpointMetadata metadata) {
        Optional<ApplicationHistory> history =
                CheckpointLayout.applicationDirectoryOf(directory).flatMap(this::history);
        if (metadata.getSavepoint() || history.isEmpty()) {
            return Standing.COMPLETE;
        }
        Set<String> retained = new TreeSet<>();
        history.get()
                .retained(metadata.getJobId())
                .completed()
                .forEach(each -> retained.add(store.qualify(each.getMetadataPath())));
        return retained.contains(metadataFile) ? Standing.RETAINED : Standing.UNRECORDED;
    }

    private Optional<ApplicationHistory> history(String applicationDirectory) {
        return histories.computeIfAbsent(applicationDirectory, directory -> {
            try {
                return ApplicationHistory.read(store, directory);
            } catch (IOException unreadable) {
                return Optional.empty(); // Whoever wants to know why asks fsck.
            }
        });
    }
}
