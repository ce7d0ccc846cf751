package io.selvage.checkpoint.history;

import io.selvage.checkpoint.journal.Journal;
import io.selvage.checkpoint.journal.JournalDamagedException;
import io.selvage.checkpoint.journal.JournalRecord;
import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.ConfigKey;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.wire.JournaledJob;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Immutable. What the journal of one application said when somebody who is not its master has read it. */
public final class ApplicationHistory {
    private final JournaledState state;

    private ApplicationHistory(JournaledState state) {
        this.state = state;
    }

    /**
     * Reads the journal, and changes nothing.
     *
     * @param applicationDirectory below the store's root, or fully qualified
     * @return empty if there is none
     * @throws JournalDamagedException if it can't be read to its end, or says what this version does not know
     */
    public static Optional<ApplicationHistory> read(DurableStore store, String applicationDirectory)
            throws IOException {
        String directory = CheckpointLayout.journalDirectory(applicationDirectory);
        List<JournalRecord> slots = Journal.open(store, directory).records();
        if (slots.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new ApplicationHistory(JournalReplay.replay(slots)));
        } catch (IllegalStateException contradiction) {
            throw new JournalDamagedException(
                    "The journal " + store.qualify(directory) + " can't be followed: " + contradiction.getMessage(),
                    contradiction);
        }
    }

    public List<JournaledJob> jobs() {
        return state.jobs();
    }

    public Optional<JournaledJob> job(String id) {
        return state.jobs().stream()
                .filter(job -> job.getSubmitted().getJobId().equals(id))
                .findFirst();
    }

    /** The checkpoints that a job can go on from; none if it is not known. */
    public RetainedCheckpoints retained(String job) {
        return job(job).map(known -> RetainedCheckpoints.of(known, mostRetained(known)))
                .orElse(new RetainedCheckpoints(List.of()));
    }

    /** How many checkpoints a job keeps; all that are known, if its settings are those of another version. */
    static int mostRetained(JournaledJob job) {
        return setting(job, JobConfig.CHECKPOINTS_RETAINED).orElse(JournaledState.MAX_RETAINED + 1);
    }

    /** What holds for a job; empty if its settings are those of another version. */
    public static <T> Optional<T> setting(JournaledJob job, ConfigKey<T> key) {
        Map<String, String> settings = job.getSubmitted().getSettingsMap();
        try {
            return Optional.of(
                    Configuration.defaults().with(settings, "in the journal").get(key));
        } catch (ConfigException ofAnotherVersion) {
            return Optional.empty();
        }
    }
}
