package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one thread at a time. The keyed state of an operator as bytes, without serdes and users' classes: what
 * segments add up to. A backend starts from it at once, and makes objects of a row when its key is first used.
 */
public final class KeyedReplica extends StateReplica {
    private static final int OBJECT_BYTES = 512;
    /** Of a group's entries: to index fewer takes no longer than to have another thread do it. */
    private static final int LARGE_BYTES = 1 << 18;

    private final @Nullable ReplicaGroup[] groups; // Rows of keys.
    private final @Nullable ReplicaGroup[] parts; // Of what these have, by group as well.
    /** By group: what segments of earlier checkpoints have of it does not count. */
    private final long[] countsSince;

    /**
     * @param operator named in messages
     * @param range rows of other key groups are left out
     */
    public KeyedReplica(String operator, KeyGroupRange range) {
        super(operator, range);
        this.groups = new ReplicaGroup[range.count()];
        this.parts = new ReplicaGroup[range.count()];
        this.countsSince = new long[range.count()];
    }

    @Override
    public void aimAt(Opener newest, long length) throws IOException {
        try (InputStream in = newest.open()) {
            Segment head = Segment.readHead(in, length, operator);
            for (int group = range.first(); group < range.end(); group++) {
                if (head.range().contains(group)) {
                    countsSince[group - range.first()] =
                            head.wholeSince()[group - head.range().first()];
                }
            }
        }
    }

    /** The same of a segment that is in memory. */
    public void apply(byte[] bytes, long ofCheckpoint) {
        try {
            apply(new ByteArrayInputStream(bytes), bytes.length, ofCheckpoint);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // There is none in memory.
        }
    }

    /** What is large and whole is indexed by other threads, while the rest is read. */
    @Override
    public long apply(InputStream segment, long length, long ofCheckpoint) throws IOException {
        News news = new News(ofCheckpoint);
        Map<Segment.Group, ForkJoinTask<ReplicaGroup>> indexed = new IdentityHashMap<>();
        Segment read = Segment.read(segment, length, operator, news, group -> {
            if (group.isWhole() && group.entries().length >= LARGE_BYTES) {
                indexed.put(group, ForkJoinPool.commonPool().submit(() -> ReplicaGroup.of(group.entries())));
            }
        });
        apply(read, length, news, group -> {
            ForkJoinTask<ReplicaGroup> task = indexed.get(group);
            return task == null ? ReplicaGroup.of(group.entries()) : task.join();
        });
        return length - news.leftOutBytes;
    }

    /** @param length in bytes, about */
    void apply(Segment segment, long length, long ofCheckpoint) {
        apply(segment, length, new News(ofCheckpoint), group -> ReplicaGroup.of(group.entries()));
    }

    /** Owned by the replica while it applies a segment: what of that it has not, and wants. */
    private final class News implements Segment.Choice {
        private final long ofCheckpoint;
        private final BitSet held = new BitSet(); // By group, of those that are whole in it: what has not changed.
        private long leftOutBytes;

        News(long ofCheckpoint) {
            this.ofCheckpoint = ofCheckpoint;
        }

        @Override
        public boolean wants(Segment head, Segment.Section section) {
            int group = section.number();
            boolean isHeld =
                    range.contains(group) && section.isWhole() && head.hasChangesApart() && holds(group, head.base());
            if (isHeld) {
                held.set(group);
            }
            boolean isWanted = range.contains(group) && counts(group) && !isHeld;
            leftOutBytes += isWanted ? 0 : section.bytes();
            return isWanted;
        }

        boolean counts(int group) {
            return ofCheckpoint >= countsSince[group - range.first()];
        }
    }

    private void apply(Segment segment, long length, News news, Function<Segment.Group, ReplicaGroup> indexed) {
        StateSchema known = schemaWith(segment.schema(), segment.checkpoint(), segment.base(), news.ofCheckpoint);
        BitSet whole = news.held; // By group.
        if (segment.base() == 0) {
            forget(segment.range());
            whole.set(segment.range().first(), segment.range().end()); // Those that it does not have are empty.
        }
        int @Nullable [] places = known.sections().equals(segment.schema().sections())
                ? null
                : segment.schema().placesIn(known);
        for (Segment.Group group : segment.groups()) {
            int index = group.number() - range.first();
            @Nullable ReplicaGroup[] of = group.isOfParts() ? parts : groups;
            ReplicaGroup applied = group.isWhole() && places == null
                    ? indexed.apply(group)
                    : changed(group.isWhole() ? null : of[index], group.entries(), places);
            of[index] = applied.count() == 0 ? null : applied;
            if (group.isWhole() && !group.isOfParts()) {
                parts[index] = null; // They follow, if there are any.
                whole.set(group.number());
            }
        }
        applied(
                known,
                segment.range(),
                segment.base(),
                segment.wholeSince(),
                group -> whole.get(group) && news.counts(group),
                segment.mayHaveParts(),
                news.ofCheckpoint,
                length,
                liveBytes());
    }

    @Override
    public void close() {
        // Nothing is held but memory.
    }

    @Override
    public long stateBytes() {
        return bytes();
    }

    @Override
    public long bytes() {
        long bytes = OBJECT_BYTES + (Long.BYTES + 2 * Integer.BYTES) * (long) groups.length;
        for (int i = 0; i < groups.length; i++) {
            ReplicaGroup rows = groups[i];
            ReplicaGroup ofThese = parts[i];
            bytes += (rows == null ? 0 : rows.bytes()) + (ofThese == null ? 0 : ofThese.bytes());
        }
        return bytes;
    }

