package io.selvage.api.connector;

import java.util.List;

/** Makes visible what was prepared. Every method may be called again with the same committables. */
public interface Committer<C> extends AutoCloseable {
    /** The checkpoint that holds these is complete. If it throws, the job fails rather than lose or repeat output. */
    void commit(List<C> committables) throws Exception;

    /**
     * Called in one subtask, before any writer of this incarnation's own output is committed: commits all that the
     * restored checkpoint holds, from every subtask, and discards what else earlier incarnations of this sink left.
     * Other sinks of the job may go on meanwhile, with what they have prepared.
     */
    void recover(List<C> committables) throws Exception;

    @Override
    default void close() throws Exception {}
}
