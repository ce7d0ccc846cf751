package io.selvage.api.function;

import io.selvage.api.state.StateAccess;
import io.selvage.api.window.Window;

/**
 * What becomes of a window when it fires: of all its elements, or of the one result that they were reduced or
 * aggregated to.
 *
 * @param <K> keys
 * @param <I> the window's elements, or the result
 * @param <O> elements out, whose timestamp is the window's last millisecond
 */
public abstract class ProcessWindowFunction<K, I, O> implements Function {
    private static final long serialVersionUID = 1L;

    /**
     * Obtains states that a key has once, whatever the window. Called as {@link KeyedProcessFunction#openState} is,
     * also by the client. The names {@code window}, {@code window-end}, {@code window-end-processing} and
     * {@code sessions} are taken, and those of the trigger's states: {@code trigger-count}, {@code trigger-next}.
     */
    public void openState(StateAccess states) throws Exception {}

    /**
     * Obtains states of which each key has one for each window: for a window that fires several times. They have no
     * time-to-live, and go with the window; those of global windows stay until they are cleared. Not with session
     * windows, of which two may become one, nor with {@code twoStage}.
     *
     * <p>With such states sliding windows share nothing: each has a copy of its own. So they can't be added, nor left
     * out, when the program goes on from a savepoint of sliding windows; with another uid the step begins anew.
     */
    public void openWindowState(StateAccess states) throws Exception {}

    /** @param elements in the order in which they came; valid during the call. The one result, if there is one */
    public abstract void process(K key, Context context, Iterable<I> elements, Collector<O> out) throws Exception;

    /** The window at hand; valid during the call it is passed to. */
    public interface Context {
        Window window();

        /** {@link Long#MIN_VALUE} before the first watermark. */
        long watermarkMillis();

        long processingTimeMillis();

        /** Gives an element to a side output of this step. It must not be changed once it is given. */
        <X> void output(OutputTag<X> tag, X element);
    }
}
