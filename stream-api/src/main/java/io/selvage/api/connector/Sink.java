package io.selvage.api.connector;

import io.selvage.api.type.Serde;
import java.io.Serializable;

/**
 * An output in two phases: writers prepare at each barrier what is committed once the checkpoint is complete. So what
 * is committed has each element's effect once; in a job whose checkpoint mode is at-least-once, after a failure some
 * have theirs twice.
 *
 * @param <T> elements
 * @param <C> what a writer has prepared and a committer makes visible: immutable, kept in the checkpoint
 */
public interface Sink<T, C> extends Serializable {
    Serde<C> committableSerde();

    /** Called in the client before anything is submitted; the message is shown to the user. */
    default void check() throws Exception {}

    /** Called in place of {@link #check} if the job goes on from a savepoint: earlier output may be there. */
    default void checkRestored() throws Exception {
        check();
    }

    SinkWriter<T, C> writer(SinkContext context) throws Exception;

    Committer<C> committer(SinkContext context) throws Exception;
}
