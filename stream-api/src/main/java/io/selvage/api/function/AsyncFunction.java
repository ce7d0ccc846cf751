package io.selvage.api.function;

import java.util.concurrent.TimeoutException;

/**
 * Asks something outside of the job for each element - a service, a database - and does not wait for the answer: many
 * elements are under way at once.
 *
 * <p>What is under way is part of each checkpoint, and is asked for again after a recovery.
 */
@FunctionalInterface
public interface AsyncFunction<I, O> extends Function {
    /**
     * Starts to ask. Called by the subtask's thread, which should not be kept waiting; what answers may call the result
     * from any thread.
     */
    void asyncInvoke(I element, ResultFuture<O> result) throws Exception;

    /**
     * The answer has not come in time. Called once, by the subtask's thread. What is given here takes effect unless the
     * answer has come in the meantime; if nothing is, the element goes on waiting for it.
     */
    default void timeout(I element, ResultFuture<O> result) throws Exception {
        result.completeExceptionally(new TimeoutException("no answer in time"));
    }
}
