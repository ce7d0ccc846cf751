package io.selvage.task.network;

/** What a frame says. The code is on the wire and never changes its meaning. */
enum FrameType {
    /** The first frame of each side: the executor that speaks. */
    PEER(1),
    /** Sender to receiver: a channel of this number carries such a stream from now on. */
    OPEN(2),
    /** Receiver to sender: so many bytes more may be sent on the channel, in buffers of that size. */
    CREDIT(3),
    /** Sender to receiver: a run of elements, or a piece of one that is longer than a buffer. */
    DATA(4),
    /** Either way: the channel has ended, for a reason; its number is not used again. */
    CLOSE(5),
    /** Sender to receiver: a barrier that follows on the channel, and all bytes before it that are not sent yet. */
    ANNOUNCE(6);

    private static final FrameType[] BY_CODE = {null, PEER, OPEN, CREDIT, DATA, CLOSE, ANNOUNCE};

    private final int code;

    FrameType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static FrameType ofCodeOrThrow(int code) throws ProtocolViolation {
        if (code < 1 || code >= BY_CODE.length) {
            throw new ProtocolViolation("a frame of the unknown type " + code);
        }
        return BY_CODE[code];
    }
}
