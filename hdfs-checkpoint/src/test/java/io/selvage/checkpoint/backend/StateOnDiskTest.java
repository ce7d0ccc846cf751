package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serdes;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the simulation seldom comes to. */
final class StateOnDiskTest {
    private static final int GROUPS = 8;
    private static final KeyGroupRange ALL = new KeyGroupRange(0, GROUPS);
    private static final SegmentChain.Bounds CHAINED = new SegmentChain.Bounds(1000, 1000, 1000, 1000);

    @TempDir
    private Path directory;

    private RocksEnvironment environment;

    @BeforeEach
    void open() {
        environment = new RocksEnvironment(directory.resolve("state"), 1 << 20, 400);
    }

    private final class Running {
        private final KeyGroupRange range;
        private final RowKeyedStateBackend<String> backend;
        private final ValueState<Long> state;
        private final TimerQueue<String, Integer> timers;

        Running(KeyedOrigin origin) {
            this(ALL, origin);
        }

        Running(KeyGroupRange range, KeyedOrigin origin) {
            this.range = range;
            backend = RowKeyedStateBackend.onDisk(
                    "operator",
                    Serdes.STRING,
                    GROUPS,
                    range,
                    origin,
                    InstantSource.system(),
                    new RowKeyedStateBackend.Disk(environment, 2, CHAINED));
            state = backend.states().value(new ValueStateDescriptor<>("value", Serdes.LONG));
            timers = backend.timers("timers", Serdes.INTEGER);
            backend.opened();
        }

        void put(int first, int end, long value) {
            for (int key = first; key < end; key++) {
                if (has(key)) {
                    backend.setCurrentKey("key-" + key);
                    state.update(value);
                }
            }
        }

        boolean has(int key) {
            BinaryWriter bytes = new BinaryWriter();
            Serdes.STRING.write("key-" + key, bytes);
            return range.contains(KeyGroups.groupOf(bytes.array(), 0, bytes.length(), GROUPS));
        }

        /** Keys from 0 have that value, and no others. */
        void assertHas(int count, long value) {
            for (int key = 0; key < count; key++) {
                if (has(key)) {
                    assertThat(get(key)).as("key %s", key).isEqualTo(value);
                }
            }
            assertThat(backend.keyCount())
                    .isEqualTo((int) IntStream.range(0, count).filter(this::has).count());
        }

        Long get(int key) {
            backend.setCurrentKey("key-" + key);
            return Objects.requireNonNullElse(state.value(), -1L);
        }

        byte[] cut(long checkpoint) {
            return backend.snapshot(checkpoint).complete().bytes();
        }

        void close() {
            Objects.requireNonNull(backend.retain()).close();
        }
    }

    static FilesSegment head(byte[] segment) {
        try {
            return FilesSegment.read(
                    new ByteArrayInputStream(segment, Integer.BYTES, segment.length - Integer.BYTES), "operator");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void apply(StateReplica replica, byte[] segment, long checkpoint) throws IOException {
        replica.apply(new ByteArrayInputStream(segment), segment.length, checkpoint);
    }

    @Test
    void rowsThatHadToMakeRoomBeforeTheFirstCheckpointWasConfirmedArePartOfTheSecond() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 20, 1);
        byte[] first = running.cut(1);
        running.put(0, 10, 2); // There is room for one or two.
        running.put(10, 20, 3);
        running.backend.confirm(1);
        byte[] second = running.cut(2);
        RocksReplica replica = new RocksReplica("operator", ALL, environment);
        apply(replica, first, 1);
        apply(replica, second, 2);
        Running restored = new Running(replica);
        for (int key = 0; key < 20; key++) {
            assertThat(restored.get(key)).as("key %s", key).isEqualTo(key < 10 ? 2L : 3L);
        }
        running.close();
        restored.close();
        assertNothingIsLeft();
    }

