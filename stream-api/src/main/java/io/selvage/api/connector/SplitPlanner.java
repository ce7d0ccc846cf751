package io.selvage.api.connector;

import java.util.List;

/** Finds the splits of a source; called by one thread. Splits go to readers in the order in which they are found. */
public interface SplitPlanner<S> extends AutoCloseable {
    /** New splits, or none for now. It may block for a short while, and is asked again. */
    List<S> discover() throws Exception;

    /** True once no further split will come: the source is bounded and all is planned. */
    boolean isComplete();

    /** What a later planner needs in order not to plan again what {@link #discover} has given already. */
    byte[] snapshot();

    @Override
    default void close() throws Exception {}
}
