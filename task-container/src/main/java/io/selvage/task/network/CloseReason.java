package io.selvage.task.network;

/** Why a channel was closed before its connection. The code is on the wire and never changes its meaning. */
enum CloseReason {
    /** The peer has ended the job's incarnation. */
    RELEASED(1, "has ended that incarnation of the job"),
    /** The peer already runs a later incarnation of the job, or has ended this one. */
    STALE_INCARNATION(2, "refused the channel because it knows of a later incarnation of the job"),
    /** The peer's consuming subtask did not come up in time. */
    NOT_REGISTERED(3, "has not started the subtask that reads the channel in time"),
    /** Too many channels wait for their subtasks at the peer. */
    TOO_MANY_WAITING(4, "refused the channel because too many wait there for their subtasks"),
    /** The channel was opened twice. */
    DUPLICATE(5, "refused the channel because it is open already"),
    /** The two ends were given different settings. */
    DIFFERENT_BUFFERS(6, "refused the channel because its buffers have another size there");

    private static final CloseReason[] BY_CODE = {
        null, RELEASED, STALE_INCARNATION, NOT_REGISTERED, TOO_MANY_WAITING, DUPLICATE, DIFFERENT_BUFFERS
    };

    private final int code;
    private final String sentence;

    CloseReason(int code, String sentence) {
        this.code = code;
        this.sentence = sentence;
    }

    int code() {
        return code;
    }

    /** What the peer did; continues "Executor x ...". */
    String sentence() {
        return sentence;
    }

    static CloseReason ofCodeOrThrow(int code) throws ProtocolViolation {
        if (code < 1 || code >= BY_CODE.length) {
            throw new ProtocolViolation("a channel closed for the unknown reason " + code);
        }
        return BY_CODE[code];
    }
}
