package io.selvage.checkpoint.backend;

import io.selvage.api.time.TimeDomain;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the subtask's thread, and after its end by who rewinds it. All that an operator's keys have in one subtask:
 * rows in use are objects; where the others are is the implementation's business.
 *
 * <p>A row that was found may be changed in place until the next row is looked for, or a cut is begun.
 */
interface Rows<K> {
    /** The key's row, noted as it is now if that has to be; null: there is none. */
    @Nullable
    Row find(Object key, int hash);

    /**
     * The same of a part of what the owner has, a row that is in use: both may be changed then.
     *
     * @param hash of the part's key
     */
    @Nullable
    Row findPart(Row owner, PartKey key, int hash);

    /** The same, but the part is only read: it is not noted, and counts as unused. The owner may be changed. */
    @Nullable
    Row peekPart(Row owner, PartKey key, int hash);

    /** Rows of keys with these hashes are looked for soon. */
    void prefetch(int[] hashes, int count);

    /** A row that is an object already is about to be used. */
    void touch(Row row);

    /** A row for a key, or a part, that has none. */
    Row add(Object key, int hash, int group);

    /** Answers whether the row has gone, as nothing is left of it, and nothing has to remember it. */
    boolean dropIfEmpty(Row row);

    /** Keys that have anything. */
    int count();

    /** What lies between these two calls is not interrupted by users' code; if it fails, the rows are given up. */
    void beginChange();

    void endChange();

    /** No row that is not an object has a timer before that; there may be none then either. */
    long firstUndecodedTimerMillis(TimeDomain domain);

    /**
     * Makes objects of rows that have a timer not later than that, those with the earliest first: of all, or of so many
     * that {@link #firstUndecodedTimerMillis} is later than it was.
     */
    void decodeDue(TimeDomain domain, long millis);

    /**
     * While no row is in use: those that have fired may be bytes again, before more are made objects up to that time.
     */
    void makeRoomForDue(TimeDomain domain, long millis);

    /**
     * Begins a cut of what there is now; its bytes are written by the cut's own doing.
     *
     * @param isSavepoint it has all there is, no checkpoint adds to it, and it takes the place of none
     */
    KeyedCut snapshot(long checkpoint, boolean isSavepoint);

    void confirm(long checkpoint);

    /** @param isStored its segment is in the store, or on its way there: the next one may be added to it */
    void abort(long checkpoint, boolean isStored);

    /** False: something went wrong in the midst of a change. */
    boolean isConsistent();

    /** Undoes all that has happened since that checkpoint; false: the way back to it is not known. */
    boolean tryRewind(long checkpoint);

    /** How rows look as bytes; its schema is that of all rows that there are. */
    RowCodec<K> codec();

    /** It is not used any more. */
    void close();
}
