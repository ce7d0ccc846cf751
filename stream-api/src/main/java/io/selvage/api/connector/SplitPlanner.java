package io.selvage.api.connector;

import java.util.List;

/** Finds the splits of a source; called by one thread. Splits go to readers in the order in which they are found. */
public interface SplitPlanner<S> extends AutoCloseable {
    /**
     * New splits, or none for now; it is asked again. The first answer is what there is at the start: event time waits
     * until it is there, and of splits side by side for these alone. So that call blocks until it knows, and later ones
     * for a short while.
     */
    List<S> discover() throws Exception;

    /** True once no further split will come: the source is bounded and all is planned. */
    boolean isComplete();

    /** What a later planner needs in order not to plan again what {@link #discover} has given already. */
    byte[] snapshot();

    @Override
    default void close() throws Exception {}
}
