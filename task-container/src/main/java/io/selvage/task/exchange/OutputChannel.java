package io.selvage.task.exchange;

/**
 * Owned by the producing subtask's thread. The sending end of a channel.
 *
 * <p>A refused element is not sent; the producer calls {@link #flush}, waits at its {@link Wakeup}, which is signalled
 * once there is room again, and offers it anew. What was accepted is seen by the consumer after {@link #flush} at the
 * latest: the producer flushes before it waits for whatever reason, after each barrier, and at least once in the job's
 * flush time-out.
 */
public interface OutputChannel {
    ChannelId id();

    /** @param timestampMillis {@link Timestamps#NONE} if the record has none */
    boolean tryEmit(Object value, long timestampMillis);

    boolean tryEmit(Control control);

    /**
     * Takes what {@link #tryEmit} refuses, so that the producer may come to the end of an element. False: what is kept
     * for that is used up as well.
     */
    boolean tryForce(Object value, long timestampMillis);

    boolean tryForce(Control control);

    /**
     * Takes the barrier, behind what it follows, and lets the consumer know of it at once, ahead of all that; however
     * full the channel is, unless there is no room at all.
     */
    boolean tryAnnounce(Barrier barrier);

    /** Whether the next element would be refused; like a refusal it makes room be signalled. */
    boolean isFull();

    void flush();

    /**
     * In serialized form, accepted for the network since it was opened; 0 of a channel in one process, which hands
     * references over.
     */
    default long bytesAccepted() {
        return 0;
    }
}
