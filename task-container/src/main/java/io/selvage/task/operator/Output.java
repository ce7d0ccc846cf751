package io.selvage.task.operator;

import io.selvage.task.exchange.LatencyMarker;
import org.jspecify.annotations.Nullable;

/** Takes a stream, in order: the next operator of a chain, or what writes to an edge. One thread. */
public interface Output extends ElementReceiver {
    /** Never lower than one before; {@link Long#MAX_VALUE}: no element follows. */
    void watermark(long millis);

    /**
     * Told of each change, at first it is not: while the stream is idle, nothing waits for its event time, and no
     * watermark comes.
     */
    void idle(boolean isIdle);

    /** On its way to the sinks: whoever is one notes how long it took. */
    default void marker(LatencyMarker marker) {}

    /** Of a source's chain, once, before the first element: which splits the elements come from, and when. */
    default void splits(SplitTimes times) {}

    /**
     * Where the elements of a side output go, which have the stream's watermarks; null: nobody reads them, as nobody
     * does in the midst of a chain.
     */
    default @Nullable SideOutput side(String name) {
        return null;
    }
}
