package io.selvage.checkpoint.store;

import java.io.IOException;

/** The file system cannot decide between writers; the message says how that was seen and what to do. */
public final class StoreRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    StoreRefusedException(String message) {
        super(message);
    }
}
