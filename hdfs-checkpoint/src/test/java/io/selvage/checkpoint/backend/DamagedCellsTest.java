package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What a row has of a state that consists of many things, with bytes that are not what was written. */
final class DamagedCellsTest {
    private static final long SEED = 20261127;
    private static final int DAMAGED = 3_000; // Of each sort.

    private static final TimeLimit LIMIT = new TimeLimit(1_000, true, InstantSource.system(), 5);

    record Nothing() {}

    private static final ListSerde<Long> LIST = new ListSerde<>(Serdes.LONG);
    private static final StampedListSerde<Long> STAMPED_LIST = new StampedListSerde<>(Serdes.LONG, LIMIT);
    private static final MapSerde<Long, Long> MAP = new MapSerde<>(Serdes.LONG, Serdes.LONG);
    private static final StampedMapSerde<Long, Long> STAMPED_MAP =
            new StampedMapSerde<>(Serdes.LONG, Serdes.LONG, LIMIT);
    private static final NamespacesSerde<Long, ArrayList<Long>> NAMESPACES =
            new NamespacesSerde<>(Serdes.LONG, LIST, true);

    /** How each is read: also from what was written before the state had a time-to-live, or while it had one. */
    private static final List<Function<BinaryReader, ?>> READERS = List.of(
            LIST::read,
            LIST.reader(STAMPED_LIST.schema()),
            STAMPED_LIST::read,
            STAMPED_LIST.reader(LIST.schema()),
            MAP::read,
            MAP.reader(STAMPED_MAP.schema()),
            STAMPED_MAP::read,
            STAMPED_MAP.reader(MAP.schema()),
            NAMESPACES::read);

    private static final BinaryWriter MARK = new BinaryWriter(8);

    static {
        MARK.writeUnsignedVarInt(PartedList.MARK);
    }

    @Test
    void aCountThatIsDamagedIsNoEmptyState() {
        assertThat(PartedMap.MARK).isEqualTo(PartedList.MARK);
        for (int count : new int[] {-2, Integer.MIN_VALUE, Integer.MAX_VALUE, 1_000_000}) {
            BinaryWriter out = new BinaryWriter(16);
            out.writeUnsignedVarInt(count);
            out.writeBytes(new byte[9], 0, 9);
            for (Function<BinaryReader, ?> reader : READERS) {
                isCorrupt(reader, out.toByteArray());
            }
        }
    }

    @Test
    void noNumberOfPartsIsNegativeAndNoMarkFollowsAnother() {
        for (Function<BinaryReader, ?> reader : READERS.subList(0, READERS.size() - 1)) {
            isCorrupt(reader, afterMark(-1, 1, 1, 0));
            isCorrupt(reader, afterMark(1, -1, 1, 0));
            isCorrupt(reader, afterMark(Integer.MIN_VALUE, 3, 1, 0));
        }
        isCorrupt(STAMPED_LIST::read, afterMark(1, 3, -1, 0));
        isCorrupt(LIST.reader(STAMPED_LIST.schema()), afterMark(1, 3, -1, 0));
    }

    private static byte[] afterMark(int... numbers) {
        BinaryWriter out = new BinaryWriter(64);
        out.writeBytes(MARK.array(), 0, MARK.length());
        for (int number : numbers) {
            out.writeUnsignedVarInt(number);
        }
        out.writeLong(0);
        return out.toByteArray();
    }

    private static void isCorrupt(Function<BinaryReader, ?> reader, byte[] bytes) {
        assertThatThrownBy(() -> reader.apply(new BinaryReader(bytes)))
                .as("%s", Arrays.toString(bytes))
                .isInstanceOf(CorruptDataException.class);
    }

    /** A window may have more of them than bytes; a map has one key of no bytes at most. */
    @Test
    void whatHasNoBytesIsReadAsItWasWritten() {
        ListSerde<Nothing> list = new ListSerde<>(Serdes.of(Nothing.class));
        ArrayList<Nothing> many = new ArrayList<>(Collections.nCopies(5_000, new Nothing()));
        assertThat(list.read(new BinaryReader(written(list, many)))).isEqualTo(many);
        StampedListSerde<Nothing> later = new StampedListSerde<>(Serdes.of(Nothing.class), LIMIT);
        assertThat(later.reader(list.schema()).apply(new BinaryReader(written(list, many))))
                .hasSize(5_000);
        MapSerde<Nothing, Nothing> map = new MapSerde<>(Serdes.of(Nothing.class), Serdes.of(Nothing.class));
        LinkedHashMap<Nothing, Nothing> one = new LinkedHashMap<>();
        one.put(new Nothing(), new Nothing());
        assertThat(map.read(new BinaryReader(written(map, one)))).isEqualTo(one);
    }

    /** With one kind of error, whatever is hit. */
    @Test
    void damagedBytesAreRefusedOrReadToNoMoreThanTheyHold() {
        Random random = new Random(SEED);
        int refused = 0;
        for (int i = 0; i < READERS.size(); i++) {
            for (int left = DAMAGED; left > 0; left--) {
                byte[] bytes = some(i, random);
                int at = random.nextInt(bytes.length);
                bytes[at] = (byte) (random.nextBoolean() ? bytes[at] ^ 1 << random.nextInt(8) : random.nextInt());
                try {
                    var unused = READERS.get(i).apply(new BinaryReader(bytes));
                } catch (CorruptDataException damaged) {
                    refused++;
                }
            }
        }
        assertThat(refused).isBetween(500, READERS.size() * DAMAGED - 500);
    }

    /** As the reader of that number expects it. */
    private static byte[] some(int reader, Random random) {
        ArrayList<Long> list = random.nextInt(4) == 0 ? new PartedList<>(1 + random.nextInt(300)) : new ArrayList<>();
        ArrayDeque<Stamped<Long>> stampedList =
                random.nextInt(4) == 0 ? new PartedDeque<>(2, 3 + random.nextInt(300)) : new ArrayDeque<>();
        LinkedHashMap<Long, Long> map = random.nextInt(4) == 0 ? new PartedMap<>(8, 300, 20) : new LinkedHashMap<>();
        LinkedHashMap<Long, Stamped<Long>> stampedMap =
                random.nextInt(4) == 0 ? new PartedMap<>(8, 300, 20) : new LinkedHashMap<>();
        for (int left = 1 + random.nextInt(5); left > 0; left--) {
            long value = random.nextLong() >> random.nextInt(64);
            list.add(value);
            stampedList.add(new Stamped<>(value, 100 - left));
            if (!(map instanceof PartedMap)) {
                map.put(value, value);
            }
            if (!(stampedMap instanceof PartedMap)) {
                stampedMap.put(value, new Stamped<>(value, 100 - left));
            }
        }
        Namespaces<Long, ArrayList<Long>> namespaces = new Namespaces<>();
        namespaces.put(1L, list);
        namespaces.put(2L, new ArrayList<>());
        return switch (reader) {
            case 0, 3 -> written(LIST, list);
            case 1, 2 -> written(STAMPED_LIST, stampedList);
            case 4, 7 -> written(MAP, map);
            case 5, 6 -> written(STAMPED_MAP, stampedMap);
            default -> written(NAMESPACES, namespaces);
        };
    }

    private static <T> byte[] written(Serde<T> serde, T value) {
        BinaryWriter out = new BinaryWriter(64);
        serde.write(value, out);
        return out.toByteArray();
    }
}
