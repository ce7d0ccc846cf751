package io.selvage.task.network;

/** Owned by the network thread. Checks that the sender of a channel keeps to its credit and its sequence. */
final class ReceiveWindow {
    private final int bufferBytes;
    private final int window;
    private int granted; // and not used yet
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
        return window;
    }

    /** @param consumedBytes by the consumer, since the channel was opened; gives what to grant now */
    int onConsumed(long consumedBytes) {
        int more = Math.toIntExact(consumedBytes - returned);
        returned = consumedBytes;
        granted += more;
        if (granted > window) {
            throw new IllegalStateException(
                    "a window of " + window + " bytes, of which " + granted + " are granted: more consumed than sent");
        }
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
