package io.selvage.checkpoint.backend;

/**
 * Owned by the backend's owner. Timers of one clock, at most one for a key, namespace and time.
 *
 * @param <N> namespaces; {@link NoNamespace} if the operator has none
 */
public interface TimerQueue<K, N> {
    /** For the current key; answers whether it was new. */
    boolean register(N namespace, long timestampMillis);

    /** For the current key; answers whether there was one. */
    boolean delete(N namespace, long timestampMillis);

    /** All that the current key has in a namespace. */
    void deleteAll(N namespace);

    /** When the earliest timer is due; {@link Long#MAX_VALUE} if there is none. May have to make objects of rows. */
    long nextMillis();

    /** No timer is due before; {@link Long#MAX_VALUE}: there is none, or it is due then. Costs nothing. */
    long earliestMillis();

    /**
     * Fires every timer that is due, in the order of their times (and in any order where these are equal), those
     * included that are registered meanwhile. The timer's key is current while it fires.
     *
     * @return how many have fired
     */
    int advance(long millis, Firing<K, N> firing) throws Exception;

    /** Timers that wait. */
    int count();

    /** Takes a timer that is due. */
    @FunctionalInterface
    interface Firing<K, N> {
        void onTimer(K key, N namespace, long timestampMillis) throws Exception;
    }
}
