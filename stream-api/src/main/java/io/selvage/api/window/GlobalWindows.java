package io.selvage.api.window;

import io.selvage.api.time.TimeDomain;

/** One window for all that a key ever has. It never ends: a trigger says when it fires. */
public record GlobalWindows() implements WindowAssigner {
    private static final long serialVersionUID = 1L;

    public static GlobalWindows create() {
        return new GlobalWindows();
    }

    @Override
    public TimeDomain time() {
        return TimeDomain.PROCESSING_TIME; // Of elements no timestamp is needed.
    }
}
