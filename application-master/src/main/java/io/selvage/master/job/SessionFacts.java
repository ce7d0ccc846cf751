package io.selvage.master.job;

import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SubmitJobRequest;
import java.util.Optional;

/**
 * What does not change in the life of this master.
 *
 * @param directory the application's in HDFS, fully qualified, without a trailing slash
 * @param description the session as clients see it, but for its executors
 * @param onlyJob of an application that is for one job alone, and ends with it; its settings have been checked
 */
public record SessionFacts(
        long epoch, String directory, SessionDescription description, Optional<SubmitJobRequest> onlyJob) {
    /** Of a session. */
    public SessionFacts(long epoch, String directory, SessionDescription description) {
        this(epoch, directory, description, Optional.empty());
    }

    String jobDirectory(String job) {
        return directory + "/" + job;
    }
}
