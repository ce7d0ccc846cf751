package io.selvage.master.job;

import io.selvage.protocol.wire.SessionDescription;

/**
 * What does not change in the life of this master.
 *
 * @param directory the application's in HDFS, fully qualified, without a trailing slash
 * @param description the session as clients see it, but for its executors
 */
public record SessionFacts(long epoch, String directory, SessionDescription description) {
    String jobDirectory(String job) {
        return directory + "/" + job;
    }
}
