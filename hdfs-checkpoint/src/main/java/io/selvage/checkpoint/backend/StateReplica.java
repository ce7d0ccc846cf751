package io.selvage.checkpoint.backend;

import io.selvage.api.type.CorruptDataException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one thread at a time. The keyed state of an operator in one subtask, without serdes and users' classes: what
 * segments add up to. A backend of the same kind starts from it at once.
 */
public abstract sealed class StateReplica implements KeyedOrigin permits KeyedReplica, RocksReplica {
    final String operator;
    final KeyGroupRange range;
    /** By group: the segment that has it whole and was applied, or had nothing but what was here; 0: none. */
    private final long[] seenWhole;
    /** By group: the segment that has it whole in the chain of the newest that was applied. */
    private final long[] wholeSince;

    private SegmentChain chain;
    private @Nullable StateSchema schema; // Of the rows that are held; null: no segment came.
    private long checkpoint;
    private boolean isOfOneWriter = true;
    private boolean mayHaveParts;

    /**
     * @param operator named in messages
     * @param range rows of other key groups are left out
     */
    StateReplica(String operator, KeyGroupRange range) {
        this.operator = operator;
        this.range = range;
        this.seenWhole = new long[range.count()];
        this.wholeSince = new long[range.count()];
        this.chain = new SegmentChain(List.of(), wholeSince, new long[range.count()]);
    }

    /**
     * Brings it up to a later checkpoint, in a time that the segment's size decides. The segments of a chain come in
     * their order; chains of several subtasks, which have different key groups, one after the other.
     *
     * @param segment is read to its end; what is skipped in it is of no use, and need not be verified
     * @param length of the segment, in bytes
     * @param ofCheckpoint that the segment was written for
     * @return how much of it was of use, in bytes
     * @throws IOException if the segment can't be read; nothing has changed
     * @throws CorruptDataException if it is not what a backend has written
     * @throws IllegalStateException if it adds to a checkpoint that the replica has not come to; nothing has changed
     */
    public abstract long apply(InputStream segment, long length, long ofCheckpoint) throws IOException;

    /** Opens a segment at its beginning. */
    @FunctionalInterface
    public interface Opener {
        InputStream open() throws IOException;
    }

    /**
     * Before the segments of a chain are applied, from the first to the newest, or to that of a checkpoint that this
     * one is part of: what will be written over is left out. What came of fewer segments would not be complete.
     *
     * @param newest of the chain
     * @param length of that segment, in bytes
     * @throws CorruptDataException if it is not what a backend has written
     */
    public void aimAt(Opener newest, long length) throws IOException {
        // What is taken in as it is, is taken in as a whole.
    }

    /** Memory that it takes. */
    public abstract long bytes();

    /** Of state, wherever it is, about. */
    public abstract long stateBytes();

    /**
     * Over its rows; to be closed before the replica is.
     *
     * @param ofParts over parts of what rows have, in place of rows of keys
     */
    abstract RowCursor cursor(boolean ofParts) throws IOException;

    /** The row's bytes of a part, whose key's bytes these are; null: there is none. */
    abstract byte @Nullable [] partOrNull(int group, byte[] key, int keyLength);

    /**
     * Counts what there is, which reads every row.
     *
     * @throws CorruptDataException if segments are missing, or a row is not what a backend has written
     */
    public final StateCensus census() throws IOException {
        requireComplete();
        return StateCensus.of(this);
    }

    /**
     * Nothing is added to the chain that it was made of: the first cut of a backend that starts from it stands alone.
     */
    public final void standAlone() {
        isOfOneWriter = false;
    }

    /** The newest that was applied; 0: none. */
    public final long checkpoint() {
        return checkpoint;
    }

    /** Nothing was applied. */
    public final boolean isEmpty() {
        return schema == null;
    }

    /** Rows may say that what they have is in parts, as a segment had the format for that. */
    final boolean mayHaveParts() {
        return mayHaveParts;
    }

    final KeyGroupRange range() {
        return range;
    }

    final StateSchema schema() {
        return Objects.requireNonNull(schema, "nothing was applied");
    }

    /** The rows are in the order of another schema's sections now. */
    final void arrangedAs(StateSchema wanted) {
        schema = wanted;
    }

    /** Whether it has that group as it was at the checkpoint that a segment adds to. */
    final boolean holds(int group, long base) {
        int index = group - range.first();
        return base != 0 && base == checkpoint && seenWhole[index] != 0 && seenWhole[index] >= wholeSince[index];
    }

    /** The chain that it was made of, if all of it came from a backend of the same kind and key groups. */
    @Nullable
    final SegmentChain chain() {
        return isOfOneWriter ? chain : null;
    }

    /** @throws CorruptDataException if segments are missing */
    final void requireComplete() {
        for (int i = 0; i < wholeSince.length; i++) {
            if (seenWhole[i] == 0 || seenWhole[i] < wholeSince[i]) {
                throw new CorruptDataException("The keyed state of operator " + operator + " in checkpoint "
                        + checkpoint + " lacks the segment that has key group " + (range.first() + i)
                        + " whole. Start the job from another checkpoint.");
            }
        }
    }

    /**
     * Before a segment is applied: the schema of the rows after it.
     *
     * @param written the checkpoint that the segment names
     */
    final StateSchema schemaWith(StateSchema theirs, long written, long base, long ofCheckpoint) {
        if (written != ofCheckpoint) {
            throw new CorruptDataException("The keyed state of operator " + operator + " was written for checkpoint "
                    + written + ", and yet belongs to checkpoint " + ofCheckpoint + ".");
        }
        if (checkpoint != 0 && base > checkpoint) {
            throw new IllegalStateException("the replica of operator " + operator + " is at checkpoint " + checkpoint
                    + ", and was given what checkpoint " + ofCheckpoint + " adds to checkpoint " + base);
        }
        return schema == null ? theirs : schema.with(theirs, operator);
    }

    /**
     * A segment is applied.
     *
     * @param theirs the key groups of its writer
     * @param since by group of these: the checkpoint whose segment has it whole
     * @param isWhole of a group, by number, whose state before it does not matter
     * @param theirParts rows may say that what they have is in parts
     * @param length of the segment, in bytes
     * @param groupBytes by group of the range: what the state has in it now
     */
    final void applied(
            StateSchema merged,
            KeyGroupRange theirs,
            long base,
            long[] since,
            IntPredicate isWhole,
            boolean theirParts,
            long ofCheckpoint,
            long length,
            long[] groupBytes) {
        int first = Math.max(range.first(), theirs.first());
        int end = Math.min(range.end(), theirs.end());
        for (int group = first; group < end; group++) {
            wholeSince[group - range.first()] = since[group - theirs.first()];
            if (isWhole.test(group)) {
                seenWhole[group - range.first()] = ofCheckpoint;
            }
        }
        schema = merged;
        isOfOneWriter &= theirs.equals(range);
        mayHaveParts |= theirParts;
        checkpoint = Math.max(checkpoint, ofCheckpoint);
        SegmentChain.Link link = new SegmentChain.Link(ofCheckpoint, length);
        chain = base == 0 ? SegmentChain.of(link, groupBytes) : chain.with(link, wholeSince, groupBytes);
    }
}
