package io.selvage.checkpoint.backend;

import java.time.InstantSource;

/**
 * Of one state, for how long it keeps what is not used.
 *
 * @param isReadUse reading is a use, too
 * @param startMillis what was written without a time counts as used then
 */
record TimeLimit(long millis, boolean isReadUse, InstantSource clock, long startMillis) {
    long nowMillis() {
        return clock.millis();
    }

    /** What was used last then, or before, has expired. */
    long horizonMillis() {
        return clock.millis() - millis;
    }
}
