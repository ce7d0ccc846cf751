package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.StateDescriptor;
import io.selvage.api.state.TimeToLive;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What large maps and lists of one key cost is a matter of what is used of them, and of what has changed. */
final class LargeStateTest {
    private static final int GROUPS = 16;
    private static final KeyGroupRange ALL = new KeyGroupRange(0, GROUPS);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final int VALUE_BYTES = 50;

    @TempDir
    private Path directory;

    private final CountingSerde serde = new CountingSerde();
    private Instant now = Instant.parse("2026-11-26T00:00:00Z");
    private Duration tick = Duration.ZERO; // Between two looks at the clock.
    private long rowBytes = 1 << 20;
    private PartSizes sizes = PartSizes.DEFAULT;
    private @Nullable RocksEnvironment disk;

    /** Counts what it does, as that is what costs. */
    private static final class CountingSerde implements Serde<byte[]> {
        private static final long serialVersionUID = 1L;
        private int written;
        private int read;
        private int untilFailure; // Values; 0: it does not fail.

        @Override
        public void write(byte[] value, BinaryWriter out) {
            written++;
            use();
            out.writeByteArray(value);
        }

        @Override
        public byte[] read(BinaryReader in) {
            read++;
            use();
            return in.readByteArray();
        }

        private void use() {
            if (untilFailure > 0 && --untilFailure == 0) {
                throw new IllegalArgumentException("failed as it was told to");
            }
        }

        @Override
        public String schema() {
            return "counted";
        }

        void reset() {
            written = 0;
            read = 0;
        }
    }

    private RocksEnvironment disk() {
        RocksEnvironment known =
                disk == null ? new RocksEnvironment(directory.resolve("state"), 1 << 20, rowBytes) : disk;
        disk = known;
        return known;
    }

    private RowKeyedStateBackend<String> backend(boolean onDisk, KeyedOrigin origin) {
        InstantSource clock = () -> now = now.plus(tick);
        return onDisk
                ? RowKeyedStateBackend.onDisk(
                        "operator",
                        Serdes.STRING,
                        GROUPS,
                        ALL,
                        origin,
                        clock,
                        new RowKeyedStateBackend.Disk(disk(), 16, SegmentChain.Bounds.FILES))
                : new RowKeyedStateBackend<>("operator", Serdes.STRING, GROUPS, ALL, origin, 0, clock);
    }

    /** A backend with a value, a map, and a list, and the chain of its last confirmed checkpoint. */
    private final class Running {
        private final boolean onDisk;
        private final RowKeyedStateBackend<String> backend;
        private final ValueState<Long> value;
        private final MapState<Long, byte[]> map;
        private final ListState<byte[]> list;
        private final TreeMap<Long, byte[]> chain = new TreeMap<>();
        private long checkpoint;

        Running(boolean onDisk) {
            this(onDisk, KeyedOrigin.NOTHING, 0, null);
        }

        Running(boolean onDisk, KeyedOrigin origin, long checkpoint, @Nullable TimeToLive timeToLive) {
            this.onDisk = onDisk;
            this.checkpoint = checkpoint;
            backend = backend(onDisk, origin);
            backend.setPartSizes(sizes);
            value = backend.states().value(new ValueStateDescriptor<>("value", Serdes.LONG));
            MapStateDescriptor<Long, byte[]> ofMap = new MapStateDescriptor<>("map", Serdes.LONG, serde);
            ListStateDescriptor<byte[]> ofList = new ListStateDescriptor<>("list", serde);
            map = backend.states().map(timeToLive == null ? ofMap : ofMap.withTimeToLive(timeToLive));
            list = backend.states().list(timeToLive == null ? ofList : ofList.withTimeToLive(timeToLive));
            backend.opened();
        }

        /** A map and a list of so many, for one key. */
        Running fill(int count) {
            backend.setCurrentKey("key");
            value.update(7L);
            for (int i = 0; i < count; i++) {
                map.put((long) i, bytes(i));
                list.add(bytes(i));
            }
            return this;
        }

