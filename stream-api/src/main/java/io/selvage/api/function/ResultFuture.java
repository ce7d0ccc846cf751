package io.selvage.api.function;

import java.util.Collection;

/** Takes the answer to one element, from any thread; the first call counts, later ones change nothing. */
public interface ResultFuture<O> {
    /** @param results any number of elements, which are not changed afterwards; they have the element's timestamp */
    void complete(Collection<? extends O> results);

    /** The subtask fails, and the job recovers. */
    void completeExceptionally(Throwable reason);
}
