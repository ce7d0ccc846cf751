package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one thread at a time. The keyed state of an operator as bytes, without serdes and users' classes: what
 * segments add up to. A backend starts from it at once, and makes objects of a row when its key is first used.
 */
public final class KeyedReplica implements StateReplica {
    private static final int OBJECT_BYTES = 512;

    private final String operator;
    private final KeyGroupRange range;
    private final @Nullable ReplicaGroup[] groups;
    /** By group: the segment that has it whole and was applied; 0: none. */
    private final long[] seenWhole;
    /** By group: the segment that has it whole in the chain of the newest that was applied. */
    private final long[] wholeSince;

    private SegmentChain chain;
    private @Nullable StateSchema schema; // Of the rows that are held; null: no segment came.
    private long checkpoint;
    private boolean isOfOneWriter = true;

    /**
     * @param operator named in messages
     * @param range rows of other key groups are left out
     */
    public KeyedReplica(String operator, KeyGroupRange range) {
        this.operator = operator;
        this.range = range;
        this.groups = new ReplicaGroup[range.count()];
        this.seenWhole = new long[range.count()];
        this.wholeSince = new long[range.count()];
        this.chain = new SegmentChain(List.of(), wholeSince, new long[range.count()]);
    }

    /**
     * Brings it up to a later checkpoint, in a time that the segment's size decides. The segments of a chain come in
     * their order; chains of several subtasks, which have different key groups, one after the other.
     *
     * @param ofCheckpoint that the segment was written for
     * @throws io.selvage.api.type.CorruptDataException if it is not what a backend has written
     * @throws IllegalStateException if it adds to a checkpoint that the replica has not come to; nothing has changed
     */
    public void apply(byte[] bytes, long ofCheckpoint) {
        Segment segment = Segment.read(bytes, operator);
        if (segment.checkpoint() != ofCheckpoint) {
            throw new CorruptDataException("The keyed state of operator " + operator + " was written for checkpoint "
                    + segment.checkpoint() + ", and yet belongs to checkpoint " + ofCheckpoint + ".");
        }
        if (checkpoint != 0 && segment.base() > checkpoint) {
            throw new IllegalStateException("the replica of operator " + operator + " is at checkpoint " + checkpoint
                    + ", and was given what checkpoint " + ofCheckpoint + " adds to checkpoint " + segment.base());
        }
        StateSchema known = schema == null ? segment.schema() : schema.with(segment.schema(), operator);
        schema = known;
        begin(segment);
        int @Nullable [] places = known.sections().equals(segment.schema().sections())
                ? null
                : segment.schema().placesIn(known);
        segment.forEachGroup((group, isWhole, entries) -> {
            if (range.contains(group)) {
                applyGroup(segment, group - range.first(), isWhole, entries, places);
            }
        });
        isOfOneWriter &= segment.range().equals(range);
        checkpoint = Math.max(checkpoint, ofCheckpoint);
        SegmentChain.Link link = new SegmentChain.Link(ofCheckpoint, bytes.length);
        chain = segment.base() == 0 ? SegmentChain.of(link, liveBytes()) : chain.with(link, wholeSince, liveBytes());
    }