        byte[] cut() {
            KeyedCut cut = backend.snapshot(++checkpoint).complete();
            byte[] bytes = cut.bytes();
            chain.headMap(cut.base() == 0 ? Long.MAX_VALUE : cut.oldestNeeded(), false)
                    .clear();
            chain.put(checkpoint, bytes);
            return bytes;
        }

        byte[] cutAndConfirm() {
            byte[] bytes = cut();
            backend.confirm(checkpoint);
            return bytes;
        }

        StateReplica replica(boolean toDisk) {
            return replicaOf(toDisk, onDisk, chain);
        }

        Running restored(boolean toDisk) {
            return restored(toDisk, null);
        }

        Running restored(boolean toDisk, @Nullable TimeToLive timeToLive) {
            Running restored = new Running(toDisk, replica(toDisk), checkpoint, timeToLive);
            if (toDisk == onDisk) {
                restored.chain.putAll(chain);
            }
            return restored;
        }

        void close() {
            RetainedState retained = backend.retain();
            if (retained != null) {
                retained.close();
            }
        }

        Map<Long, byte[]> entries() {
            Map<Long, byte[]> all = new HashMap<>();
            map.entries()
                    .forEach(each ->
                            assertThat(all.put(each.getKey(), each.getValue())).isNull());
            return all;
        }

        void assertFilled(int count) {
            backend.setCurrentKey("key");
            assertThat(value.value()).isEqualTo(7);
            assertThat(map.isEmpty()).isEqualTo(count == 0);
            Map<Long, byte[]> all = entries();
            assertThat(all).hasSize(count);
            List<byte[]> elements = new ArrayList<>();
            list.elements().forEach(elements::add);
            assertThat(elements).hasSize(count);
            for (int i = 0; i < count; i++) {
                assertThat(all.get((long) i)).isEqualTo(bytes(i));
                assertThat(elements.get(i)).isEqualTo(bytes(i));
            }
        }
    }

