package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Throwables;
import com.google.common.collect.MoreCollectors;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serdes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

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

    static int formatOf(byte[] segment) {
        return ByteBuffer.wrap(segment).getInt(Integer.BYTES);
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

    /** Letters that can't be compressed. */
    private static String randomKey(Random random, int length) {
        StringBuilder key = new StringBuilder();
        for (int i = 0; i < length; i++) {
            key.append((char) ('0' + random.nextInt(64)));
        }
        return key.toString();
    }

    @Test
    void anImageIsTakenUntilTheFilesHaveTwiceTheState() throws Exception {
        environment = new RocksEnvironment(directory.resolve("state"), 1 << 20, 16 << 20);
        Random random = new Random(1);
        List<String> keys =
                Stream.generate(() -> randomKey(random, 100)).limit(1000).toList();
        Running running = new Running(KeyedOrigin.NOTHING);
        List<Integer> formats = new ArrayList<>();
        for (long number = 1; number <= 3; number++) {
            for (String key : keys) { // The file before has nothing that counts any more.
                running.backend.setCurrentKey(key);
                running.state.update(number);
            }
            byte[] cut = running.backend.snapshotWhole(number).complete().bytes();
            running.backend.abort(number, false);
            formats.add(formatOf(cut));
            RocksReplica replica = new RocksReplica("operator", ALL, environment);
            apply(replica, cut, number);
            Running restored = new Running(replica);
            for (String key : keys) {
                restored.backend.setCurrentKey(key);
                assertThat(restored.state.value()).isEqualTo(number);
            }
            restored.close();
        }
        assertThat(formats).containsExactly(3, 3, 1);
        running.close();
        assertNothingIsLeft();
    }

    @Test
    void afterManyCutsOfLittleStateEachIsStillSmall() throws Exception {
        String key = randomKey(new Random(1), 1000); // The record of the files has its bounds, which are keys.
        Running running = new Running(KeyedOrigin.NOTHING);
        byte[] cut = {};
        for (long number = 1; number <= 100; number++) {
            running.backend.setCurrentKey(key);
            running.state.update(number);
            cut = running.backend.snapshotWhole(number).complete().bytes();
            running.backend.abort(number, false);
            assertThat(cut.length).as("cut %s", number).isLessThan(70 << 10);
        }
        RocksReplica replica = new RocksReplica("operator", ALL, environment);
        apply(replica, cut, 100);
        Running restored = new Running(replica);
        restored.backend.setCurrentKey(key);
        assertThat(restored.state.value()).isEqualTo(100);
        restored.close();
        running.close();
        assertNothingIsLeft();
    }

    @Test
    void whatTheDiskHasNotKeptAsItWasWrittenGoesIntoNoImage() throws Exception {
        environment = new RocksEnvironment(directory.resolve("state"), 1 << 20, 1 << 20);
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 100, 1);
        byte[] before = running.backend.snapshotWhole(1).complete().bytes();
        running.backend.abort(1, false);
        assertThat(head(before).isImage()).isTrue();
        running.close();
        FilesSegment head = head(before);
        int table = (int) IntStream.range(0, head.fileNames().size())
                .filter(i -> head.fileNames().get(i).endsWith(".sst"))
                .findFirst()
                .orElseThrow();
        int length = (int) head.fileLengths()[table];
        for (int at : new int[] {20, length / 2, length - 100}) { // Of rows, and of what finds them.
            RocksReplica replica = new RocksReplica("operator", ALL, environment);
            apply(replica, before, 1);
            Running restored = new Running(replica);
            Path file = tables().get(0);
            flip(file, at);
            KeyedCut cut = restored.backend.snapshotWhole(2).complete();
            assertThatThrownBy(cut::bytes)
                    .as("byte %s of %s", at, length)
                    .hasRootCauseInstanceOf(RocksDBException.class)
                    .satisfies(thrown -> assertThat(LocalDamageException.in(thrown))
                            .hasMessageContaining("State can't be read from " + directory)
                            .hasMessageContaining(file.getFileName().toString())
                            .hasMessageContaining("disk has failed"));
            restored.backend.abort(2, false);
            // Nothing else could be made of it, however often that is tried: the next cut says so at once.
            assertThatThrownBy(() -> restored.backend.snapshot(3))
                    .satisfies(thrown ->
                            assertThat(LocalDamageException.in(thrown)).isNotNull());
            restored.close();
        }
        assertNothingIsLeft();
    }

    /** The file of what the second of two cuts has added, which the third one needs as well. */
    private Path addedBySecondCut(Running running) throws IOException {
        running.put(0, 100, 1);
        running.cut(1);
        running.backend.confirm(1);
        running.put(0, 10, 2);
        running.cut(2);
        try (Stream<Path> files = Files.list(onlyDirectory("rows-"))) {
            return files.filter(RocksStore::isSorted).collect(MoreCollectors.onlyElement());
        }
    }

    @Test
    void whatTheDiskHasNotKeptOfChangesGoesIntoNoCheckpoint() throws Exception {
        environment = new RocksEnvironment(directory.resolve("state"), 1 << 20, 1 << 20);
        Running running = new Running(KeyedOrigin.NOTHING);
        Path added = addedBySecondCut(running);
        KeyedCut third = running.backend.snapshot(3).complete();
        assertThat(third.base()).as("the case at hand").isEqualTo(1);
        flip(added, 20);
        assertThatThrownBy(third::bytes)
                .satisfies(thrown -> assertThat(LocalDamageException.in(thrown))
                        .hasMessageContaining("State can't be read from " + added));
        assertThatThrownBy(() -> running.backend.snapshot(4))
                .satisfies(thrown -> assertThat(LocalDamageException.in(thrown)).isNotNull());
        running.close();
        assertNothingIsLeft();
    }

    @Test
    void changesThatCanNotBeReadEndTheSubtaskAtTheNextCut() throws Exception {
        environment = new RocksEnvironment(directory.resolve("state"), 1 << 20, 1 << 20);
        Running running = new Running(KeyedOrigin.NOTHING);
        Path added = addedBySecondCut(running);
        KeyedCut third = running.backend.snapshot(3).complete();
        Files.delete(added);
        makeUnreadable(added);
        assertThatThrownBy(third::bytes)
                .satisfies(thrown -> assertThat(LocalDiskException.in(thrown)).isNotNull());
        assertThatThrownBy(() -> running.backend.snapshot(4))
                .satisfies(thrown -> assertThat(LocalDiskException.in(thrown))
                        .hasMessageContaining("State can't be read from " + added)
                        .satisfies(ofDisk -> assertThat(ofDisk.isOfNode()).isTrue()));
        running.close();
        assertNothingIsLeft();
    }

    @Test
    void whatCanNotBeReadAsACheckpointIsStoredFailsTheNextCutUnlessTheFileIsGone() throws Exception {
        RocksStore store = storeOfOneTable();
        Path point = environment.newDirectory("point");
        store.makePoint(point);
        RocksStore.View view = store.view(point);
        Path table = onlyTable(view);
        view.verify(table);
        Files.delete(table);
        assertThatThrownBy(() -> view.verify(table)).isInstanceOf(LocalDiskException.class);
        store.requireWhole();
        makeUnreadable(table);
        assertThatThrownBy(() -> view.verify(table)).isInstanceOf(LocalDiskException.class);
        assertThatThrownBy(store::requireWhole).hasCauseInstanceOf(LocalDiskException.class);
        view.release();
        store.close();
        RocksStore.delete(point);
        assertNothingIsLeft();
    }

    /** Its checksums are right, and then the disk does not give it a second time. */
    @Test
    void whatCanNotBeReadAfterItWasVerifiedFailsTheNextCutUnlessTheFileIsGone() throws Exception {
        RocksStore store = storeOfOneTable();
        Path point = environment.newDirectory("point");
        store.makePoint(point);
        RocksStore.View view = store.view(point);
        RocksStore next = store.takenBackTo(point); // While the upload goes on.
        store.close();
        Path table = onlyTable(view);
        Path record = Objects.requireNonNull(view.image()).directory().resolve("CURRENT");
        FileCopy copy = new FileCopy(environment.ending());
        long length = Files.size(table);
        view.verify(table);
        view.give(table, length, OutputStream.nullOutputStream(), copy);
        for (Path gone : List.of(table, record)) {
            Files.delete(gone);
            assertThatThrownBy(() -> view.give(gone, 10, OutputStream.nullOutputStream(), copy))
                    .isInstanceOf(LocalDiskException.class);
        }
        makeUnreadable(record);
        assertThatThrownBy(() -> view.give(record, 10, OutputStream.nullOutputStream(), copy))
                .as("of which the next cut makes another copy")
                .isInstanceOf(LocalDiskException.class);
        next.requireWhole();
        makeUnreadable(table);
        assertThatThrownBy(() -> view.give(table, length, OutputStream.nullOutputStream(), copy))
                .isInstanceOf(LocalDiskException.class);
        assertThatThrownBy(next::requireWhole)
                .satisfies(thrown -> assertThat(LocalDiskException.in(thrown))
                        .hasMessageContaining("State can't be read from " + table));
        view.release();
        next.close();
        RocksStore.delete(point);
        assertNothingIsLeft();
    }

    @Test
    void whatGetsShorterWhileItIsCopiedEndsTheSubtaskAtTheNextCut() throws Exception {
        environment = new RocksEnvironment(directory.resolve("state"), 1 << 20, 16 << 20);
        Running running = new Running(KeyedOrigin.NOTHING);
        Random random = new Random(1);
        for (int key = 0; key < 4 * FileCopy.PIECE_BYTES / 1000; key++) {
            running.backend.setCurrentKey(randomKey(random, 1000));
            running.state.update(1L);
        }
        KeyedCut first = running.backend.snapshotWhole(1).complete();
        assertThatThrownBy(() -> first.writeTo(new OutputStream() {
                    @Override
                    public void write(int value) {
                        // Single bytes are not of large files.
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) throws IOException {
                        if (length == FileCopy.PIECE_BYTES) { // One piece more may have been read.
                            try (FileChannel table = FileChannel.open(tables().get(0), StandardOpenOption.WRITE)) {
                                table.truncate(FileCopy.PIECE_BYTES);
                            }
                        }
                    }
                }))
                .satisfies(thrown ->
                        assertThat(LocalDamageException.in(thrown)).hasMessageContaining("shorter than it was"));
        running.backend.abort(1, false);
        assertThatThrownBy(() -> running.backend.snapshot(2))
                .satisfies(thrown -> assertThat(LocalDamageException.in(thrown)).isNotNull());
        running.close();
        assertNothingIsLeft();
    }

    private RocksStore storeOfOneTable() throws IOException {
        RocksStore store = RocksStore.create(environment);
        Path made = Files.createDirectories(environment.newDirectory("made"));
        try (SortedFiles files = new SortedFiles(environment, made, "rows")) {
            files.put(new byte[] {0, 0, 1}, 3, new byte[] {7}, 1);
            store.takeIn(files.finish());
        }
        RocksStore.delete(made);
        return store;
    }

    private static Path onlyTable(RocksStore.View view) {
        return Objects.requireNonNull(view.image()).files().stream()
                .filter(RocksStore::isSorted)
                .collect(MoreCollectors.onlyElement());
    }

    /** An upload may go on after the subtask that has begun it. */
    @Test
    void damageThatIsFoundOnceAStoreIsTakenBackIsThatOfTheNewOneToo() throws Exception {
        RocksStore before = storeOfOneTable();
        Path point = environment.newDirectory("point");
        before.makePoint(point);
        RocksStore.View view = before.view(point);
        RocksStore store = before.takenBackTo(point);
        before.close();
        Path table = onlyTable(view);
        flip(table, 10);
        store.requireWhole();
        assertThatThrownBy(() -> view.verify(table)).isInstanceOf(LocalDamageException.class);
        assertThatThrownBy(store::requireWhole).hasCauseInstanceOf(LocalDamageException.class);
        view.release();
        store.close();
        RocksStore.delete(point);
        assertNothingIsLeft();
    }

    /** In place of a file that there is no more: a directory, which is not shorter than the shortest table. */
    private static void makeUnreadable(Path file) throws IOException {
        Files.createDirectory(file);
        for (int i = 0; i < 10; i++) {
            Files.createFile(file.resolve("name-that-takes-its-room-" + i));
        }
    }

    /** Of the only store that there is. */
    private List<Path> tables() throws IOException {
        try (Stream<Path> all = Files.walk(directory.resolve("state"))) {
            return all.filter(each -> each.getParent().getFileName().toString().startsWith("db-"))
                    .filter(RocksStore::isSorted)
                    .toList();
        }
    }

    private static void flip(Path file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] ^= 4;
        Files.write(file, bytes, StandardOpenOption.WRITE); // In place: others have links to it.
    }

    @Test
    void anImageThatLacksAFileIsRefused() throws Exception {
        environment = new RocksEnvironment(directory.resolve("state"), 1 << 20, 1 << 20); // Nothing is compacted.
        List<byte[]> images = new ArrayList<>();
        for (KeyGroupRange range : List.of(new KeyGroupRange(0, 4), new KeyGroupRange(4, 8))) {
            Running running = new Running(range, KeyedOrigin.NOTHING);
            running.put(0, 100, 1);
            images.add(running.cut(1));
            running.close();
        }
        FilesSegment head = head(images.get(1));
        assertThat(head.isImage()).isTrue();
        assertThat(head.fileNames()).contains("CURRENT").anyMatch(name -> name.endsWith(".sst"));
        for (String name : head.fileNames()) {
            byte[] lacking = without(images.get(1), name);
            for (boolean hasOthers : new boolean[] {false, true}) {
                RocksReplica replica = new RocksReplica("operator", ALL, environment);
                if (hasOthers) {
                    apply(replica, images.get(0), 1);
                }
                assertThatThrownBy(() -> apply(replica, lacking, 1))
                        .as("without %s", name)
                        .isInstanceOf(CorruptDataException.class)
                        .hasMessageContaining("operator operator in checkpoint 1")
                        .hasMessageContaining("file " + name)
                        .hasMessageNotContaining("See whether the disk")
                        .hasMessageContaining("Restore another checkpoint");
                replica.close();
            }
        }
        assertNothingIsLeft();
    }

    private static byte[] without(byte[] image, String name) throws IOException {
        FilesSegment head = head(image);
        List<String> names = new ArrayList<>();
        List<Long> lengths = new ArrayList<>();
        ByteArrayOutputStream files = new ByteArrayOutputStream();
        int at = head.head().length;
        for (int i = 0; i < head.fileLengths().length; i++) {
            int length = (int) head.fileLengths()[i];
            if (!head.fileNames().get(i).equals(name)) {
                names.add(head.fileNames().get(i));
                lengths.add((long) length);
                files.write(image, at, length);
            }
            at += length;
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(with(head, names, lengths.stream().mapToLong(Long::longValue).toArray()));
        all.write(files.toByteArray());
        return all.toByteArray();
    }

    private static byte[] with(FilesSegment head, List<String> names, long[] lengths) {
        return new FilesSegment(
                        head.checkpoint(),
                        head.base(),
                        head.range(),
                        head.isWhole(),
                        head.wholeSince(),
                        head.groupBytes(),
                        head.schema(),
                        head.hasParts(),
                        names,
                        lengths)
                .head();
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
            byte[] changed = with(head, names, head.fileLengths());
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

    /** Nobody knows how long a row is before it is written, and checkpoints may be far apart. */
    @Test
    void longRowsMakeRoomBeforeTheFirstCheckpoint() {
        RowKeyedStateBackend<String> backend = ofBytes(1 << 20);
        ValueState<byte[]> state = backend.states().value(new ValueStateDescriptor<>("value", Serdes.BYTES));
        backend.opened();
        int most = 0;
        for (int key = 0; key < 2000; key++) {
            backend.setCurrentKey("key-" + key);
            state.update(new byte[10_000]);
            most = Math.max(most, ((RocksRows<String>) backend.rows()).rowCount());
        }
        assertThat(most).isBetween(20, 300); // 1 MiB, of rows that may take 20 KB, while as many are written.
        Objects.requireNonNull(backend.retain()).close();
    }

    /** With each use a bit more, of keys that are all in the heap. */
    @Test
    void rowsThatGrowMakeRoom() {
        RowKeyedStateBackend<String> backend = ofBytes(1 << 20);
        ValueState<byte[]> state = backend.states().value(new ValueStateDescriptor<>("value", Serdes.BYTES));
        backend.opened();
        for (int bytes = 100; bytes <= 20_000; bytes += 100) {
            for (int key = 0; key < 200; key++) {
                backend.setCurrentKey("key-" + key);
                byte[] before = state.value();
                assertThat(before == null ? 0 : before.length).isEqualTo(bytes - 100);
                state.update(new byte[bytes]);
            }
            backend.snapshot(bytes / 100).complete();
            backend.confirm(bytes / 100);
        }
        assertThat(((RocksRows<String>) backend.rows()).rowCount()).isBetween(10, 60);
        Objects.requireNonNull(backend.retain()).close();
    }

    private RowKeyedStateBackend<String> ofBytes(long rowBytes) {
        environment = new RocksEnvironment(directory.resolve("bytes"), 1 << 20, rowBytes);
        return RowKeyedStateBackend.onDisk(
                "operator",
                Serdes.STRING,
                GROUPS,
                ALL,
                KeyedOrigin.NOTHING,
                InstantSource.system(),
                new RowKeyedStateBackend.Disk(environment, 2, CHAINED));
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

    /** All links lead to the same bytes: what a restore point has of them is of no use either. */
    @Test
    void whatTheDiskHasDamagedIsNeitherReadNorTakenBackAndIsWholeAgainFromItsCheckpoint() throws Exception {
        // No row has to make room, so that nothing is compacted meanwhile; and no block is kept once it is read.
        environment = new RocksEnvironment(directory.resolve("state"), 1, 1 << 20);
        int keys = 2000;
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, keys, 1);
        byte[] first = running.cut(1);
        running.backend.confirm(1);
        running.close();
        RocksReplica replica = new RocksReplica("operator", ALL, environment);
        apply(replica, first, 1);
        Running damaged = new Running(replica);
        List<Path> tables = tables();
        Path rows = tables.get(0);
        for (Path table : tables) {
            rows = Files.size(table) > Files.size(rows) ? table : rows;
        }
        flip(rows, (int) Files.size(rows) / 3); // In the midst of the rows, before what finds them.
        List<LocalDamageException> told = new ArrayList<>();
        int read = 0;
        for (int key = 0; key < keys; key++) {
            try {
                assertThat(damaged.get(key)).isEqualTo(1);
                read++;
            } catch (UncheckedIOException e) {
                told.add(Objects.requireNonNull(LocalDamageException.in(e)));
            }
        }
        assertThat(tables()).as("what is not compacted").hasSameElementsAs(tables);
        assertThat(read).as("keys of other blocks").isPositive().isLessThan(keys);
        assertThat(told)
                .hasSize(keys - read)
                .allSatisfy(damage -> assertThat(damage)
                        .hasMessageContaining("State can't be read from " + directory)
                        .hasMessageContaining("selvage checkpoint verify"));
        RetainedState left = Objects.requireNonNull(damaged.backend.retain());
        assertThat(left.tryRewind(1)).isFalse();
        left.close();
        assertNothingIsLeft();
        RocksReplica anew = new RocksReplica("operator", ALL, environment);
        apply(anew, first, 1);
        Running restored = new Running(anew);
        restored.assertHas(keys, 1);
        RetainedState sound = Objects.requireNonNull(restored.backend.retain());
        assertThat(sound.tryRewind(1)).isTrue();
        sound.close();
        assertNothingIsLeft();
    }

    /** In place of a file that will be written: no space is left on the device. */
    private static void fillUp(Path file) throws IOException {
        if (!Files.exists(file)) {
            Files.createDirectories(file.getParent());
            Files.createSymbolicLink(file, Path.of("/dev/full"));
        }
    }

    private void makeRoom() throws IOException {
        try (Stream<Path> all = Files.walk(directory.resolve("state"))) {
            all.filter(Files::isSymbolicLink).forEach(SortedFiles::delete);
        }
    }

    private Path onlyDirectory(String prefix) throws IOException {
        try (Stream<Path> made = Files.list(directory.resolve("state"))) {
            return made.filter(each -> each.getFileName().toString().startsWith(prefix))
                    .collect(MoreCollectors.onlyElement());
        }
    }

    private void assertIsOfDisk(ThrowingCallable writing) {
        assertIsOfDisk("written to", writing);
    }

    private void assertIsOfDisk(String verb, ThrowingCallable writing) {
        assertThatThrownBy(writing)
                .satisfies(thrown -> assertThat(Throwables.getCausalChain(thrown))
                        .filteredOn(LocalDiskException.class::isInstance)
                        .singleElement()
                        .satisfies(ofDisk -> assertThat(ofDisk)
                                .hasMessageContaining("State can't be " + verb + " " + directory)
                                .hasMessageContaining("MiB are free")
                                .hasMessageContaining("No space left on device")
                                .hasMessageContaining("make room")));
    }

    @Test
    void aDiskThatIsFullIsSaidAndTheStateIsAsItWasOnceThereIsRoom() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 20, 1);
        running.cut(1);
        running.backend.confirm(1);
        Path rows = onlyDirectory("rows-");
        for (int i = 0; i < 200; i++) {
            fillUp(rows.resolve("flush-" + i + "-0.sst"));
        }
        assertIsOfDisk(() -> {
            running.put(0, 20, 2);
            running.cut(2);
        });
        makeRoom();
        RetainedState left = Objects.requireNonNull(running.backend.retain());
        assertThat(left.tryRewind(1)).isTrue();
        Running again = new Running(left);
        again.assertHas(20, 1);
        again.put(0, 20, 2);
        again.cut(2);
        again.assertHas(20, 2);
        again.close();
        assertNothingIsLeft();
    }

    @Test
    void aDiskThatIsFullHasNothingOfASegmentTakenForState() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 20, 1);
        byte[] first = running.cut(1);
        running.backend.confirm(1);
        running.put(0, 3, 2);
        byte[] second = running.cut(2);
        running.close();
        RocksReplica replica = new RocksReplica("operator", ALL, environment);
        for (byte[] segment : List.of(first, second)) {
            long checkpoint = segment == first ? 1 : 2;
            FilesSegment head = head(segment);
            for (int i = 0; i < head.fileLengths().length; i++) {
                String name = head.isImage() ? head.fileNames().get(i) : i + ".sst";
                for (int number = 0; number < 100; number++) {
                    fillUp(directory.resolve("state/segment-" + number).resolve(name));
                }
            }
            assertIsOfDisk(() -> apply(replica, segment, checkpoint));
            assertThat(replica.checkpoint()).isEqualTo(checkpoint - 1);
            makeRoom();
            apply(replica, segment, checkpoint);
        }
        Running restored = new Running(replica);
        for (int key = 0; key < 20; key++) {
            assertThat(restored.get(key)).isEqualTo(key < 3 ? 2 : 1);
        }
        restored.close();
    }

    /** Of the same states as {@link Running}, in the heap. */
    private static byte[] cutInHeap(int keys, long value, long checkpoint) {
        RowKeyedStateBackend<String> backend = new RowKeyedStateBackend<>(
                "operator", Serdes.STRING, GROUPS, ALL, KeyedOrigin.NOTHING, 1000, InstantSource.system());
        ValueState<Long> state = backend.states().value(new ValueStateDescriptor<>("value", Serdes.LONG));
        backend.timers("timers", Serdes.INTEGER);
        backend.opened();
        for (int key = 0; key < keys; key++) {
            backend.setCurrentKey("key-" + key);
            state.update(value);
        }
        byte[] segment = backend.snapshot(checkpoint).complete().bytes();
        Objects.requireNonNull(backend.retain()).close();
        return segment;
    }

    /** Where something has changed already, nobody may go on from what there is: only what is unchecked says so. */
    private static void applyInVain(StateReplica replica, byte[] segment, long checkpoint) {
        try {
            apply(replica, segment, checkpoint);
        } catch (IOException failed) {
            throw new AssertionError(
                    "it says that nothing has changed: " + failed); // Not its cause: that is looked for.
        }
    }

    @Test
    void aDiskThatIsFullAsRowsAreRestoredHasWhatIsHalfDoneDropped() throws Exception {
        byte[] first = cutInHeap(20, 1, 1);
        byte[] second = cutInHeap(20, 2, 2);
        for (boolean isFirst : new boolean[] {true, false}) {
            RocksReplica replica = new RocksReplica("operator", ALL, environment);
            if (!isFirst) {
                apply(replica, first, 1);
            }
            for (int number = 0; number < 100; number++) {
                fillUp(directory.resolve("state/segment-" + number + "/rows-0.sst"));
            }
            byte[] segment = isFirst ? first : second;
            long checkpoint = isFirst ? 1 : 2;
            assertIsOfDisk(() -> applyInVain(replica, segment, checkpoint));
            assertThat(replica.checkpoint()).isEqualTo(checkpoint - 1);
            replica.close();
            makeRoom();
        }
        assertRestored(2, first, second);
    }

    /** Of twenty keys, from the segments of checkpoints 1, 2, and so on. */
    private void assertRestored(long value, byte[]... segments) throws IOException {
        RocksReplica replica = new RocksReplica("operator", ALL, environment);
        for (int i = 0; i < segments.length; i++) {
            apply(replica, segments[i], i + 1);
        }
        Running restored = new Running(replica);
        restored.assertHas(20, value);
        restored.close();
    }

    @Test
    void aDiskThatIsFullAsAnImageIsOpenedHasItDropped() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 20, 1);
        byte[] image = running.cut(1);
        running.close();
        assertThat(head(image).isImage()).isTrue();
        for (int number = 0; number < 100; number++) {
            // What a store writes first when it is opened; any name with a higher number would be avoided.
            fillUp(directory.resolve("state/db-" + number + "/000000.dbtmp"));
        }
        RocksReplica replica = new RocksReplica("operator", ALL, environment);
        assertIsOfDisk("opened in", () -> applyInVain(replica, image, 1));
        assertThat(replica.isEmpty()).isTrue();
        replica.close();
        makeRoom();
        assertRestored(1, image);
    }

    @Test
    void whatTheDiskRefusesEndsTheSubtaskAndIsSaid() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        running.put(0, 20, 1);
        running.cut(1);
        running.backend.confirm(1);
        running.put(0, 20, 2);
        RocksStore.delete(onlyDirectory("rows-"));
        assertThatThrownBy(() -> running.cut(2))
                .hasMessageContaining("State can't be written to " + directory)
                .hasMessageContaining("disk is full");
        running.close();
    }
}
