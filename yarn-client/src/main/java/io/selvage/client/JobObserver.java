package io.selvage.client;

import io.selvage.protocol.wire.JobDescription;
import java.time.Duration;

/** Told how a job goes on, by the thread that waits for it. */
public interface JobObserver {
    JobObserver SILENT = new JobObserver() {
        @Override
        public void onProgress(JobDescription job) {}

        @Override
        public void onMasterAbsent(String reason, Duration absence) {}
    };

    void onProgress(JobDescription job);

    /**
     * There is no master at the moment, and the job may well go on without.
     *
     * @param absence for how long so far
     */
    void onMasterAbsent(String reason, Duration absence);
}
