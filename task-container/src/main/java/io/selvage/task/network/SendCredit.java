package io.selvage.task.network;

/** Owned by the network thread. The bytes that the receiver of a channel is ready to take. */
final class SendCredit {
    private final int window;
    private int available;

    SendCredit(int bufferBytes) {
        this.window = Credit.window(bufferBytes);
    }

    void grantOrThrow(int bytes) throws ProtocolViolation {
        if (bytes < 0 || bytes > window - available) {
            throw new ProtocolViolation("a grant of " + bytes + " bytes on top of " + available
                    + ", where the window is " + window + " bytes");
        }
        available += bytes;
    }

    boolean tryTake(int bytes) {
        if (bytes > available) {
            return false;
        }
        available -= bytes;
        return true;
    }
}
