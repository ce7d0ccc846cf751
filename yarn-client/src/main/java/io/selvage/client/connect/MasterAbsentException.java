package io.selvage.client.connect;

/** There is no master at this moment, though the session has not ended: worth another try. */
public final class MasterAbsentException extends Exception {
    private static final long serialVersionUID = 1L;

    MasterAbsentException(String message) {
        super(message);
    }
}
