package io.selvage.api.window;

import io.selvage.api.time.TimeDomain;
import java.io.Serializable;

/** Which windows an element belongs to. */
public sealed interface WindowAssigner extends Serializable permits AlignedWindows, SessionWindows, GlobalWindows {
    /** The clock that the windows go by. */
    TimeDomain time();
}