    @Override
    RowCursor cursor(boolean ofParts) {
        return new Cursor(ofParts);
    }

    @Override
    byte @Nullable [] partOrNull(int group, byte[] key, int keyLength) {
        ReplicaGroup all = parts(group);
        Entry entry = new Entry();
        return all == null || !all.find(key, 0, keyLength, entry)
                ? null
                : Arrays.copyOfRange(all.arena(), entry.rowAt, entry.rowAt + entry.rowLength);
    }

    private final class Cursor extends RowCursor {
        private final boolean isOfParts;
        private final Entry entry = new Entry();
        private int next = range.first(); // The group after the one at hand.
        private byte[] arena = {};
        private List<Integer> starts = List.of(); // Of the group at hand's entries, by their keys.
        private int at;

        Cursor(boolean isOfParts) {
            this.isOfParts = isOfParts;
        }

        @Override
        void seekBehind(int ofGroup, byte[] ofKey) {
            open(ofGroup);
            while (at < starts.size() && compare(starts.get(at), ofKey) <= 0) {
                at++;
            }
        }

        @Override
        boolean next() {
            while (at == starts.size()) {
                if (next == range.end()) {
                    return false;
                }
                open(next);
            }
            read(starts.get(at++));
            key = arena;
            keyAt = entry.keyAt;
            keyLength = entry.keyLength;
            row = arena;
            rowAt = entry.rowAt;
            rowLength = entry.rowLength;
            return true;
        }

        private void open(int opened) {
            group = opened;
            next = opened + 1;
            at = 0;
            starts = new ArrayList<>();
            ReplicaGroup rows = isOfParts ? parts(opened) : group(opened);
            if (rows != null) {
                arena = rows.arena();
                rows.forEach((from, start, each) -> starts.add(start));
                starts.sort((one, other) -> compare(one, key(other)));
            }
        }

        private byte[] key(int start) {
            read(start);
            return Arrays.copyOfRange(arena, entry.keyAt, entry.keyAt + entry.keyLength);
        }

        private int compare(int start, byte[] other) {
            read(start);
            return Arrays.compareUnsigned(arena, entry.keyAt, entry.keyAt + entry.keyLength, other, 0, other.length);
        }

        private void read(int start) {
            entry.read(new BinaryReader(arena, start, arena.length - start));
        }

        @Override
        public void close() {
            // Nothing is held but memory.
        }
    }

    @Nullable
    ReplicaGroup group(int group) {
        return groups[group - range.first()];
    }

    /** What there is of parts of what a group's rows have; null: nothing. */
    @Nullable
    ReplicaGroup parts(int group) {
        return parts[group - range.first()];
    }

    private void drop(int group) {
        groups[group - range.first()] = null;
        parts[group - range.first()] = null;
    }

    /** What a group has nothing of any more. */
    void dropIfEmpty(int group) {
        int index = group - range.first();
        groups[index] = nullIfEmpty(groups[index]);
        parts[index] = nullIfEmpty(parts[index]);
    }

    private static @Nullable ReplicaGroup nullIfEmpty(@Nullable ReplicaGroup group) {
        return group == null || group.count() == 0 ? null : group;
    }

    boolean hasNothing() {
        return IntStream.range(0, groups.length).allMatch(i -> groups[i] == null && parts[i] == null);
    }

    /** Of keys. */
    int count() {
        return Arrays.stream(groups)
                .mapToInt(group -> group == null ? 0 : group.count())
                .sum();
    }

    /** Puts all rows into the order of another schema's sections; what that has not is dropped. */
    void arrange(StateSchema wanted) {
        int[] places = schema().placesIn(wanted);
        arrangedAs(wanted);
        for (int i = 0; i < groups.length; i++) {
            groups[i] = arranged(groups[i], places);
            parts[i] = arranged(parts[i], places);
        }
    }

    private static @Nullable ReplicaGroup arranged(@Nullable ReplicaGroup old, int[] places) {
        if (old == null) {
            return null;
        }
        ReplicaGroup arranged = new ReplicaGroup();
        old.forEach((arena, start, entry) -> putRenumbered(arranged, arena, entry, places));
        return nullIfEmpty(arranged);
    }

    private void forget(KeyGroupRange theirs) {
        for (int group = range.first(); group < range.end(); group++) {
            if (theirs.contains(group)) {
                drop(group);
            }
        }
    }

    private static ReplicaGroup changed(@Nullable ReplicaGroup before, byte[] entries, int @Nullable [] places) {
        ReplicaGroup group = before == null ? new ReplicaGroup() : before;
        BinaryReader in = new BinaryReader(entries);
        Entry entry = new Entry();
        while (in.remaining() > 0) {
            int start = in.position();
            entry.read(in);
            if (entry.rowLength == 0) {
                group.remove(entries, entry.keyAt, entry.keyLength);
            } else if (places == null) {
                group.put(entries, start, entry);
            } else {
                putRenumbered(group, entries, entry, places);
            }
        }
        return group;
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
        Segment.endEntry(out, entry.firstTimers);
        Entry renumbered = new Entry();
        renumbered.read(new BinaryReader(out.array(), 0, out.length()));
        into.put(out.array(), 0, renumbered);
    }

    private long[] liveBytes() {
        return IntStream.range(0, groups.length)
                .mapToLong(i -> liveBytes(groups[i]) + liveBytes(parts[i]))
                .toArray();
    }

    private static long liveBytes(@Nullable ReplicaGroup group) {
        return group == null ? 0 : group.liveBytes();
    }
}
