package io.selvage.task.exchange;

import org.jspecify.annotations.Nullable;

/**
 * Owned by the consuming subtask's thread. The receiving end of a channel.
 *
 * <p>The consumer polls a batch, then calls {@link #release}. Before it waits it finds {@link #isEmpty} true after it
 * has announced itself with {@link Wakeup#prepare}; whoever adds an element after that signals its {@link Wakeup}.
 */
public interface InputChannel {
    ChannelId id();

    /** The next record's value or {@link Control}, or null if there is none for now. Allocates nothing for a record. */
    @Nullable
    Object poll();

    /** Whether {@link #peek} may ever give anything. */
    default boolean peeks() {
        return false;
    }

    /**
     * Copies the records that {@link #poll} is going to give, so many at most; answers how many. They stay where they
     * are.
     */
    default int peek(Object[] into, int most) {
        return 0;
    }

    /**
     * In serialized form, taken from the network since it was opened; 0 of a channel in one process, which hands
     * references over.
     */
    default long bytesTaken() {
        return 0;
    }

    /** Of the record polled last; {@link Timestamps#NONE} if it has none. Meaningless after a control element. */
    long timestampMillis();

    boolean isEmpty();

    /** The newest barrier that has been announced, until it is polled; null: none. */
    @Nullable
    Barrier announced();

    /** For what is polled from now on, and then for what {@link #logQueued} appends. */
    ElementLog newLog();

    /** Appends all that lies before the announced barrier and has not been polled. */
    void logQueued(ElementLog log);

    /**
     * What was polled has been consumed: a producer that waits for room is woken, a remote one is given credit.
     *
     * @param nowNanos about; by it the channel measures how fast it is consumed
     */
    void release(long nowNanos);
}
