package io.selvage.checkpoint.backend;

import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.protocol.failure.FailureWords;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksIterator;

/**
 * Owned by one thread at a time. A replica on the disk: files of segments are taken in as they are, and an image is its
 * store from then on, unless there are others' groups in that; these, and rows of segments that a heap backend has
 * written, are put into files first.
 */
public final class RocksReplica extends StateReplica {
    private static final int OBJECT_BYTES = 16 * 1024; // With what the library has outside of the heap.

    /** In what the library says. */
    private static final Pattern STORE_FILE = Pattern.compile("\\b(?:[0-9]+\\.sst|MANIFEST-[0-9]+)\\b");

    /** As RocksDB passes on what the system says. */
    private static final String NOT_THERE = "No such file or directory";

    private final RocksEnvironment environment;
    private final long[] groupBytes;

    private @Nullable RocksStore store; // null: nothing was applied, or a backend has it.
    private boolean isTaken;

    /**
     * @param operator named in messages
     * @param range rows of other key groups are left out
     */
    public RocksReplica(String operator, KeyGroupRange range, RocksEnvironment environment) {
        super(operator, range);
        this.environment = environment;
        this.groupBytes = new long[range.count()];
    }

    @Override
    public long apply(InputStream segment, long length, long ofCheckpoint) throws IOException {
        byte[] magic = segment.readNBytes(Integer.BYTES);
        if (magic.length == Integer.BYTES && new BinaryReader(magic).readInt() == FilesSegment.MAGIC) {
            applyFiles(segment, ofCheckpoint);
            return length;
        }
        InputStream whole = new SequenceInputStream(new ByteArrayInputStream(magic), segment);
        Segment read =
                Segment.read(whole, length, operator, (head, section) -> range.contains(section.number()), group -> {});
        try {
            applyRows(read, length, ofCheckpoint);
            return length;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- segments of files ---------------------------------------------------------------------------------------

    private void applyFiles(InputStream in, long ofCheckpoint) throws IOException {
        FilesSegment head = FilesSegment.read(in, operator);
        StateSchema merged = schemaWith(head.schema(), head.checkpoint(), head.base(), ofCheckpoint);
        List<StateSchema.Section> theirs = head.schema().sections();
        if (!merged.sections().subList(0, theirs.size()).equals(theirs)) {
            throw new CorruptDataException("The keyed state of operator " + operator + " in checkpoint " + ofCheckpoint
                    + " has the sections " + theirs + ", and other subtasks have written " + merged.sections()
                    + ". Restore another checkpoint.");
        }
        Path directory = LocalDiskException.made(environment.newDirectory("segment"));
        try {
            List<Path> files = new ArrayList<>();
            FileCopy copy = new FileCopy(environment.ending());
            for (long each : head.fileLengths()) {
                int number = files.size();
                String name = head.isImage() ? head.fileNames().get(number) : number + ".sst";
                files.add(directory.resolve(name));
                copy.take(in, each, files.get(number));
            }
            requireEnd(in); // Only now what was read is known to be what was written.
            if (head.isImage()) {
                takeInImage(head, directory);
            } else {
                takeIn(head, files);
            }
        } finally {
            RocksStore.delete(directory);
        }
        for (int group = range.first(); group < range.end(); group++) {
            if (head.range().contains(group)) {
                groupBytes[group - range.first()] =
                        head.groupBytes()[group - head.range().first()];
            }
        }
        long length = Arrays.stream(head.fileLengths()).sum();
        applied(
                merged,
                head.range(),
                head.base(),
                head.wholeSince(),
                group -> head.base() == 0 || head.isWhole()[group - head.range().first()],
                head.hasParts(),
                ofCheckpoint,
                length,
                groupBytes);
    }

    private void takeIn(FilesSegment head, List<Path> files) {
        try {
            RocksStore into = store();
            if (head.base() == 0) {
                clear(into, head.range());
            }
            into.takeIn(files);
            clip(into, head.range());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void takeInImage(FilesSegment head, Path directory) {
        requireMine();
        KeyGroupRange theirs = head.range();
        boolean hasOthers = !isEmpty() && (theirs.first() > range.first() || theirs.end() < range.end());
        try {
            if (hasOthers) {
                copy(opened(head, () -> RocksStore.readOnlyAt(directory, environment)), theirs, directory);
                return;
            }
            RocksStore image = opened(head, () -> RocksStore.at(directory, environment));
            if (store != null) {
                store.close();
            }
            store = image;
            clip(image, theirs);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Opening {
        RocksStore open() throws IOException;
    }

    /**
     * All files of the image were written a moment ago: if one is not there, it is not the disk's fault. One that can't
     * be written, as the store begins new ones when it is opened, is.
     */
    private RocksStore opened(FilesSegment image, Opening opening) throws IOException {
        try {
            return opening.open();
        } catch (IOException e) {
            Throwable ofStore = e.getCause() == null ? e : e.getCause(); // Whose words are not about the local disk.
            String message = String.valueOf(ofStore.getMessage());
            Matcher named = STORE_FILE.matcher(message);
            while (message.contains(NOT_THERE) && named.find()) {
                if (!image.fileNames().contains(named.group())) {
                    throw new CorruptDataException("The keyed state of operator " + operator + " in checkpoint "
                            + image.checkpoint() + " is an image that lacks the file " + named.group() + ": "
                            + FailureWords.sentence(message) + " Restore another checkpoint.");
                }
            }
            throw e;
        }
    }

    /** What is wanted of another store's groups, which is closed. */
    private void copy(RocksStore from, KeyGroupRange theirs, Path directory) throws IOException {
        RocksStore.View view = from.view();
        try (SortedFiles files = new SortedFiles(environment, directory, "rows")) {
            RocksStore into = store();
            byte[] first = RocksKeys.group(Math.max(range.first(), theirs.first()));
            byte[] end = RocksKeys.group(Math.min(range.end(), theirs.end()));
            view.scan(first, end, (key, value) -> files.put(key, key.length, value, value.length));
            clear(into, theirs);
            into.takeIn(files.finish());
        } finally {
            view.release();
            from.close();
        }
    }

    private static void requireEnd(InputStream in) throws IOException {
        if (in.read() >= 0) {
            throw new CorruptDataException("a segment of keyed state is longer than it says");
        }
    }

    /** Of the writer's groups, those that are not wanted. */
    private void clip(RocksStore into, KeyGroupRange theirs) throws IOException {
        clear(into, theirs.first(), Math.min(theirs.end(), range.first()));
        clear(into, Math.max(theirs.first(), range.end()), theirs.end());
    }

    private void clear(RocksStore into, KeyGroupRange groups) throws IOException {
        if (checkpoint() != 0) {
            clear(into, groups.first(), groups.end());
        }
    }

    private static void clear(RocksStore into, int first, int end) throws IOException {
        if (first < end) {
            into.deleteRange(RocksKeys.group(first), RocksKeys.group(end));
        }
    }

    // ---- segments of rows ----------------------------------------------------------------------------------------

    private void applyRows(Segment segment, long length, long ofCheckpoint) throws IOException {
        StateSchema merged = schemaWith(segment.schema(), segment.checkpoint(), segment.base(), ofCheckpoint);
        int[] places = segment.schema().placesIn(merged);
        BitSet whole = new BitSet(); // By group.
        RocksStore into = store();
        if (segment.base() == 0) {
            clear(into, segment.range());
            whole.set(segment.range().first(), segment.range().end());
        }
        Path directory = LocalDiskException.made(environment.newDirectory("segment"));
        try (SortedFiles files = new SortedFiles(environment, directory, "rows")) {
            for (Segment.Group group : sorted(segment.groups())) {
                int number = group.number();
                if (group.isWhole() && !group.isOfParts()) {
                    clear(into, number, number + 1);
                    groupBytes[number - range.first()] = 0;
                    whole.set(number);
                }
                groupBytes[number - range.first()] += write(group, places, into, files);
            }
            into.takeIn(files.finish());
        } finally {
            RocksStore.delete(directory);
        }
        standAlone(); // What comes next are files.
        applied(
                merged,
                segment.range(),
                segment.base(),
                segment.wholeSince(),
                whole::get,
                segment.mayHaveParts(),
                ofCheckpoint,
                length,
                groupBytes);
    }

    /** As files are: what of a group is whole, and what has changed, are one. */
    private static Collection<Segment.Group> sorted(List<Segment.Group> groups) {
        TreeMap<byte[], Segment.Group> all = new TreeMap<>(Arrays::compareUnsigned);
        for (Segment.Group each : groups) {
            byte[] kind = RocksKeys.kind(each.number(), each.isOfParts() ? RocksKeys.PART : RocksKeys.ROW);
            all.merge(kind, each, RocksReplica::joined);
        }
        return all.values();
    }

    private static Segment.Group joined(Segment.Group whole, Segment.Group changes) {
        byte[] entries = Arrays.copyOf(whole.entries(), whole.entries().length + changes.entries().length);
        System.arraycopy(changes.entries(), 0, entries, whole.entries().length, changes.entries().length);
        return new Segment.Group(whole.number(), whole.isWhole(), whole.isOfParts(), entries);
    }

    /** Answers by how much the group has grown, about. */
    private static long write(Segment.Group from, int[] places, RocksStore into, SortedFiles files) throws IOException {
        TreeMap<byte[], byte[]> values = new TreeMap<>(Arrays::compareUnsigned); // Empty: the row has gone.
        TreeMap<byte[], Boolean> due = new TreeMap<>(Arrays::compareUnsigned);
        Entry entry = new Entry();
        FirstTimers timersBefore = new FirstTimers();
        byte[] bytes = from.entries();
        BinaryReader entries = new BinaryReader(bytes);
        int group = from.number();
        byte[] prefix = RocksKeys.kind(group, from.isOfParts() ? RocksKeys.PART : RocksKeys.ROW);
        long growth = 0;
        while (entries.remaining() > 0) {
            entry.read(entries);
            byte[] key = new byte[RocksKeys.ROW_PREFIX + entry.keyLength];
            System.arraycopy(prefix, 0, key, 0, prefix.length);
            System.arraycopy(bytes, entry.keyAt, key, RocksKeys.ROW_PREFIX, entry.keyLength);
            BinaryWriter value = new BinaryWriter(entry.rowLength + 16);
            StateSchema.renumber(bytes, entry.rowAt, entry.rowLength, places, value);
            if (value.length() > 0) {
                RocksKeys.endValue(value, entry.firstTimers);
            }
            byte[] before = valueOf(into, key);
            if (before.length > 0) {
                timersBefore.readBackwards(before, before.length);
                putDue(due, group, timersBefore, entry, bytes, false);
            }
            if (value.length() > 0) {
                putDue(due, group, entry.firstTimers, entry, bytes, true);
            }
            values.put(key, value.toByteArray());
            growth += sizeOf(key, value.length()) - sizeOf(key, before.length);
        }
        for (var each : values.entrySet()) {
            if (each.getValue().length == 0) {
                files.delete(each.getKey());
            } else {
                files.put(each.getKey(), each.getKey().length, each.getValue(), each.getValue().length);
            }
        }
        for (var each : due.entrySet()) {
            if (each.getValue()) {
                files.put(each.getKey(), each.getKey().length, RocksKeys.NO_VALUE, 0);
            } else {
                files.delete(each.getKey());
            }
        }
        return growth;
    }

    private static int sizeOf(byte[] key, int valueLength) {
        return valueLength == 0 ? 0 : key.length + valueLength;
    }

    private static byte[] valueOf(RocksStore store, byte[] key) {
        byte[] value = new byte[256];
        int length = store.get(key, key.length, value);
        if (length > value.length) {
            value = new byte[length];
            store.get(key, key.length, value);
        }
        return Arrays.copyOf(value, Math.max(0, length));
    }

    // ---- the store -----------------------------------------------------------------------------------------------

    private void requireMine() {
        if (isTaken) {
            throw new IllegalStateException("the replica of operator " + operator + " is taken");
        }
    }

    private RocksStore store() throws IOException {
        requireMine();
        RocksStore known = store;
        if (known == null) {
            known = RocksStore.create(environment);
            store = known;
        }
        return known;
    }

    @Override
    RowCursor cursor(boolean ofParts) throws IOException {
        return new Cursor(store().iterator(), ofParts ? RocksKeys.PART : RocksKeys.ROW);
    }

    @Override
    byte @Nullable [] partOrNull(int group, byte[] key, int keyLength) {
        byte[] stored = Arrays.copyOf(RocksKeys.kind(group, RocksKeys.PART), RocksKeys.ROW_PREFIX + keyLength);
        System.arraycopy(key, 0, stored, RocksKeys.ROW_PREFIX, keyLength);
        byte[] value = valueOf(Objects.requireNonNull(store, "nothing was applied"), stored);
        return value.length == 0 ? null : Arrays.copyOf(value, RocksKeys.rowLength(value, value.length));
    }

    private final class Cursor extends RowCursor {
        private final RocksIterator each;
        private final int kind;

        Cursor(RocksIterator each, int kind) {
            this.each = each;
            this.kind = kind;
            each.seek(RocksKeys.kind(range.first(), kind));
        }

        @Override
        void seekBehind(int ofGroup, byte[] ofKey) {
            byte[] stored = Arrays.copyOf(RocksKeys.kind(ofGroup, kind), RocksKeys.ROW_PREFIX + ofKey.length);
            System.arraycopy(ofKey, 0, stored, RocksKeys.ROW_PREFIX, ofKey.length);
            each.seek(stored);
            if (each.isValid() && Arrays.equals(each.key(), stored)) {
                each.next();
            }
        }

        @Override
        boolean next() throws IOException {
            while (store().isValid(each)) {
                key = each.key();
                group = RocksKeys.groupOf(key);
                if (group >= range.end()) {
                    return false;
                }
                if (key[Short.BYTES] != kind) { // Rows come before what is of another kind, and parts behind it.
                    each.seek(RocksKeys.kind(key[Short.BYTES] < kind ? group : group + 1, kind));
                    continue;
                }
                keyAt = RocksKeys.ROW_PREFIX;
                keyLength = key.length - RocksKeys.ROW_PREFIX;
                row = each.value();
                rowLength = RocksKeys.rowLength(row, row.length);
                each.next();
                return true;
            }
            return false;
        }

        @Override
        public void close() {
            each.close();
        }
    }

    @Override
    public long stateBytes() {
        return Arrays.stream(groupBytes).sum();
    }

    @Override
    public long bytes() {
        return OBJECT_BYTES;
    }

    @Override
    public void close() {
        RocksStore known = store;
        if (known != null && !isTaken) {
            known.close();
        }
        store = null;
        isTaken = true;
    }

    long[] groupBytes() {
        return groupBytes.clone();
    }

    /** Once: it belongs to the caller. */
    RocksStore take() throws IOException {
        RocksStore taken = store();
        isTaken = true;
        store = null;
        return taken;
    }

    private static void putDue(
            TreeMap<byte[], Boolean> due, int group, FirstTimers timers, Entry entry, byte[] bytes, boolean isThere) {
        for (TimeDomain domain : TimeDomain.values()) {
            if (timers.of(domain) != Long.MAX_VALUE) {
                due.put(RocksKeys.due(group, domain, timers.of(domain), bytes, entry.keyAt, entry.keyLength), isThere);
            }
        }
    }

    /** The same in the heap, which a heap backend starts from; this one is closed. */
    public KeyedReplica toHeap() throws IOException {
        KeyedReplica replica = new KeyedReplica(operator, range);
        if (isEmpty()) {
            return replica;
        }
        long[] since = new long[range.count()];
        Arrays.fill(since, checkpoint());
        List<Segment.Group> groups = new ArrayList<>();
        RocksStore.View view = store().view();
        try {
            requireComplete();
            for (int group = range.first(); group < range.end(); group++) {
                byte[] rows = entries(view, RocksKeys.group(group), RocksKeys.due(group));
                groups.add(new Segment.Group(group, true, false, rows));
                byte[] parts = entries(view, RocksKeys.kind(group, RocksKeys.PART), RocksKeys.group(group + 1));
                groups.add(new Segment.Group(group, true, true, parts));
            }
        } finally {
            view.release();
            close();
        }
        Segment all = new Segment(checkpoint(), 0, range, since, schema(), mayHaveParts(), false, groups);
        replica.apply(all, stateBytes(), checkpoint());
        replica.standAlone();
        return replica;
    }

    /** As a segment has them. */
    private static byte[] entries(RocksStore.View view, byte[] first, byte[] end) throws IOException {
        BinaryWriter out = new BinaryWriter(1 << 16);
        FirstTimers firstTimers = new FirstTimers();
        view.scan(first, end, (key, value) -> {
            int rowLength = RocksKeys.rowLength(value, value.length);
            out.writeUnsignedVarInt(key.length - RocksKeys.ROW_PREFIX);
            out.writeBytes(key, RocksKeys.ROW_PREFIX, key.length - RocksKeys.ROW_PREFIX);
            out.writeUnsignedVarInt(rowLength);
            out.writeBytes(value, 0, rowLength);
            firstTimers.readBackwards(value, value.length);
            Segment.endEntry(out, firstTimers);
        });
        return out.toByteArray();
    }
}
