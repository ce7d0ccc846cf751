package io.selvage.checkpoint.orphan;

import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.protocol.wire.CheckpointMetadata;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Owned by the search. The files that something which is retained needs, by what comes after the state root in their
 * paths: how that root is called need not be the same to whoever has written them.
 */
final class Reach {
    private static final Pattern BELOW_STATE_ROOT =
            Pattern.compile(".*/(application_\\d+_\\d+/[^/]+/checkpoints/[^/]+/[^/]+)");

    private final TreeSet<String> files = new TreeSet<>();

    /** All that it takes to restore these. */
    void add(String metadataFile, CheckpointMetadata metadata) {
        add(metadataFile);
        CheckpointStore.neededFiles(metadata).keySet().forEach(this::add);
    }

    /** What lies elsewhere, in a savepoint say, is nothing that is ever named. */
    private void add(String file) {
        belowStateRoot(file).ifPresent(files::add);
    }

    private static Optional<String> belowStateRoot(String file) {
        Matcher matcher = BELOW_STATE_ROOT.matcher(file);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** @param path below the state root */
    boolean hasFile(String path) {
        return files.contains(path);
    }

    /** @param directory below the state root */
    boolean hasAnyIn(String directory) {
        String first = files.ceiling(directory + "/");
        return first != null && first.startsWith(directory + "/");
    }
}
