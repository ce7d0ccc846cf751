package io.selvage.task.network;

/**
 * Owned by the network thread. Says how much more the sender of a channel may send, and checks that it keeps to that
 * and to its sequence.
 */
final class ReceiveWindow {
    private final int bufferBytes;
    private int window;
    private int granted; // and not used yet
    private int outstanding; // the same, and what was received and is not consumed, as far as is known here
    private long returned; // bytes of the consumer's total that the sender has been told of
    private int nextSequence;
    private int spanningBytes; // of the element that goes on in the next frame

    ReceiveWindow(int bufferBytes) {
        this.bufferBytes = bufferBytes;
        this.window = Credit.window(bufferBytes);
    }

    /** The first grant. */
    int open() {
        granted = window;
        outstanding = window;
        return window;
    }

    /** From now on the sender fills its buffers to that size, and may have a window of these. */
    void resize(int fillBytes) {
        window = Credit.window(fillBytes);
    }

    /**
     * Answers what to grant now: nothing, if more is outstanding than a window that has become smaller.
     *
     * @param consumedBytes by the consumer, since the channel was opened
     */
    int onConsumed(long consumedBytes) {
        outstanding -= Math.toIntExact(consumedBytes - returned);
        returned = consumedBytes;
        if (outstanding < granted) {
            throw new IllegalStateException(outstanding + " bytes are outstanding, of which " + granted
                    + " are granted: more consumed than sent");
        }
        int more = Math.max(0, window - outstanding);
        outstanding += more;
        granted += more;
        return more;
    }

    void onDataOrThrow(FrameHeader data) throws ProtocolViolation {
        if (data.number() != nextSequence) {
            throw new ProtocolViolation("buffer " + data.number() + " of channel " + data.channel() + ", where "
                    + nextSequence + " is due");
        }
        int length = data.length();
        if (length < 1 || length > bufferBytes) {
            throw new ProtocolViolation("a buffer of " + length + " bytes on channel " + data.channel()
                    + ", where buffers have " + bufferBytes);
        }
        int cost = Credit.cost(length);
        if (cost > granted) {
            throw new ProtocolViolation("a buffer of " + length + " bytes on channel " + data.channel()
                    + ", where credit is left for " + granted);
        }
        spanningBytes = data.continues() ? spanningBytes + length : 0;
        if (spanningBytes > RemoteOutput.MAX_RECORD_BYTES) {
            throw new ProtocolViolation(
                    "a record of more than " + RemoteOutput.MAX_RECORD_BYTES + " bytes on channel " + data.channel());
        }
        nextSequence++;
        granted -= cost;
    }
}