    private StateReplica replicaOf(boolean toDisk, boolean fromDisk, Map<Long, byte[]> chain) {
        try {
            StateReplica replica =
                    toDisk || fromDisk ? new RocksReplica("operator", ALL, disk()) : new KeyedReplica("operator", ALL);
            for (Map.Entry<Long, byte[]> each : chain.entrySet()) {
                replica.apply(new ByteArrayInputStream(each.getValue()), each.getValue().length, each.getKey());
            }
            return !toDisk && replica instanceof RocksReplica files ? files.toHeap() : replica;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] bytes(long of) {
        return ByteBuffer.allocate(VALUE_BYTES).putLong(of).array();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCheckpointHasWhatHasChangedOfALargeMapAndList(boolean onDisk) {
        int count = 100_000;
        Running running = new Running(onDisk).fill(count);
        long whole = running.cutAndConfirm().length;
        assertThat(whole).isGreaterThan((onDisk ? 1L : 2L) * count * VALUE_BYTES / (onDisk ? 10 : 1)); // LZ4
        running.backend.setCurrentKey("other");
        running.value.update(1L);
        running.cutAndConfirm();
        serde.reset();
        Random random = new Random(1);
        running.backend.setCurrentKey("key");
        for (int i = 0; i < 10; i++) {
            running.map.put((long) random.nextInt(count), bytes(-1));
            running.list.add(bytes(count + i));
        }
        int bytes = running.cutAndConfirm().length;
        // Ten parts of a map and the last elements of a list, before and after, and no group of them whole.
        assertThat(serde.written).isLessThan(2 * (10 * 64 + PartSizes.DEFAULT.most() + 10));
        assertThat((long) bytes).isLessThan(whole / 20);
        Running restored = running.restored(onDisk);
        restored.backend.setCurrentKey("key");
        assertThat(restored.entries()).hasSize(count);
        assertThat(restored.map.get((long) new Random(1).nextInt(count))).isEqualTo(bytes(-1));
        restored.close();
        running.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsUsedOfARestoredMapAndListIsWhatIsReadOfThem(boolean onDisk) {
        int count = 50_000;
        Running running = new Running(onDisk).fill(count);
        running.cutAndConfirm();
        Running restored = running.restored(onDisk);
        serde.reset();
        restored.backend.setCurrentKey("key");
        assertThat(restored.map.isEmpty()).isFalse();
        restored.list.add(bytes(count));
        assertThat(serde.read).isLessThanOrEqualTo(PartSizes.DEFAULT.most()); // The list's last elements.
        serde.reset();
        for (int i = 0; i < 20; i++) {
            assertThat(restored.map.get(i * 1000L)).isEqualTo(bytes(i * 1000L));
        }
        restored.map.remove(1L);
        assertThat(serde.read).isLessThan(21 * 80);
        restored.close();
        running.close();
    }

    @Test
    void ofAMapOnTheDiskThatIsLargerThanTheHeapsShareAFewPartsAreInTheHeap() {
        rowBytes = 200_000;
        int count = 40_000;
        Running inHeap = new Running(false).fill(count);
        inHeap.cutAndConfirm();
        Running running = inHeap.restored(true);
        int[] most = new int[1];
        int[] seen = new int[1];
        running.backend.setCurrentKey("key");
        for (Map.Entry<Long, byte[]> entry : running.map.entries()) {
            assertThat(entry.getValue()).isEqualTo(bytes(entry.getKey()));
            most[0] = Math.max(most[0], ((RocksRows<String>) running.backend.rows()).rowCount());
            seen[0]++;
        }
        assertThat(seen[0]).isEqualTo(count);
        assertThat(most[0]).isLessThan(count / PartSizes.DEFAULT.perPart() / 2);
        running.list.add(bytes(count));
        running.map.put((long) count, bytes(count));
        running.assertFilled(count + 1);
        running.cutAndConfirm();
        Running restored = running.restored(true);
        restored.assertFilled(count + 1);
        restored.close();
        running.close();
    }

    /** While room is made for others: nobody is told that a value is changed in place. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void valuesOfALargeMapMayBeChangedInPlaceWhileAFewOthersAreReadAfterThem(boolean onDisk) {
        rowBytes = 60_000;
        int count = 3000;
        Running running = new Running(onDisk).fill(count);
        running.cutAndConfirm();
        Random random = new Random(3);
        Map<Long, byte[]> model = new HashMap<>();
        for (int round = 0; round < 60; round++) {
            running.backend.setCurrentKey("key");
            List<byte[]> read = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                long key = random.nextInt(count);
                byte[] value = Objects.requireNonNull(running.map.get(key));
                assertThat(value).isEqualTo(model.getOrDefault(key, bytes(key)));
                read.add(value);
                read.get(random.nextInt(read.size()))[20]++;
                running.value.update(7L);
                model.put(key, value);
            }
            model.replaceAll((key, value) -> value.clone());
            if (round % 3 == 0) {
                running.backend.setCurrentKey("other-" + round);
                running.value.update(1L);
            }
            if (round % 6 == 0) {
                running.cutAndConfirm();
            }
        }
        running.cutAndConfirm();
        Running restored = running.restored(onDisk);
        restored.backend.setCurrentKey("key");
        model.forEach((key, value) -> assertThat(restored.map.get(key)).isEqualTo(value));
        restored.close();
        running.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLargeMapIsThatOfTheModelAsItGrowsAndShrinks(boolean onDisk) {
        Running running = new Running(onDisk);
        Map<Long, Long> model = new LinkedHashMap<>();
        Random random = new Random(7);
        running.backend.setCurrentKey("key");
        int[] targets = {3000, 900, 5000, 200, 1500, 0, 1200};
        for (int target : targets) {
            boolean isGrowing = model.size() < target;
            while (isGrowing ? model.size() < target : model.size() > target) {
                long key = random.nextInt(8000);
                if (isGrowing == random.nextInt(5) > 0) {
                    running.map.put(key, bytes(key));
                    model.put(key, key);
                } else if (!model.isEmpty()) {
                    long gone = random.nextBoolean()
                            ? key
                            : model.keySet().iterator().next();
                    running.map.remove(gone);
                    model.remove(gone);
                }
                assertThat(running.map.isEmpty()).isEqualTo(model.isEmpty());
            }
            assertThat(running.entries().keySet()).isEqualTo(model.keySet());
            assertThat(running.map.get(random.nextInt(8000) + 10_000L)).isNull();
            running.cutAndConfirm();
            Running restored = running.restored(!onDisk);
            restored.backend.setCurrentKey("key");
            assertThat(restored.entries().keySet()).isEqualTo(model.keySet());
            restored.close();
            running.backend.setCurrentKey("key");
        }
        running.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ofAMapAndAListThatAreClearedNothingIsLeft(boolean onDisk) throws Exception {
        Running running = new Running(onDisk).fill(5000);
        running.cutAndConfirm();
        running.backend.setCurrentKey("key");
        running.map.clear();
        running.list.clear();
        assertThat(running.map.isEmpty()).isTrue();
        assertThat(running.map.entries()).isEmpty();
        assertThat(running.list.elements()).isEmpty();
        running.map.put(1L, bytes(1));
        assertThat(running.entries()).containsOnlyKeys(1L);
        running.map.clear();
        running.value.clear();
        running.cutAndConfirm();
        StateReplica replica = running.replica(onDisk);
        try (RowCursor rows = replica.cursor(false);
                RowCursor parts = replica.cursor(true)) {
            assertThat(rows.next()).isFalse();
            assertThat(parts.next()).isFalse();
        }
        replica.close();
        assertThat(running.backend.keyCount()).isZero();
        running.close();
    }

    /** Both ways of going back, after changes that took the map to pieces and together again. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWayBackFindsPartsAsTheyWere(boolean onDisk) {
        Running running = new Running(onDisk).fill(3000);
        running.cutAndConfirm();
        running.backend.setCurrentKey("key");
        for (long key = 0; key < 3000; key++) {
            running.map.remove(key);
        }
        running.list.clear();
        assertThat(running.map.isEmpty()).isTrue();
        running.fill(10);
        running.cut();
        running.fill(5000);
        RetainedState retained = Objects.requireNonNull(running.backend.retain());
        assertThat(retained.tryRewind(1)).isTrue();
        Running again = new Running(onDisk, retained, 2, null);
        again.assertFilled(3000);
        again.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLargeMapAndListThatAreGivenATimeToLiveHaveItFromThenOn(boolean onDisk) {
        Running running = new Running(onDisk).fill(3000);
        running.backend.setCurrentKey("unused");
        for (int i = 0; i < 2000; i++) {
            running.map.put((long) i, bytes(i));
            running.list.add(bytes(i));
        }
        running.cutAndConfirm();
        Running limited = running.restored(onDisk, TimeToLive.afterWrite(HOUR));
        limited.assertFilled(3000);
        limited.map.put(5L, bytes(5));
        limited.cutAndConfirm();
        Running unlimited = limited.restored(onDisk, null);
        unlimited.assertFilled(3000);
        unlimited.close();

        Running again = limited.restored(onDisk, TimeToLive.afterWrite(HOUR));
        now = now.plus(HOUR.dividedBy(2));
        again.backend.setCurrentKey("key");
        again.map.put(1L, bytes(1));
        now = now.plus(HOUR.dividedBy(2)).plusSeconds(1);
        again.backend.setCurrentKey("key");
        assertThat(again.entries()).containsOnlyKeys(1L);
        assertThat(again.list.elements()).isEmpty();
        // What nobody uses goes as well, with its parts.
        for (int i = 0; i < 10; i++) {
            again.cutAndConfirm();
        }
        assertThat(again.backend.keyCount()).isEqualTo(1);
        again.backend.setCurrentKey("key");
        assertThat(again.map.get(1L)).isEqualTo(bytes(1));
        again.map.put(1L, bytes(1)); // A map becomes whole with what is written to it, not with what is read.
        again.cutAndConfirm();
        StateReplica replica = again.replica(onDisk);
        try (RowCursor parts = replica.cursor(true)) {
            assertThat(parts.next()).isFalse();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        replica.close();
        again.close();
        limited.close();
        running.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void entriesOfALargeMapAndElementsOfALargeListExpireEachForItself(boolean onDisk) {
        Running running = new Running(onDisk, KeyedOrigin.NOTHING, 0, TimeToLive.afterWrite(HOUR));
        for (int i = 0; i < 6000; i++) {
            now = now.plusSeconds(1);
            running.backend.setCurrentKey("key");
            running.map.put((long) i, bytes(i));
            running.list.add(bytes(i));
            running.backend.setCurrentKey("other-" + i % 7);
            running.value.update(1L);
        }
        // An hour has 3,600 seconds.
        running.backend.setCurrentKey("key");
        assertThat(running.map.get(2399L)).isNull();
        assertThat(running.map.get(2400L)).isEqualTo(bytes(2400));
        assertThat(running.entries()).hasSize(3600);
        assertThat(running.list.elements()).hasSize(3600).contains(bytes(2400), bytes(5999));
        running.cutAndConfirm();
        Running restored = running.restored(onDisk, TimeToLive.afterWrite(HOUR));
        now = now.plusSeconds(3400);
        restored.backend.setCurrentKey("key");
        assertThat(restored.map.isEmpty()).isFalse();
        assertThat(restored.entries()).hasSize(200).containsKeys(5800L, 5999L);
        restored.map.remove(5999L);
        assertThat(restored.entries()).hasSize(199).doesNotContainKey(5999L);
        assertThat(restored.list.elements()).hasSize(200).startsWith(bytes(5800));
        restored.list.add(bytes(6000));
        assertThat(restored.list.elements()).hasSize(201).endsWith(bytes(6000));
        now = now.plusSeconds(300);
        assertThat(restored.map.isEmpty()).isTrue();
        assertThat(restored.list.elements()).containsExactly(bytes(6000));
        restored.close();
        for (int i = 0; i < 4; i++) {
            running.cutAndConfirm(); // The key does not come back.
        }
        assertThat(running.backend.keyCount()).isEqualTo(7);
        running.backend.setCurrentKey("key");
        assertThat(running.map.isEmpty()).isTrue();
        running.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void largeMapsAndListsGoFromOneBackendToTheOther(boolean fromDisk) {
        Running running = new Running(fromDisk).fill(4000);
        running.cutAndConfirm();
        running.fill(4000);
        running.cut();
        running.backend.confirm(2);
        Running moved = running.restored(!fromDisk);
        moved.backend.setCurrentKey("key");
        assertThat(moved.entries()).hasSize(4000);
        assertThat(moved.list.elements()).hasSize(8000);
        moved.cutAndConfirm();
        Running back = moved.restored(fromDisk);
        back.backend.setCurrentKey("key");
        assertThat(back.entries()).hasSize(4000);
        assertThat(back.list.elements()).hasSize(8000);
        back.close();
        moved.close();
        running.close();
    }

    /** And the program goes on, as if that were nothing. */
    @Test
    void anOperationThatASerdeFailsWasDoneOrWasNot() {
        int failed = 0;
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            sizes = new PartSizes(4, 2, 4);
            Running running = new Running(false);
            TreeMap<Long, Long> model = new TreeMap<>();
            for (int step = 0; step < 400; step++) {
                if (random.nextInt(3) == 0) {
                    running.cutAndConfirm();
                    running = random.nextBoolean() ? running : running.restored(false);
                }
                running.backend.setCurrentKey("key");
                long key = random.nextInt(40);
                TreeMap<Long, Long> after = new TreeMap<>(model);
                int dice = random.nextInt(20);
                serde.untilFailure = random.nextInt(2) == 0 ? 1 + random.nextInt(8) : 0;
                try {
                    if (dice == 0) {
                        after.clear();
                        running.map.clear();
                    } else if (dice < 12) {
                        after.put(key, (long) step);
                        running.map.put(key, bytes(step));
                    } else {
                        after.remove(key);
                        running.map.remove(key);
                    }
                    model = after;
                } catch (IllegalArgumentException e) {
                    failed++;
                    serde.untilFailure = 0;
                    model = valuesOf(running).equals(after) ? after : model;
                }
                serde.untilFailure = 0;
                assertThat(valuesOf(running)).as("seed %s, step %s", seed, step).isEqualTo(model);
                assertThat(running.map.isEmpty()).isEqualTo(model.isEmpty());
            }
        }
        assertThat(failed).isGreaterThan(40);
    }

    private static TreeMap<Long, Long> valuesOf(Running running) {
        TreeMap<Long, Long> all = new TreeMap<>();
        running.entries()
                .forEach((key, value) -> all.put(key, ByteBuffer.wrap(value).getLong()));
        return all;
    }

    /** Whoever can't read parts is to refuse them, and them alone. */
    @Test
    void onlySegmentsThatHavePartsAreOfTheNewFormats() {
        Running small = new Running(false).fill(500);
        assertThat(ByteBuffer.wrap(small.cut()).getInt(Integer.BYTES)).isEqualTo(Segment.VERSION);
        Running large = new Running(false).fill(2000);
        assertThat(ByteBuffer.wrap(large.cutAndConfirm()).getInt(Integer.BYTES)).isEqualTo(Segment.VERSION_WITH_PARTS);
        Running smallOnDisk = new Running(true).fill(500);
        assertFormats(smallOnDisk, false, 3);
        Running largeOnDisk = large.restored(true);
        assertFormats(largeOnDisk, true, 4);
        smallOnDisk.close();
        largeOnDisk.close();

        disk = new RocksEnvironment(
                directory.resolve("no-images"),
                1 << 20,
                rowBytes,
                1 << 20,
                Long.MIN_VALUE / 2,
                OpenFileShares.ofProcess());
        Running smallWritten = new Running(true).fill(500);
        assertFormats(smallWritten, false, 1);
        Running largeWritten = new Running(true).fill(2000);
        assertFormats(largeWritten, true, 2);
        smallWritten.close();
        largeWritten.close();
    }

    /** Of files: the numbers are those of users' checkpoints, and mean the same for ever. */
    private static void assertFormats(Running onDisk, boolean hasParts, int ofWhole) {
        byte[] whole = onDisk.cutAndConfirm();
        assertThat(StateOnDiskTest.head(whole).base()).isZero();
        assertThat(StateOnDiskTest.head(whole).hasParts()).isEqualTo(hasParts);
        assertThat(StateOnDiskTest.formatOf(whole)).isEqualTo(ofWhole);
        onDisk.backend.setCurrentKey("another");
        onDisk.value.update(8L);
        byte[] increment = onDisk.cutAndConfirm();
        assertThat(StateOnDiskTest.head(increment).base()).isEqualTo(onDisk.checkpoint - 1);
        assertThat(StateOnDiskTest.formatOf(increment)).isEqualTo(hasParts ? 2 : 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aReaderOfStateFindsLargeMapsAndListsWhole(boolean onDisk) throws Exception {
        Running running = new Running(onDisk).fill(3000);
        running.backend.setCurrentKey("small");
        running.map.put(1L, bytes(1));
        running.list.add(bytes(1));
        running.cutAndConfirm();
        Map<String, Object> maps = values(running.replica(onDisk), new MapStateDescriptor<>("map", Serdes.LONG, serde));
        Map<?, ?> map = (Map<?, ?>) Objects.requireNonNull(maps.get("key"));
        assertThat(map).hasSize(3000);
        assertThat(LongStream.range(0, 3000)).allMatch(i -> Arrays.equals((byte[]) map.get(i), bytes(i)));
        assertThat((Map<?, ?>) maps.get("small")).hasSize(1);
        Map<String, Object> lists = values(running.replica(onDisk), new ListStateDescriptor<>("list", serde));
        List<?> elements = (List<?>) Objects.requireNonNull(lists.get("key"));
        assertThat(elements).hasSize(3000);
        assertThat(IntStream.range(0, 3000)).allMatch(i -> Arrays.equals((byte[]) elements.get(i), bytes(i)));
        StateReplica counted = running.replica(onDisk);
        StateCensus census = counted.census();
        assertThat(census.keys()).isEqualTo(2);
        assertThat(census.states().get(1).keys()).isEqualTo(2);
        assertThat(census.states().get(1).bytes()).isGreaterThan(3000 * VALUE_BYTES);
        counted.close();
        running.close();
    }

    private static Map<String, Object> values(StateReplica replica, StateDescriptor descriptor) throws IOException {
        Map<String, Object> all = new HashMap<>();
        try (StateEntries<String, ?> entries =
                StateEntries.of(replica, Serdes.STRING, StateEntries.State.of(descriptor))) {
            while (entries.next()) {
                all.put(entries.key(), entries.value());
            }
        }
        return all;
    }

    @Test
    void aLargeMapThatChangesWhileItIsGoneOverSaysSo() {
        Running running = new Running(false).fill(3000);
        var entries = running.map.entries().iterator();
        entries.next();
        running.map.put(1L, bytes(2)); // In place of what is there.
        for (int i = 0; i < 200; i++) {
            entries.next();
        }
        running.map.put(100_000L, bytes(1));
        assertThatThrownBy(() -> entries.forEachRemaining(each -> {}))
                .isInstanceOf(ConcurrentModificationException.class);
        var elements = running.list.elements().iterator();
        elements.next();
        running.backend.setCurrentKey("other");
        running.list.add(bytes(1));
        assertThatThrownBy(() -> elements.forEachRemaining(each -> {}))
                .isInstanceOf(ConcurrentModificationException.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoReadsAMapWithATimeToLiveMayReadItMeanwhile(boolean onDisk) {
        for (TimeToLive each : List.of(TimeToLive.afterWrite(HOUR), TimeToLive.afterReadOrWrite(HOUR))) {
            for (int count : new int[] {500, 3000}) {
                Running running = new Running(onDisk, KeyedOrigin.NOTHING, 0, each);
                running.backend.setCurrentKey("key");
                for (int i = 0; i < count; i++) {
                    now = now.plusSeconds(1);
                    running.map.put((long) i, bytes(i));
                }
                now = now.plus(HOUR).minusSeconds(200); // What is left would be whole, but for its readers.
                List<Long> seen = new ArrayList<>();
                for (Map.Entry<Long, byte[]> entry : running.map.entries()) {
                    seen.add(entry.getKey());
                    assertThat(running.map.get(entry.getKey())).isEqualTo(entry.getValue());
                    running.map.get((long) count - seen.size());
                    assertThat(running.map.get(seen.size() % 100L)).isNull();
                    assertThat(running.map.isEmpty()).isFalse();
                    if (seen.size() % 40 == 0) {
                        assertThat(running.entries()).hasSize(200).containsKey(entry.getKey());
                    }
                    if (each.equals(TimeToLive.afterReadOrWrite(HOUR))) {
                        now = now.plusMillis(1);
                    }
                }
                assertThat(seen).hasSize(200).doesNotHaveDuplicates();
                var entries = running.map.entries().iterator();
                entries.next();
                now = now.plus(HOUR);
                assertThat(running.map.get(count - 1L)).isNull();
                assertThat(running.map.isEmpty()).isTrue();
                assertThat(running.map.entries()).isEmpty();
                entries.forEachRemaining(rest -> {});
                running.map.put(1L, bytes(1));
                assertThat(running.entries()).containsOnlyKeys(1L);
                running.close();
            }
        }
    }

    /** A version that knows none would take what is left for an empty list. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theFormatIsTheNewOneAlsoWhereAllPartsHaveExpired(boolean onDisk) throws Exception {
        Running running = new Running(onDisk, KeyedOrigin.NOTHING, 0, TimeToLive.afterWrite(HOUR));
        running.backend.setCurrentKey("key");
        for (int i = 0; i < 2000; i++) {
            running.list.add(bytes(i));
        }
        now = now.plus(HOUR.dividedBy(2));
        running.list.add(bytes(2000));
        now = now.plus(HOUR.dividedBy(2));
        assertThat(running.list.elements()).containsExactly(bytes(2000));
        byte[] cut = running.cutAndConfirm();
        assertThat(mayHaveParts(cut, onDisk)).isTrue();
        assertThat(partsOf(running)).isZero();
        Running moved = running.restored(!onDisk, TimeToLive.afterWrite(HOUR));
        byte[] next = moved.cutAndConfirm();
        assertThat(mayHaveParts(next, !onDisk)).isTrue();
        moved.backend.setCurrentKey("key");
        assertThat(moved.list.elements()).containsExactly(bytes(2000));
        moved.close();
        running.close();
    }

    private static boolean mayHaveParts(byte[] segment, boolean onDisk) {
        return onDisk
                ? StateOnDiskTest.head(segment).hasParts()
                : ByteBuffer.wrap(segment).getInt(Integer.BYTES) == Segment.VERSION_WITH_PARTS;
    }

    private static int partsOf(Running running) throws IOException {
        StateReplica replica = running.replica(running.onDisk);
        int count = 0;
        try (RowCursor parts = replica.cursor(true)) {
            while (parts.next()) {
                count++;
            }
        }
        replica.close();
        return count;
    }

    @Test
    void aListWhoseElementsExpireBetweenTwoLooksAtTheClockGoesAsAWhole() {
        Running running = new Running(false, KeyedOrigin.NOTHING, 0, TimeToLive.afterWrite(HOUR));
        running.backend.setCurrentKey("key");
        for (int i = 0; i < 1500; i++) {
            running.list.add(bytes(i));
        }
        now = now.plus(HOUR).minusMillis(2);
        tick = Duration.ofMillis(1);
        assertThat(running.list.elements()).isEmpty();
        for (int i = 0; i < 10; i++) {
            running.cutAndConfirm();
        }
        assertThat(running.backend.keyCount()).isZero();
        running.close();
    }

    /** Restored from a version that knew no parts. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWholeMapAndListOfManyGoIntoPartsOfTheirSizesOnceTheyAreWrittenTo(boolean hasTimeToLive) throws Exception {
        TimeToLive timeToLive = hasTimeToLive ? TimeToLive.afterWrite(HOUR) : null;
        sizes = new PartSizes(Integer.MAX_VALUE, 32, Integer.MAX_VALUE);
        Running running = new Running(false, KeyedOrigin.NOTHING, 0, timeToLive).fill(5000);
        running.cutAndConfirm();
        sizes = PartSizes.DEFAULT;
        Running restored = running.restored(false, timeToLive);
        restored.backend.setCurrentKey("key");
        restored.list.add(bytes(5000));
        restored.cutAndConfirm();
        assertThat(partsOf(restored)).isEqualTo(5);
        restored.backend.setCurrentKey("key");
        assertThat(restored.list.elements()).hasSize(5001).startsWith(bytes(0)).endsWith(bytes(5000));
        restored.map.put(1L, bytes(1)); // Is there.
        restored.cutAndConfirm();
        assertThat(partsOf(restored)).isGreaterThan(100);
        restored.backend.setCurrentKey("key");
        assertThat(restored.entries()).hasSize(5000);
        restored.close();
        running.close();
    }

    @Test
    void aProgramsKeyIsNotComparedWithAPart() {
        Object key = new Object() {
            @Override
            public boolean equals(Object other) {
                throw new ClassCastException(other.toString());
            }

            @Override
            public int hashCode() {
                return 1;
            }
        };
        PartKey part = new PartKey("key", "map", 0);
        assertThat(KeyTable.equal(key, part)).isFalse();
        assertThat(KeyTable.equal(part, key)).isFalse();
        assertThat(KeyTable.equal(part, new PartKey("key", "map", 0))).isTrue();
    }

    /** As of a map that was restored from a version that had none in parts. */
    @Test
    void partsAreAsManyAsTheirSizesSayForMapsOfAnySize() {
        PartSizes sizes = PartSizes.DEFAULT;
        for (int entries : new int[] {1025, 1500, 2048, 10_000, 1_000_000, 50_000_000}) {
            int parts = sizes.partsFor(entries);
            assertThat(sizes.isCrowded(entries, parts)).as("%s", entries).isFalse();
            assertThat(sizes.isSparse(entries, parts)).as("%s", entries).isFalse();
        }
        for (int parts = 1; parts < 2000; parts++) {
            for (int hash : new int[] {0, 1, -1, 12345, 0x7fffffff, 0x80000000, parts * 31}) {
                int before = PartedMap.partOf(hash, parts);
                int after = PartedMap.partOf(hash, parts + 1);
                assertThat(before).isBetween(0, parts - 1);
                // One part more takes from one other alone.
                assertThat(after == before || after == parts && before == PartedMap.sourceOf(parts))
                        .as("%s of %s", hash, parts)
                        .isTrue();
            }
        }
    }
}
