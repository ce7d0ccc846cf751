package io.selvage.task.executor;

import io.selvage.protocol.wire.ExecutorMessage;

/** A connection to one master; used by the executor's loop alone. */
public interface MasterLink {
    /** Does not wait; what is sent on a broken link is lost. */
    void send(ExecutorMessage message);

    /** The link's end is reported like any other. */
    void close(String reason);
}
