package io.selvage.task.network;

/** A peer has sent what no correct peer sends; the connection can't be trusted further and is closed. */
final class ProtocolViolation extends Exception {
    private static final long serialVersionUID = 1L;

    ProtocolViolation(String message) {
        super(message);
    }
}
