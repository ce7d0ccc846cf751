package io.selvage.checkpoint.history;

import io.selvage.checkpoint.snapshot.CheckpointLayout;
import io.selvage.checkpoint.snapshot.CheckpointStore;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.JournaledJob;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/** What an application that has ended leaves in the store, whoever deletes the rest. */
public final class ApplicationFiles {
    private ApplicationFiles() {}

    /**
     * Deletes all that an application has, but for checkpoints that outlive it: those that are marked, and those of
     * each job that has failed for good, by the word of the journal. That goes last: whoever does this again, or at the
     * same time, leaves the same.
     *
     * @param applicationId its directory's name
     * @throws io.selvage.checkpoint.journal.JournalDamagedException if its jobs' ends are not known; then all is left
     */
    public static void delete(DurableStore store, String applicationId) throws IOException {
        CheckpointStore checkpoints = new CheckpointStore(store);
        Optional<ApplicationHistory> history = ApplicationHistory.read(store, applicationId);
        if (history.isPresent()) {
            for (JournaledJob job : history.get().jobs()) {
                Set<CheckpointId> kept = RetainedCheckpoints.ofFailed(job);
                if (!kept.isEmpty()) {
                    checkpoints.retain(
                            CheckpointLayout.of(
                                    applicationId, new JobId(job.getSubmitted().getJobId())),
                            kept);
                }
            }
        }
        checkpoints.deleteApplication(applicationId);
    }
}
