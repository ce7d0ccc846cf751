package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.CorruptDataException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * Immutable. What the keyed state of an operator in one subtask consists of, as far as its bytes tell without the
 * user's classes.
 *
 * @param keySchema the format of the keys
 * @param range the key groups of its writer
 * @param states in the order in which they were declared
 * @param groupBytes by group of the range: what lives in it, about
 * @param keys that have any state; {@link #UNKNOWN}: not counted
 */
public record StateCensus(
        String keySchema,
        int maxParallelism,
        KeyGroupRange range,
        List<StateSize> states,
        long[] groupBytes,
        long keys) {
    /** In place of a number that only reading all of the state would tell. */
    public static final long UNKNOWN = -1;

    public StateCensus {
        states = List.copyOf(states);
    }

    /**
     * A state, or a queue of timers.
     *
     * @param kind state, timers, or processing-time timers
     * @param keys that have something in it; {@link #UNKNOWN}: not counted
     * @param bytes of all of these, without the keys' own; {@link #UNKNOWN}: not counted
     */
    public record StateSize(String kind, String name, String schema, long keys, long bytes) {}

    /**
     * What the head of a segment tells that consists of files; the rest of it is not read.
     *
     * @param operator named in messages
     * @throws CorruptDataException if it is no such segment
     */
    public static StateCensus ofHead(InputStream segment, String operator) throws IOException {
        byte[] magic = segment.readNBytes(Integer.BYTES);
        if (magic.length < Integer.BYTES || new BinaryReader(magic).readInt() != FilesSegment.MAGIC) {
            throw new CorruptDataException("The keyed state of operator " + operator
                    + " is said to be of RocksDB, and does not begin as such a segment does.");
        }
        FilesSegment head = FilesSegment.read(segment, operator);
        List<StateSize> states = head.schema().states().stream()
                .map(section -> new StateSize(section.kind().word, section.name(), section.schema(), UNKNOWN, UNKNOWN))
                .toList();
        return new StateCensus(
                head.schema().keySchema(),
                head.schema().maxParallelism(),
                head.range(),
                states,
                head.groupBytes(),
                UNKNOWN);
    }

    /**
     * Reads every row.
     *
     * @throws CorruptDataException if a row is not as the schema says, or in a group that its key does not belong to
     */
    static StateCensus of(StateReplica replica) throws IOException {
        List<StateSchema.Section> sections = replica.schema().sections();
        long[] keysOf = new long[sections.size()];
        long[] bytesOf = new long[sections.size()];
        long[] groupBytes = new long[replica.range().count()];
        long keys = 0;
        try (RowCursor rows = replica.cursor(false)) {
            while (rows.next()) {
                keys++;
                requireOwnGroup(replica, rows, rows.keyAt, rows.keyLength);
                groupBytes[rows.group - replica.range().first()] += rows.keyLength + rows.rowLength;
                rows.forEachSection((number, at, length) -> {
                    requireSection(replica, rows, number, keysOf.length);
                    keysOf[number]++;
                    bytesOf[number] += length;
                });
            }
        }
        try (RowCursor parts = replica.cursor(true)) {
            while (parts.next()) {
                BinaryReader key = new BinaryReader(parts.key, parts.keyAt, parts.keyLength);
                int ownerLength = key.readLength();
                requireOwnGroup(replica, parts, key.position(), ownerLength);
                groupBytes[parts.group - replica.range().first()] += parts.keyLength + parts.rowLength;
                parts.forEachSection((number, at, length) -> {
                    requireSection(replica, parts, number, bytesOf.length);
                    bytesOf[number] += length;
                });
            }
        }
        List<StateSize> states = replica.schema().states().stream()
                .map(section -> {
                    int number = sections.indexOf(section);
                    return new StateSize(
                            section.kind().word, section.name(), section.schema(), keysOf[number], bytesOf[number]);
                })
                .toList();
        return new StateCensus(
                replica.schema().keySchema(),
                replica.schema().maxParallelism(),
                replica.range(),
                states,
                groupBytes,
                keys);
    }

    private static void requireSection(StateReplica replica, RowCursor rows, int number, int count) {
        if (number >= count) {
            throw new CorruptDataException("A row of operator " + replica.operator + " in key group " + rows.group
                    + " has a section " + number + " of " + count + ".");
        }
    }

    private static void requireOwnGroup(StateReplica replica, RowCursor rows, int keyAt, int keyLength) {
        int belongs =
                KeyGroups.groupOf(rows.key, keyAt, keyLength, replica.schema().maxParallelism());
        if (belongs != rows.group) {
            throw new CorruptDataException("The keyed state of operator " + replica.operator + " in checkpoint "
                    + replica.checkpoint() + " has a key in key group " + rows.group + " that belongs to " + belongs
                    + ".");
        }
    }
}
