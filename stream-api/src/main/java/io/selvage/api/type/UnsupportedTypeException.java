package io.selvage.api.type;

/** A type has no serde, or cannot be told from the code; the message says which and what to do. */
public final class UnsupportedTypeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnsupportedTypeException(String message) {
        super(message);
    }
}
