package io.selvage.checkpoint.snapshot;

import java.io.IOException;

/** A checkpoint's bytes are missing or not what was written; the message names file, offset, expected and actual. */
public final class SegmentDamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    public SegmentDamagedException(String message) {
        super(message);
    }

    public SegmentDamagedException(String message, Throwable cause) {
        super(message, cause);
    }
}
