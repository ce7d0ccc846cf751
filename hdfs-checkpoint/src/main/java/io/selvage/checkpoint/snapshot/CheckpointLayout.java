package io.selvage.checkpoint.snapshot;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.Epoch;
import io.selvage.protocol.id.ExecutorId;
import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Immutable. Where what belongs to one job lies, as paths that a {@link DurableStore} takes.
 *
 * <p>A checkpoint's id can be used again by a later incarnation, if the earlier one did not complete it; so the names
 * of the files carry the incarnation, and the metadata's the epoch as well.
 *
 * @param jobDirectory {@code <application>/<job>} below the state root, or fully qualified
 */
public record CheckpointLayout(String jobDirectory) {
    /** The directory of a job that has its checkpoints. */
    public static final String CHECKPOINTS = "checkpoints";
    /** The file in there that says that they outlive the job and its session. */
    public static final String RETAINED = "_retained";

    private static final String PREFIX = "chk-";
    private static final int DIGITS = 16;
    private static final String METADATA_PREFIX = "_metadata-";
    private static final Pattern METADATA_PATH =
            Pattern.compile("(.*/job-[^/]+)/" + CHECKPOINTS + "/" + PREFIX + "\\d+/" + METADATA_PREFIX + "[^/]+");

    /** Names of metadata files in one checkpoint's directory, older ones first. */
    static final Comparator<String> BY_AGE_OF_METADATA = Comparator.comparing(CheckpointLayout::age, Arrays::compare);

    public static CheckpointLayout of(String applicationId, JobId job) {
        return new CheckpointLayout(DurableStore.join(applicationId, job.value()));
    }

    /** The directory of an application's journal. */
    public static String journalDirectory(String applicationId) {
        return DurableStore.join(applicationId, "journal");
    }

    /** The directory for masters' signs of life, and for the votes on silent ones. */
    public static String watchdogDirectory(String applicationId) {
        return DurableStore.join(applicationId, "watchdog");
    }

    public String checkpointsDirectory() {
        return DurableStore.join(jobDirectory, CHECKPOINTS);
    }

    /** A file that says that the job's checkpoints outlive job and session. */
    String retainedMarker() {
        return DurableStore.join(checkpointsDirectory(), RETAINED);
    }

    /** The layout of the job that has written a checkpoint's metadata; empty if they lie where no job puts them. */
    public static Optional<CheckpointLayout> ofMetadata(String metadataFile) {
        Matcher matcher = METADATA_PATH.matcher(metadataFile);
        return matcher.matches() ? Optional.of(new CheckpointLayout(matcher.group(1))) : Optional.empty();
    }

    public String checkpointDirectory(CheckpointId checkpoint) {
        return DurableStore.join(
                checkpointsDirectory(), PREFIX + String.format("%0" + DIGITS + "d", checkpoint.value()));
    }

    /** What one executor puts into a checkpoint. */
    public String dataFile(CheckpointId checkpoint, ExecutorId executor, Incarnation incarnation) {
        return DurableStore.join(checkpointDirectory(checkpoint), executor + "-" + incarnation + ".data");
    }

    public String metadataFile(CheckpointId checkpoint, Incarnation incarnation, Epoch epoch) {
        return DurableStore.join(checkpointDirectory(checkpoint), METADATA_PREFIX + incarnation + "-" + epoch);
    }

    /** By incarnation, then by epoch: of two in one directory the older was never completed. Other names come first. */
    private static long[] age(String metadataName) {
        String[] numbers = metadataName.startsWith(METADATA_PREFIX)
                ? metadataName.substring(METADATA_PREFIX.length()).split("-", -1)
                : new String[0];
        boolean named = numbers.length == 2 && Arrays.stream(numbers).allMatch(each -> each.matches("\\d{1,18}"));
        return named ? new long[] {Long.parseLong(numbers[0]), Long.parseLong(numbers[1])} : new long[2];
    }

    /** The application's directory that a checkpoint's lies in, if it lies where a job has put it. */
    public static Optional<String> applicationDirectoryOf(String checkpointDirectory) {
        String[] parts = checkpointDirectory.split("/", -1);
        int job = parts.length - 3;
        return job > 0 && parts[job + 1].equals(CHECKPOINTS)
                ? Optional.of(String.join("/", Arrays.copyOf(parts, job)))
                : Optional.empty();
    }

    /** The checkpoint whose directory has this name, if it is one's. */
    public static Optional<CheckpointId> parse(String directoryName) {
        String digits = directoryName.startsWith(PREFIX) ? directoryName.substring(PREFIX.length()) : "";
        boolean named = digits.length() == DIGITS && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        long id = named ? Long.parseLong(digits) : 0;
        return id > 0 ? Optional.of(new CheckpointId(id)) : Optional.empty();
    }
}
