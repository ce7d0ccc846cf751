package io.selvage.client.deploy;

import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.id.JobId;
import io.selvage.protocol.wire.SubmitJobRequest;
import java.io.IOException;

/** The one job of an application that is opened for it; used by the thread that opens it. */
public interface OnlyJob {
    JobId id();

    /**
     * Refuses what can't start, then puts what the job consists of into HDFS.
     *
     * @param applicationId below whose directory it lies, which is there
     * @return what the master is told of it, from the first moment on
     */
    SubmitJobRequest put(DurableStore store, String applicationId) throws IOException;
}
