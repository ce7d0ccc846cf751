package io.selvage.task.network;

import io.selvage.api.type.BinaryWriter;

/**
 * A buffer of one channel on its way from the producing subtask's thread, which appends, to the network thread, which
 * sends what is published while more is appended behind it, and in the end gives the chunk back.
 *
 * <p>{@code bytes} is written before the first publication only, and published bytes are never written again; so the
 * one volatile field orders everything.
 */
final class Chunk {
    private static final int SEALED = 1 << 31;

    /** The producer's. */
    BinaryWriter writer;
    /** Set by the producer before it publishes anything; the network thread's afterwards. */
    byte[] bytes;
    /** The network thread's: bytes that are sent. */
    int sentBytes;

    private volatile int published; // Volatile: how far the network thread may read; a message would be one per record.

    Chunk(int capacityBytes) {
        writer = new BinaryWriter(capacityBytes);
        bytes = writer.array();
    }

    /** Producer: the first {@code length} bytes are whole elements. A full fence. */
    void publish(int length) {
        published = length;
    }

    /** Producer: and nothing follows. */
    void seal(int length) {
        published = length | SEALED;
    }

    /** Network thread: a snapshot for the two methods below. */
    int published() {
        return published;
    }

    static int length(int published) {
        return published & ~SEALED;
    }

    static boolean isSealed(int published) {
        return published < 0;
    }

    /** Network thread: makes it empty, before it goes back. An array that has become much larger is dropped. */
    void reset(int capacityBytes, int maxCapacityBytes) {
        if (writer.array().length > maxCapacityBytes) {
            writer = new BinaryWriter(capacityBytes);
        } else {
            writer.clear();
        }
        bytes = writer.array();
        sentBytes = 0;
        published = 0;
    }
}
