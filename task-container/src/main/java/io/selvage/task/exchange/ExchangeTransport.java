package io.selvage.task.exchange;

import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import java.util.Map;

/** Carries channels between processes. Safe for use by many threads; the channels belong to their subtasks' threads. */
public interface ExchangeTransport extends AutoCloseable {
    /** Where this process takes data connections. */
    int dataPort();

    /** Connections that were refused, or ended because of what the peer sent, since this was opened. */
    long refused();

    /**
     * Opens the sending end. Returns at once: until the connection stands and the receiver has registered its end,
     * elements are refused for want of credit.
     *
     * @param wakeup of the producing subtask, signalled when a channel that has refused has room again
     */
    OutputChannel openOutput(
            ChannelDefinition definition, ExecutorAddress receiver, Wakeup wakeup, ChannelFailureListener failures);

    /**
     * Opens the receiving end, and with that gives its sender credit.
     *
     * @param wakeup of the consuming subtask, signalled when there is something to poll
     */
    InputChannel registerInput(ChannelDefinition definition, Wakeup wakeup, ChannelFailureListener failures);

    /** Closes the channels of this and all lower incarnations of the job, and refuses those that peers still open. */
    default void release(JobId job, Incarnation incarnation) {
        release(job, incarnation, Map.of());
    }

    /** The same, but for the edges that go on: by their number, the incarnation whose channels do. */
    void release(JobId job, Incarnation incarnation, Map<Integer, Incarnation> goingOn);

    @Override
    void close();
}
