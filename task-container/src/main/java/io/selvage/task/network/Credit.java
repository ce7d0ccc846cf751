package io.selvage.task.network;

/**
 * What credit is counted in: the bytes that a payload occupies at the receiver, which is the size of the array that it
 * is read into. So what lies in a receiver's queue never takes more memory than was granted.
 */
final class Credit {
    /** The least that a frame costs; bounds how many small frames can be under way. */
    static final int MIN_COST_BYTES = 1024;
    /** A channel's credit, in full buffers: one being read, one queued, two under way. */
    static final int WINDOW_BUFFERS = 4;

    private Credit() {}

    /** The least power of two that holds the payload, and {@link #MIN_COST_BYTES} or more. */
    static int cost(int payloadBytes) {
        return payloadBytes <= MIN_COST_BYTES ? MIN_COST_BYTES : Integer.highestOneBit(payloadBytes - 1) << 1;
    }

    /** Buffers of a channel that may be full when its consumer is slow, at both ends and in between. */
    static final int IN_FLIGHT_BUFFERS = WINDOW_BUFFERS + RemoteOutput.MAX_SEALED_CHUNKS + 1;

    /** The size that buffers are to be filled to so that no more than so many bytes are in flight, about. */
    static int fillBytes(int inFlightBytes, int bufferBytes) {
        int fill = inFlightBytes / IN_FLIGHT_BUFFERS;
        return fill >= bufferBytes
                ? bufferBytes
                : Math.min(bufferBytes, Math.max(MIN_COST_BYTES, Integer.highestOneBit(fill)));
    }

    /** What a receiver grants in all to a channel of such buffers. */
    static int window(int bufferBytes) {
        return WINDOW_BUFFERS * cost(bufferBytes);
    }

    /**
     * What has to be free again before the sender is told: a full buffer, so a sender that waits for one hears of it.
     */
    static int announced(int bufferBytes) {
        return cost(bufferBytes);
    }
}