    private void assertNothingIsLeft() throws IOException {
        try (Stream<Path> left = Files.list(directory.resolve("state"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void whatStandsAloneIsAnImageOfTheStoreThatStaysWhateverBecomesOfTheStore() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 100, 1);
        KeyedCut first = running.backend.snapshot(1).complete();
        running.backend.abort(1, true); // It may be on its way to the store; nobody goes back to it.
        for (int value = 2; value < 12; value++) {
            running.put(0, 100, value); // Makes files, until they are compacted.
        }
        byte[] image = first.bytes();
        assertThat(head(image).isImage()).isTrue();
        KeyedCut second = running.backend.snapshotWhole(2).complete();
        running.close();
        assertThatThrownBy(second::bytes).hasMessageContaining("checkpoint 2 was given up");

        RocksReplica replica = new RocksReplica("operator", ALL, environment);
        apply(replica, image, 1);
        Running restored = new Running(replica);
        restored.assertHas(100, 1);
        restored.close();
        assertNothingIsLeft();
    }

    @Test
    void anImageIsTakenUntilTheStoreHasTwiceWhatCounts() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        List<Boolean> isImage = new ArrayList<>();
        for (int number = 1; number <= 3; number++) {
            running.put(0, 1, number); // The file before has nothing that counts any more.
            byte[] cut = running.backend.snapshotWhole(number).complete().bytes();
            running.backend.abort(number, false);
            isImage.add(head(cut).isImage());
            RocksReplica replica = new RocksReplica("operator", ALL, environment);
            apply(replica, cut, number);
            Running restored = new Running(replica);
            restored.assertHas(1, number);
            restored.close();
        }
        assertThat(isImage).containsExactly(true, true, false);
        running.close();
        assertNothingIsLeft();
    }

    @Test
    void aHeadKnowsTheBytesOfWhatThereIs() {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 100, 1);
        long bytes = stateBytes(running.cut(1));
        running.put(0, 100, 2);
        assertThat(stateBytes(running.cut(2))).isEqualTo(bytes);
        running.put(100, 110, 2);
        long added = 10 * (RocksKeys.ROW_PREFIX + "_key-100".length()); // Of keys alone.
        assertThat(stateBytes(running.cut(3))).isGreaterThan(bytes + added).isLessThan(bytes + 2 * added);
        for (int key = 0; key < 110; key++) {
            running.backend.setCurrentKey("key-" + key);
            running.state.clear();
        }
        assertThat(stateBytes(running.cut(4))).isZero();
        running.close();
    }

    private static long stateBytes(byte[] segment) {
        return Arrays.stream(head(segment).groupBytes()).sum();
    }

    @Test
    void imagesOfSeveralWritersAreOneStoreAndOneImageIsManyStores() throws Exception {
        List<KeyGroupRange> writers =
                List.of(new KeyGroupRange(0, 3), new KeyGroupRange(3, 6), new KeyGroupRange(6, 8));
        List<byte[]> images = new ArrayList<>();
        for (KeyGroupRange range : writers) {
            Running running = new Running(range, KeyedOrigin.NOTHING);
            running.put(0, 200, 7);
            images.add(running.cut(1));
            assertThat(head(images.get(images.size() - 1)).isImage()).isTrue();
            running.close();
        }
        for (KeyGroupRange range :
                List.of(ALL, new KeyGroupRange(0, 2), new KeyGroupRange(1, 5), new KeyGroupRange(4, 8))) {
            RocksReplica replica = new RocksReplica("operator", range, environment);
            for (int i = 0; i < images.size(); i++) {
                if (range.overlaps(writers.get(i))) {
                    apply(replica, images.get(i), 1);
                }
            }
            Running restored = new Running(range, replica);
            restored.assertHas(200, 7);
            restored.close();
        }
        assertNothingIsLeft();
    }