    @Override
    public void apply(InputStream segment, long length, long ofCheckpoint) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(length)];
        int read = segment.readNBytes(bytes, 0, bytes.length);
        if (read != length || segment.read() >= 0) {
            throw new EOFException("a segment of " + length + " bytes has " + read + ", or more");
        }
        apply(bytes, ofCheckpoint);
    }

    @Override
    public void close() {
        // Nothing is held but memory.
    }

    @Override
    public void standAlone() {
        isOfOneWriter = false;
    }

    @Override
    public long checkpoint() {
        return checkpoint;
    }

    @Override
    public long stateBytes() {
        return bytes();
    }

    @Override
    public long bytes() {
        long bytes = OBJECT_BYTES + (Long.BYTES + Integer.BYTES) * (long) groups.length;
        for (ReplicaGroup group : groups) {
            bytes += group == null ? 0 : group.bytes();
        }
        return bytes;
    }

    @Override
    public boolean isEmpty() {
        return schema == null;
    }

    KeyGroupRange range() {
        return range;
    }

    StateSchema schema() {
        return Objects.requireNonNull(schema, "nothing was applied");
    }

    /** The chain that it was made of, if all of it came from a backend of the same key groups. */
    @Nullable
    SegmentChain chain() {
        return isOfOneWriter ? chain : null;
    }

    /** @throws CorruptDataException if segments are missing */
    void requireComplete() {
        for (int i = 0; i < wholeSince.length; i++) {
            if (seenWhole[i] == 0 || seenWhole[i] < wholeSince[i]) {
                throw new CorruptDataException("The keyed state of operator " + operator + " in checkpoint "
                        + checkpoint + " lacks the segment that has key group " + (range.first() + i)
                        + " whole. Start the job from another checkpoint.");
            }
        }
    }

    @Nullable
    ReplicaGroup group(int group) {
        return groups[group - range.first()];
    }

    void drop(int group) {
        groups[group - range.first()] = null;
    }

    int count() {
        return Arrays.stream(groups)
                .mapToInt(group -> group == null ? 0 : group.count())
                .sum();
    }

    /** Puts all rows into the order of another schema's sections; what that has not is dropped. */
    void arrange(StateSchema wanted) {
        int[] places = schema().placesIn(wanted);
        schema = wanted;
        for (int i = 0; i < groups.length; i++) {
            ReplicaGroup old = groups[i];
            if (old != null) {
                ReplicaGroup arranged = new ReplicaGroup();
                old.forEach((arena, start, entry) -> putRenumbered(arranged, arena, entry, places));
                groups[i] = arranged;
            }
        }
    }

    private void begin(Segment segment) {
        int first = Math.max(range.first(), segment.range().first());
        int end = Math.min(range.end(), segment.range().end());
        for (int group = first; group < end; group++) {
            wholeSince[group - range.first()] =
                    segment.wholeSince()[group - segment.range().first()];
            if (segment.base() == 0) {
                groups[group - range.first()] = null;
                seenWhole[group - range.first()] = segment.checkpoint();
            }
        }
    }

    private void applyGroup(
            Segment segment, int index, boolean isWhole, BinaryReader entries, int @Nullable [] places) {
        ReplicaGroup group = groups[index];
        if (isWhole) {
            group = null;
            seenWhole[index] = segment.checkpoint();
        }
        if (group == null) {
            group = new ReplicaGroup();
            group.reserve(isWhole ? entries.remaining() : 0);
        }
        Entry entry = new Entry();
        while (entries.remaining() > 0) {
            int start = entries.position();
            entry.read(entries);
            if (entry.rowLength == 0) {
                group.remove(segment.bytes(), entry.keyAt, entry.keyLength);
            } else if (places == null) {
                group.put(segment.bytes(), start, entry);
            } else {
                putRenumbered(group, segment.bytes(), entry, places);
            }
        }
        groups[index] = group.count() == 0 ? null : group;
    }

    private static void putRenumbered(ReplicaGroup into, byte[] source, Entry entry, int[] places) {
        BinaryWriter out = new BinaryWriter(entry.keyLength + entry.rowLength + 32);
        out.writeUnsignedVarInt(entry.keyLength);
        out.writeBytes(source, entry.keyAt, entry.keyLength);
        int row = out.beginRun();
        StateSchema.renumber(source, entry.rowAt, entry.rowLength, places, out);
        if (out.length() == row) {
            into.remove(source, entry.keyAt, entry.keyLength);
            return;
        }
        out.endRun(row);
        Segment.endEntry(out, entry.firstTimerMillis);
        Entry renumbered = new Entry();
        renumbered.read(new BinaryReader(out.array(), 0, out.length()));
        into.put(out.array(), 0, renumbered);
    }

    private long[] liveBytes() {
        return Arrays.stream(groups)
                .mapToLong(group -> group == null ? 0 : group.liveBytes())
                .toArray();
    }
}