    @Test
    void aStandbyHasTheLastImageAndWhatCameAfterIt() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 100, 1);
        RocksReplica standby = new RocksReplica("operator", ALL, environment);
        apply(standby, running.cut(1), 1);
        running.backend.abort(1, false); // The next one stands alone.
        running.put(50, 100, 2);
        byte[] second = running.cut(2);
        assertThat(head(second).isImage()).isTrue();
        apply(standby, second, 2);
        running.backend.confirm(2);
        running.put(0, 50, 2);
        byte[] third = running.cut(3);
        assertThat(head(third).base()).isEqualTo(2);
        apply(standby, third, 3);
        Running restored = new Running(standby);
        restored.assertHas(100, 2);
        running.close();
        restored.close();
        assertNothingIsLeft();
    }

    @Test
    void anImageThatNamesAFileElsewhereOrTwiceIsRefused() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 100, 1);
        byte[] image = running.cut(1);
        running.close();
        FilesSegment head = head(image);
        for (String name :
                List.of("../CURRENT", "/tmp/CURRENT", "..", "", head.fileNames().get(0))) {
            List<String> names = new ArrayList<>(head.fileNames());
            names.set(names.size() - 1, name);
            byte[] changed = new FilesSegment(
                            head.checkpoint(),
                            head.base(),
                            head.range(),
                            head.isWhole(),
                            head.wholeSince(),
                            head.groupBytes(),
                            head.schema(),
                            head.hasParts(),
                            names,
                            head.fileLengths())
                    .head();
            RocksReplica replica = new RocksReplica("operator", ALL, environment);
            assertThatThrownBy(() -> apply(replica, changed, 1))
                    .isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("file '" + name + "'")
                    .hasMessageContaining("Restore another checkpoint");
            replica.close();
        }
        assertNothingIsLeft();
    }

    @Test
    void rowsThatAreOnlyReadAreNoPartOfTheNextCheckpoint() {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 100, 1);
        running.cut(1);
        running.backend.confirm(1);
        for (int key = 0; key < 100; key++) {
            assertThat(running.get(key)).isEqualTo(1);
        }
        int nothing = running.cut(2).length;
        running.backend.confirm(2);
        running.put(7, 8, 2);
        assertThat(running.cut(3).length).isGreaterThan(nothing + 100);
        assertThat(nothing).isLessThan(200);
        running.close();
    }

    @Test
    void timersThatAreDueAtOnceFireOnceEachAndTheirRowsNeedNotAllBeInTheHeap() throws Exception {
        int keys = 5000;
        environment = new RocksEnvironment(directory.resolve("due"), 1 << 20, 100_000);
        Running running = new Running(KeyedOrigin.NOTHING);
        for (int key = 0; key < keys; key++) {
            running.put(key, key + 1, key);
            running.timers.register(0, 1000);
        }
        running.backend.setCurrentKey("last");
        running.timers.register(7, Long.MAX_VALUE);
        running.cut(1);
        running.backend.confirm(1);
        Set<String> fired = new HashSet<>();
        int[] most = new int[1];
        running.timers.advance(1000, (key, namespace, at) -> {
            assertThat(fired.add(key)).as(key).isTrue();
            assertThat(running.state.value()).isEqualTo(Long.parseLong(key.substring("key-".length())));
            running.state.clear();
            most[0] = Math.max(most[0], ((RocksRows<String>) running.backend.rows()).rowCount());
        });
        assertThat(fired).hasSize(keys);
        assertThat(most[0]).isLessThan(keys / 2);
        fired.clear();
        running.timers.advance(Long.MAX_VALUE, (key, namespace, at) -> fired.add(key + namespace));
        assertThat(fired).containsExactly("last7");
        assertThat(running.backend.keyCount()).isZero();
        running.close();
    }

    @Test
    void aSegmentThatEndsTooEarlyChangesNothing() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 20, 1);
        byte[] first = running.cut(1);
        running.backend.confirm(1);
        running.put(0, 20, 2);
        byte[] second = running.cut(2);
        RocksReplica replica = new RocksReplica("operator", ALL, environment);
        apply(replica, first, 1);
        byte[] half = Arrays.copyOf(second, second.length - 10);
        assertThatThrownBy(() -> apply(replica, half, 2)).isInstanceOf(EOFException.class);
        assertThat(replica.checkpoint()).isEqualTo(1);
        apply(replica, second, 2);
        Running restored = new Running(replica);
        assertThat(restored.get(3)).isEqualTo(2);
        running.close();
        restored.close();
    }

    @Test
    void whatTheDiskRefusesEndsTheSubtaskAndIsSaid() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 20, 1);
        running.cut(1);
        running.backend.confirm(1);
        running.put(0, 20, 2);
        try (Stream<Path> made = Files.list(directory.resolve("state"))) {
            made.filter(each -> each.getFileName().toString().startsWith("rows-"))
                    .forEach(RocksStore::delete);
        }
        assertThatThrownBy(() -> running.cut(2))
                .hasMessageContaining("State can't be written to " + directory)
                .hasMessageContaining("disk is full");
        running.close();
    }
}
