package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.KeyGroupRange;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.KeyedCut;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.LocalDamageException;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.checkpoint.backend.RowKeyedStateBackend;
import io.selvage.checkpoint.backend.StateReplica;
import io.selvage.checkpoint.snapshot.SegmentDamagedException;
import io.selvage.checkpoint.snapshot.SegmentReader;
import io.selvage.checkpoint.snapshot.SnapshotFileWriter;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.protocol.config.StateBackendKind;
import io.selvage.protocol.id.SubtaskId;
import io.selvage.protocol.wire.CheckpointMetadata;
import io.selvage.protocol.wire.OperatorSnapshot;
import io.selvage.protocol.wire.Segment;
import io.selvage.protocol.wire.SubtaskSnapshot;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.OperatorContext;
import io.selvage.task.operator.StateBackends;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A standby's reading, with segments that real backends have written. */
class FollowRunTest {
    private static final int GROUPS = 16;
    private static final int SUBTASKS = 3;
    private static final Map<Integer, Integer> PARALLELISM = Map.of(2, SUBTASKS);

    @TempDir
    Path directory;

    private final HeldState held = new HeldState();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<Writer> writers = new ArrayList<>();
    private DurableStore store;

    @BeforeEach
    void open() throws IOException {
        store = DurableStore.open(new org.apache.hadoop.fs.Path(directory.toUri()), new Configuration());
        for (int subtask = 0; subtask < SUBTASKS; subtask++) {
            writers.add(new Writer(subtask));
        }
    }

    /** A subtask somewhere else, and the chain of its last checkpoint. */
    private final class Writer {
        final int subtask;
        final RowKeyedStateBackend<String> backend;
        final ValueState<Long> counter;
        final Map<Long, List<Segment>> chains = new HashMap<>(); // By checkpoint.
        List<Segment> chain = List.of();

        Writer(int subtask) {
            this(subtask, RowKeyedStateBackend.LEAST_CHAINED_BYTES);
        }

        Writer(int subtask, long leastChainedBytes) {
            this.subtask = subtask;
            this.backend = new RowKeyedStateBackend<>(
                    "count", Serdes.STRING, GROUPS, range(subtask), KeyedOrigin.NOTHING, leastChainedBytes);
            this.counter = backend.states().value(new ValueStateDescriptor<>("counter", Serdes.LONG));
            backend.opened();
        }

        void set(String key, long value) {
            backend.setCurrentKey(key);
            counter.update(value);
        }

        void checkpoint(long number) throws IOException {
            cut(number);
            backend.confirm(number);
        }

        /** Of which it has not heard yet that it is complete. */
        void cut(long number) throws IOException {
            try (SnapshotFileWriter file = new SnapshotFileWriter(store, path(number, subtask))) {
                cut(number, file);
                file.finish();
            }
        }

        void cut(long number, SnapshotFileWriter file) throws IOException {
            KeyedCut cut = backend.snapshot(number).complete();
            Segment segment = file.append(cut.bytes()).toWire().toBuilder()
                    .setCheckpoint(number)
                    .build();
            List<Segment> added = new ArrayList<>();
            if (cut.base() != 0) {
                Objects.requireNonNull(chains.get(cut.base())).stream()
                        .filter(each -> each.getCheckpoint() >= cut.oldestNeeded())
                        .forEach(added::add);
            }
            added.add(segment);
            chain = added;
            chains.put(number, added);
        }
    }

    private static String path(long checkpoint, int subtask) {
        return "chk-" + checkpoint + "/" + subtask;
    }

    private static KeyGroupRange range(int subtask) {
        return KeyGroups.rangeOf(subtask, SUBTASKS, GROUPS);
    }

    private CheckpointMetadata checkpoint(long number) throws IOException {
        for (Writer writer : writers) {
            writer.checkpoint(number);
        }
        return metadata(number);
    }

    /** As of subtasks of one container, which put what they have into one file. */
    private CheckpointMetadata checkpointOfOneContainer(long number) throws IOException {
        try (SnapshotFileWriter file = new SnapshotFileWriter(store, path(number, 0))) {
            for (Writer writer : writers) {
                writer.cut(number, file);
            }
            file.finish();
        }
        writers.forEach(writer -> writer.backend.confirm(number));
        return metadata(number);
    }

    private CheckpointMetadata metadata(long number) {
        CheckpointMetadata.Builder metadata =
                CheckpointMetadata.newBuilder().setCheckpoint(number).setMaxParallelism(GROUPS);
        for (Writer writer : writers) {
            metadata.addSubtasks(SubtaskSnapshot.newBuilder()
                    .setVertex(2)
                    .setSubtask(writer.subtask)
                    .addOperators(OperatorSnapshot.newBuilder()
                            .setOperatorUid("count")
                            .setSubtask(writer.subtask)
                            .setParallelism(SUBTASKS)
                            .addAllKeyedState(writer.chain)));
        }
        return metadata.build();
    }

    private FollowRun.Outcome follow(CheckpointMetadata metadata, long mostBytes) throws IOException {
        return follow(metadata, mostBytes, KeyedBackends.HEAP);
    }

    private FollowRun.Outcome follow(CheckpointMetadata metadata, long mostBytes, KeyedBackends backends)
            throws IOException {
        return follow(metadata, mostBytes, backends, PARALLELISM, () -> metadata);
    }

    private FollowRun.Outcome follow(
            CheckpointMetadata metadata,
            long mostBytes,
            KeyedBackends backends,
            Map<Integer, Integer> parallelism,
            Supplier<CheckpointMetadata> newest)
            throws IOException {
        return new FollowRun(
                        metadata,
                        parallelism,
                        held,
                        backends,
                        new SegmentReader(store),
                        mostBytes,
                        () -> 0,
                        stop,
                        newest)
                .run();
    }

    private void fill(int keys) {
        for (Writer writer : writers) {
            for (int key = 0; key < keys; key++) {
                String name = key(writer.subtask, key);
                writer.set(name, key);
            }
        }
    }

    /** A key of that subtask's key groups. */
    private static String key(int subtask, int number) {
        for (int salt = 0; ; salt++) {
            String key = "key-" + number + "-" + salt;
            BinaryWriter bytes = new BinaryWriter();
            Serdes.STRING.write(key, bytes);
            if (range(subtask).contains(KeyGroups.groupOf(bytes.array(), 0, bytes.length(), GROUPS))) {
                return key;
            }
        }
    }

    private static StateOwner owner(int subtask) {
        return new StateOwner(SubtaskId.of(2, subtask), "count");
    }

    private @Nullable Long restored(StateReplica replica, int subtask, String key) {
        return restored(replica, subtask, List.of(key)).get(key);
    }

    private Map<String, Long> restored(StateReplica replica, int subtask, List<String> keys) {
        RowKeyedStateBackend<String> backend =
                new RowKeyedStateBackend<>("count", Serdes.STRING, GROUPS, range(subtask), replica);
        ValueState<Long> counter = backend.states().value(new ValueStateDescriptor<>("counter", Serdes.LONG));
        backend.opened();
        Map<String, Long> values = new HashMap<>();
        for (String key : keys) {
            backend.setCurrentKey(key);
            Long value = counter.value();
            if (value != null) {
                values.put(key, value);
            }
        }
        return values;
    }

    @Test
    void readsOfALaterCheckpointOnlyWhatItAdds() throws Exception {
        fill(50);
        FollowRun.Outcome first = follow(checkpoint(1), 1 << 20);
        assertThat(first.checkpoint()).isEqualTo(1);
        assertThat(first.bytes()).isPositive();
        assertThat(first.bytesLeft()).isZero();
        String key = key(1, 7);
        writers.get(1).set(key, 700);
        CheckpointMetadata second = checkpoint(2);
        store.delete("chk-1");
        follow(second, 1 << 20);

        AtomicLong read = new AtomicLong();
        StateReplica taken = Objects.requireNonNull(held.takeReplica(owner(1)))
                .take(writers.get(1).chain, new SegmentReader(store), read::addAndGet);
        assertThat(read).as("bytes that were still missing").hasValue(0);
        assertThat(restored(Objects.requireNonNull(taken), 1, key)).isEqualTo(700);
    }

    /** The disk is that of others, whose state may be all that it has room for. */
    @Test
    void whatTheDiskDoesNotTakeIsLeftInTheStore() throws Exception {
        fill(10);
        CheckpointMetadata first = checkpoint(1);
        Path disk = Files.writeString(directory.resolve("disk"), "a file, in which no directory can be made");
        RocksEnvironment environment = new RocksEnvironment(disk, 1 << 20, 1 << 20);
        FollowRun.Outcome outcome = follow(first, 1 << 20, KeyedBackends.onDisk(environment));
        assertThat(outcome.bytes()).isZero();
        assertThat(outcome.bytesLeft()).isPositive();
        assertThat(held.takeReplica(owner(0))).isNull();
        Files.delete(disk);
        assertThat(follow(checkpoint(2), 2 << 20, KeyedBackends.onDisk(environment))
                        .bytes())
                .as("with more room")
                .isPositive();
    }

    @Test
    void whatTheDiskHasDamagedIsDroppedAloneAndReadAnewAtTheNextCheckpoint() throws Exception {
        for (int subtask = 0; subtask < SUBTASKS; subtask++) {
            writers.set(subtask, new Writer(subtask, 0)); // Its next segments are of what has changed.
        }
        KeyedBackends onDisk = onDisk();
        fill(1000);
        assertThat(follow(checkpoint(1), Long.MAX_VALUE, onDisk).bytesLeft()).isZero();
        damage(firstTable());
        for (Writer writer : writers) {
            for (int key = 0; key < 500; key++) {
                writer.set(key(writer.subtask, key), -1); // Whoever adds this to what there is reads it.
            }
        }
        CheckpointMetadata second = checkpoint(2);
        assertThat(writers.get(0).chain).as("the case at hand").hasSize(2);
        FollowRun.Outcome outcome = follow(second, Long.MAX_VALUE, onDisk);
        assertThat(held.hasReplica(owner(0))).isFalse();
        assertThat(held.hasReplica(owner(1))).isTrue();
        assertThat(held.hasReplica(owner(2))).isTrue();
        assertThat(outcome.bytesLeft()).isEqualTo(storedBytes(0));
        fill(10);
        assertThat(follow(checkpoint(3), Long.MAX_VALUE, onDisk).bytesLeft()).isZero();
        assertThat(held.hasReplica(owner(0))).isTrue();
    }

    /** The damage is in the checkpoint then, or the disk damages whatever is written. */
    @Test
    void whatIsDamagedAlthoughAllOfItWasReadAnewIsNotReadAgainBeforeItsStateBeginsElsewhere() throws Exception {
        for (int subtask = 0; subtask < SUBTASKS; subtask++) {
            writers.set(subtask, new Writer(subtask, 0));
        }
        AtomicInteger begun = new AtomicInteger();
        AtomicBoolean isDamaged = new AtomicBoolean(true);
        KeyedBackends backends = damaging(begun, isDamaged);
        fill(200);
        FollowRun.Outcome first = follow(checkpoint(1), Long.MAX_VALUE, backends);
        assertThat(first.bytes()).as("of the others").isPositive();
        assertThat(first.bytesLeft()).isEqualTo(storedBytes(0));
        fill(10);
        CheckpointMetadata second = checkpoint(2);
        assertThat(writers.get(0).chain).as("the case at hand").hasSize(2);
        assertThat(follow(second, Long.MAX_VALUE, backends).bytesLeft()).isEqualTo(storedBytes(0));
        assertThat(held.hasReplica(owner(0))).isFalse();
        assertThat(begun).as("readings of all of it").hasValue(1);

        isDamaged.set(false);
        writers.set(0, new Writer(0, 0)); // As after it was restored from an earlier one.
        fill(10);
        assertThat(follow(checkpoint(3), Long.MAX_VALUE, backends).bytesLeft()).isZero();
        assertThat(begun).hasValue(2);
    }

    private long storedBytes(int subtask) {
        return writers.get(subtask).chain.stream().mapToLong(Segment::getLength).sum();
    }

    /** No block is kept once it is read. */
    private KeyedBackends onDisk() {
        return KeyedBackends.onDisk(new RocksEnvironment(directory.resolve("disk"), 1, 1 << 20));
    }

    /**
     * In the heap, but as on a disk that has damaged what was written of the first subtask's state.
     *
     * @param begun counts replicas of that
     */
    private static KeyedBackends damaging(AtomicInteger begun, AtomicBoolean isDamaged) {
        return new KeyedBackends() {
            @Override
            public <K> KeyedStateBackend<K> create(OperatorContext context, Serde<K> keySerde, KeyedOrigin origin) {
                return HEAP.create(context, keySerde, origin);
            }

            @Override
            public StateReplica replica(String operator, KeyGroupRange range) {
                if (range.equals(range(0))) {
                    begun.incrementAndGet();
                    if (isDamaged.get()) {
                        throw new UncheckedIOException(new LocalDamageException(
                                "be read from", Path.of("/disk/db-1"), new IOException("bad checksum")));
                    }
                }
                return HEAP.replica(operator, range);
            }

            @Override
            public double memoryPerStoredByte() {
                return HEAP.memoryPerStoredByte();
            }
        };
    }

    /**
     * With the rows of the first store that was made, which is the first subtask's; others say that groups are whole.
     */
    private Path firstTable() throws IOException {
        try (Stream<Path> all = Files.walk(directory.resolve("disk"))) {
            return all.filter(each -> each.toString().endsWith(".sst"))
                    .filter(each -> each.getParent().getFileName().toString().startsWith("db-"))
                    .min(Comparator.comparingInt(FollowRunTest::numberOfStore)
                            .thenComparingLong(table -> -table.toFile().length()))
                    .orElseThrow();
        }
    }

    private static int numberOfStore(Path table) {
        String store = table.getParent().getFileName().toString();
        return Integer.parseInt(store.substring("db-".length()));
    }

    /** In place, and each of the blocks that rows are in. */
    private static void damage(Path table) throws IOException {
        byte[] bytes = Files.readAllBytes(table);
        for (int at = 20; at < bytes.length / 2; at += 500) {
            bytes[at] ^= 4;
        }
        Files.write(table, bytes, StandardOpenOption.WRITE);
    }

    @Test
    void whoTakesAReplicaThatIsBehindReadsWhatIsMissing() throws Exception {
        fill(10);
        follow(checkpoint(1), 1 << 20);
        String key = key(0, 3);
        writers.get(0).set(key, 33);
        checkpoint(2);
        writers.get(0).set(key, 333);
        checkpoint(3);

        AtomicLong read = new AtomicLong();
        StateReplica taken = Objects.requireNonNull(held.takeReplica(owner(0)))
                .take(writers.get(0).chain, new SegmentReader(store), read::addAndGet);
        assertThat(read).hasPositiveValue();
        assertThat(restored(Objects.requireNonNull(taken), 0, key)).isEqualTo(333);
        assertThat(held.takeReplica(owner(0))).as("once").isNull();
    }

    /**
     * What is cut next is the difference to the checkpoint before, and says nothing of a row that was there between.
     */
    @Test
    void aSubtaskMayCutBeforeItHearsWhatItsStandbyHasHeard() throws Exception {
        for (int subtask = 0; subtask < SUBTASKS; subtask++) {
            writers.set(subtask, new Writer(subtask, 0));
        }
        fill(50);
        checkpoint(1);
        Writer writer = writers.get(0);
        String between = key(0, 1000);
        writer.set(between, 1);
        writer.cut(2);
        follow(metadata(2), 1 << 20);
        writer.backend.setCurrentKey(between);
        writer.counter.clear();
        writer.cut(3);
        assertThat(writer.chain)
                .extracting(Segment::getCheckpoint)
                .as("the case at hand")
                .containsExactly(1L, 3L);

        StateReplica taken = Objects.requireNonNull(held.takeReplica(owner(0)))
                .take(writer.chain, new SegmentReader(store), read -> {});
        assertThat(restored(Objects.requireNonNull(taken), 0, between)).isNull();
    }

    /** On the way to a checkpoint, a replica lacks what the segments up to there write over. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void oneThatWasStoppedOnItsWayToACheckpointGoesOnToThatOrBeginsAnew(boolean isToThat) throws Exception {
        HeldReplica replica = new HeldReplica(range(0), () -> KeyedBackends.HEAP.replica("count", range(0)));
        Writer writer = new Writer(0, 0);
        Map<String, Long> right = new HashMap<>();
        for (long number = 1; number <= 3; number++) {
            for (int key = 0; key < (number == 1 ? 50 : 20); key++) {
                writer.set(key(0, key), number);
                right.put(key(0, key), number);
            }
            if (number < 3) {
                writer.checkpoint(number);
            } else {
                writer.cut(number);
            }
        }
        AtomicBoolean stopped = new AtomicBoolean();
        List<Segment> third = writer.chain;
        assertThat(third).as("the case at hand").hasSize(3);
        replica.follow(
                third,
                new SegmentReader(store),
                segment -> {
                    stopped.set(true);
                    return true;
                },
                stopped);
        if (isToThat) {
            writer.backend.confirm(3);
            store.delete(path(1, 0)); // What was read is not read again.
        } else {
            writer.backend.abort(3, false);
        }
        writer.set(key(0, 49), 4);
        right.put(key(0, 49), 4L);
        writer.checkpoint(4);
        assertThat(writer.chain)
                .extracting(Segment::getCheckpoint)
                .as("the case at hand")
                .containsExactly(isToThat ? new Long[] {1L, 2L, 3L, 4L} : new Long[] {1L, 2L, 4L});
        StateReplica taken = replica.take(writer.chain, new SegmentReader(store), read -> {});
        assertThat(restored(Objects.requireNonNull(taken), 0, List.copyOf(right.keySet())))
                .isEqualTo(right);
    }

    /** Wherever the bit is, and whoever reads it. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void aSegmentThatIsDamagedIsNamedWithItsFileAndNothingOfItIsHeld(long ofCheckpoint) throws Exception {
        Writer writer = new Writer(0, 0);
        for (int key = 0; key < 50; key++) {
            writer.set(key(0, key), key);
        }
        writer.checkpoint(1);
        List<Segment> first = writer.chain;
        writer.set(key(0, 1), 101);
        writer.checkpoint(2);
        assertThat(writer.chain).as("the case at hand").hasSize(2);
        List<Segment> chain = ofCheckpoint == 1 ? first : writer.chain;
        Path file = directory.resolve(path(ofCheckpoint, 0));
        byte[] whole = Files.readAllBytes(file);
        SegmentReader reader = new SegmentReader(store);
        for (int at = Long.BYTES; at < whole.length; at++) {
            HeldReplica replica = new HeldReplica(range(0), () -> KeyedBackends.HEAP.replica("count", range(0)));
            if (ofCheckpoint == 2 && at % 3 != 0) {
                assertThat(replica.follow(first, reader, segment -> true, stop)).isTrue();
            }
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) (1 << at % 8);
            Files.write(file, damaged);
            boolean isFollowed = at % 2 == 0 || ofCheckpoint == 1 || at % 3 == 0; // What holds nothing is not taken.
            assertThatThrownBy(() -> {
                        if (isFollowed) {
                            replica.follow(chain, reader, segment -> true, stop);
                        } else {
                            replica.take(chain, reader, read -> {});
                        }
                    })
                    .as("bit %s of byte %s of %s", at % 8, at, whole.length)
                    .isInstanceOf(SegmentDamagedException.class)
                    .hasMessageContaining(path(ofCheckpoint, 0));
            Files.write(file, whole);
            if (isFollowed) {
                assertThat(replica.follow(writer.chain, reader, segment -> true, stop))
                        .isTrue();
                StateReplica taken = replica.take(writer.chain, reader, read -> {});
                assertThat(restored(Objects.requireNonNull(taken), 0, List.of(key(0, 1), key(0, 49))))
                        .containsEntry(key(0, 1), 101L)
                        .containsEntry(key(0, 49), 49L);
            } else {
                assertThat(replica.bytes()).isZero();
            }
        }
    }

    @Test
    void statesAreHeldInAStableOrderUntilTheMemoryIsUsedUp() throws Exception {
        fill(200);
        CheckpointMetadata first = checkpoint(1);
        long all = follow(first, Long.MAX_VALUE).bytes();
        held.dropReplicas();

        FollowRun.Outcome outcome = follow(first, all * 2 / 3);
        assertThat(outcome.bytesLeft()).isPositive();
        assertThat(outcome.bytes()).isPositive().isLessThanOrEqualTo(all * 2 / 3);
        assertThat(held.hasReplica(owner(0))).isTrue();
        assertThat(held.hasReplica(owner(2))).isFalse();

        fill(2000);
        FollowRun.Outcome grown = follow(checkpoint(2), all * 2 / 3);
        assertThat(grown.bytes()).as("what has outgrown the memory is let go").isLessThanOrEqualTo(all * 2 / 3);
    }

    /** The same rows over and over: the store has many of each, memory one. */
    @Test
    void aLongChainTakesTheMemoryOfWhatItComesTo() throws Exception {
        for (int subtask = 0; subtask < SUBTASKS; subtask++) {
            writers.set(subtask, new Writer(subtask, 0));
        }
        fill(200);
        CheckpointMetadata first = checkpoint(1);
        long all = follow(first, Long.MAX_VALUE).bytes();
        held.dropReplicas();
        CheckpointMetadata newest = first;
        for (int checkpoint = 2; checkpoint < 8; checkpoint++) {
            fill(100);
            newest = checkpoint(checkpoint);
        }
        assertThat(writers.get(0).chain).as("the case at hand").hasSizeGreaterThan(3);
        FollowRun.Outcome outcome = follow(newest, all * 2);
        assertThat(outcome.bytesLeft()).isZero();
        assertThat(outcome.bytes()).isPositive().isLessThanOrEqualTo(all * 2);
    }

    @Test
    void whatHasFoundNoRoomIsNotReadAgainAtEachCheckpoint() throws Exception {
        fill(200);
        CheckpointMetadata first = checkpoint(1);
        FollowRun.Outcome outcome = follow(first, 4096);
        assertThat(outcome.bytes()).isZero();
        assertThat(outcome.bytesLeft()).isPositive();
        store.delete("chk-1");
        assertThat(follow(first, 4096).bytes()).as("without a look at the file").isZero();
        assertThatThrownBy(() -> follow(first, 1 << 20)).isInstanceOf(IOException.class);
    }

    @Test
    void whatIsHeldStaysWhereItFitsAndGoesWithItsSubtask() throws Exception {
        fill(200);
        CheckpointMetadata first = checkpoint(1);
        long all = follow(first, Long.MAX_VALUE).bytes();
        held.dropReplicas();
        assertThat(follow(first, all / 10).bytesLeft()).isPositive();
        assertThat(follow(first, 2 * all).bytesLeft()).as("with more room").isZero();
        fill(10);
        assertThat(follow(checkpoint(2), 2 * all - all / 5).bytesLeft())
                .as("with a little less")
                .isZero();

        CheckpointMetadata.Builder fewer = metadata(2).toBuilder();
        fewer.removeSubtasks(2);
        follow(fewer.build(), 2 * all);
        assertThat(held.hasReplica(owner(1))).isTrue();
        assertThat(held.hasReplica(owner(2))).as("of a subtask that is no more").isFalse();
    }

    @Test
    void stateOfAnotherParallelismIsLeft() throws Exception {
        fill(10);
        CheckpointMetadata first = checkpoint(1);
        FollowRun.Outcome outcome = follow(first, 1 << 20, KeyedBackends.HEAP, Map.of(2, 5), () -> first);
        assertThat(outcome.bytes()).isZero();
        assertThat(outcome.bytesLeft()).isPositive();
    }

    @Test
    void whatCannotBeReadIsReadFromTheNextCheckpoint() throws Exception {
        fill(10);
        CheckpointMetadata first = checkpoint(1);
        checkpoint(2);
        store.delete("chk-1");
        assertThatThrownBy(() -> follow(first, 1 << 20)).isInstanceOf(IOException.class);

        // As after a restart on another number of subtasks: all of it is written anew.
        writers.clear();
        for (int subtask = 0; subtask < SUBTASKS; subtask++) {
            writers.add(new Writer(subtask));
        }
        fill(5);
        assertThat(follow(checkpoint(3), 1 << 20).bytes()).isPositive();
        assertThat(restored(
                        Objects.requireNonNull(Objects.requireNonNull(held.takeReplica(owner(2)))
                                .take(writers.get(2).chain, new SegmentReader(store), read -> {})),
                        2,
                        key(2, 4)))
                .isEqualTo(4);
    }

    /** A sweep deletes what the newest checkpoint has no use for, while states are read one after the other. */
    @Test
    void aStateThatComesLaterIsReadAsOfTheNewestCheckpoint() throws Exception {
        fill(10);
        CheckpointMetadata first = checkpoint(1);
        fill(20);
        CheckpointMetadata second = checkpoint(2);
        AtomicInteger begun = new AtomicInteger();
        Supplier<CheckpointMetadata> newest = () -> {
            if (begun.incrementAndGet() == 1) {
                return first;
            }
            sweep("chk-1");
            return second;
        };
        FollowRun.Outcome outcome = follow(first, 1 << 20, KeyedBackends.HEAP, PARALLELISM, newest);
        assertThat(begun).as("states that began anew").hasValue(SUBTASKS);
        assertThat(outcome).extracting("checkpoint", "bytesLeft").containsExactly(1L, 0L);
        assertThat(follow(second, 1 << 20).checkpoint()).isEqualTo(2);
        for (int subtask = 0; subtask < SUBTASKS; subtask++) {
            StateReplica taken = Objects.requireNonNull(Objects.requireNonNull(held.takeReplica(owner(subtask)))
                    .take(writers.get(subtask).chain, new SegmentReader(store), read -> {}));
            assertThat(restored(taken, subtask, key(subtask, 19)))
                    .as("subtask %d", subtask)
                    .isEqualTo(19);
        }
    }

    private void sweep(String directory) {
        try {
            store.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What came of a reading that failed is no state to go on with. */
    @Test
    void whatWasBegunInVainIsReadAsOfTheNewestCheckpointToo() throws Exception {
        fill(10);
        CheckpointMetadata first = checkpoint(1);
        fill(20);
        CheckpointMetadata second = checkpoint(2);
        store.delete("chk-1");
        assertThatThrownBy(() -> follow(first, 1 << 20)).isInstanceOf(IOException.class);
        FollowRun.Outcome outcome = follow(first, 1 << 20, KeyedBackends.HEAP, PARALLELISM, () -> second);
        assertThat(outcome.bytesLeft()).isZero();
        assertThat(outcome.bytes()).isPositive();
    }

    @Test
    void oneThatIsStoppedHoldsNothingMore() throws Exception {
        fill(10);
        stop.set(true);
        assertThat(follow(checkpoint(1), 1 << 20).bytes()).isZero();
    }

    /** With it, HDFS asks the NameNode where the blocks of a file are. */
    private void countOpenings() throws IOException {
        OpenedFiles.reset();
        Configuration counting = new Configuration();
        counting.set("fs.AbstractFileSystem.file.impl", OpenedFiles.class.getName());
        store = DurableStore.open(new org.apache.hadoop.fs.Path(directory.toUri()), counting);
        for (int subtask = 0; subtask < SUBTASKS; subtask++) {
            writers.set(subtask, new Writer(subtask, 0));
        }
    }

    @Test
    void aFileThatAContainersSubtasksHaveWrittenIsOpenedOnceForAllOfThem() throws Exception {
        countOpenings();
        fill(50);
        checkpointOfOneContainer(1);
        fill(10);
        checkpointOfOneContainer(2);
        fill(10);
        CheckpointMetadata third = checkpointOfOneContainer(3);
        assertThat(writers).as("the case at hand").allMatch(writer -> writer.chain.size() == 3);
        assertThat(follow(third, 1 << 20).bytesLeft()).isZero();
        assertThat(OpenedFiles.opened()).as("whole chains").hasSize(3).doesNotHaveDuplicates();
        assertThat(OpenedFiles.stillOpen()).isZero();

        OpenedFiles.reset();
        fill(20);
        CheckpointMetadata fourth = checkpointOfOneContainer(4);
        assertThat(follow(fourth, 1 << 20).bytesLeft()).isZero();
        assertThat(OpenedFiles.opened()).as("what the fourth adds").containsExactly(path(4, 0));
        assertThat(OpenedFiles.stillOpen()).isZero();
        for (int subtask = 0; subtask < SUBTASKS; subtask++) {
            StateReplica taken = Objects.requireNonNull(Objects.requireNonNull(held.takeReplica(owner(subtask)))
                    .take(writers.get(subtask).chain, new SegmentReader(store), read -> {}));
            assertThat(restored(taken, subtask, List.of(key(subtask, 19), key(subtask, 49))))
                    .containsEntry(key(subtask, 19), 19L)
                    .containsEntry(key(subtask, 49), 49L);
        }
    }

    /** All but the first begin with the next checkpoint. */
    @Test
    void soItIsWhenTheNewestCheckpointChangesOnTheWay() throws Exception {
        countOpenings();
        fill(50);
        CheckpointMetadata first = checkpointOfOneContainer(1);
        fill(10);
        CheckpointMetadata second = checkpointOfOneContainer(2);
        AtomicInteger begun = new AtomicInteger();
        FollowRun.Outcome outcome = follow(
                first, 1 << 20, KeyedBackends.HEAP, PARALLELISM, () -> begun.incrementAndGet() == 1 ? first : second);
        assertThat(outcome.bytesLeft()).isZero();
        assertThat(OpenedFiles.opened()).containsExactlyInAnyOrder(path(1, 0), path(2, 0));
        assertThat(OpenedFiles.stillOpen()).isZero();
    }

    /** Of three subtasks one has become, and reads the chains of all of them. */
    @Test
    void aSubtaskThatRestoresOpensEachFileOnce() throws Exception {
        countOpenings();
        for (int number = 1; number <= 3; number++) {
            fill(60 - 10 * number);
            checkpointOfOneContainer(number);
        }
        RestoredCheckpoint restored = new RestoredCheckpoint(
                metadata(3),
                new SegmentReader(store),
                held,
                new StateBackends(KeyedBackends.HEAP, () -> {
                    throw new AssertionError("there is no state on the disk");
                }),
                StateBackendKind.HEAP,
                new RestoreFigures(null));
        KeyedOrigin origin =
                restored.of(owner(0), 1, getClass().getClassLoader()).keyed();
        assertThat(((StateReplica) origin).checkpoint()).isEqualTo(3);
        assertThat(OpenedFiles.opened()).containsExactlyInAnyOrder(path(1, 0), path(2, 0), path(3, 0));
        assertThat(OpenedFiles.stillOpen()).isZero();
    }

    @Test
    void ofAFileOneOfWhoseStatesIsDamagedTheOthersAreHeldAndNothingStaysOpen() throws Exception {
        countOpenings();
        fill(50);
        follow(checkpointOfOneContainer(1), 1 << 20);
        fill(20);
        CheckpointMetadata second = checkpointOfOneContainer(2);
        Path file = directory.resolve(path(2, 0));
        byte[] whole = Files.readAllBytes(file);
        byte[] damaged = whole.clone();
        Segment segment = writers.get(1).chain.get(1);
        damaged[(int) (segment.getOffset() + segment.getLength() / 2)] ^= 4;
        Files.write(file, damaged);
        assertThatThrownBy(() -> follow(second, 1 << 20))
                .isInstanceOf(SegmentDamagedException.class)
                .hasMessageContaining(path(2, 0));
        assertThat(OpenedFiles.stillOpen()).isZero();
        assertThat(held.replicaBytes(owner(0))).isPositive();
        assertThat(held.replicaBytes(owner(1))).isZero();
        assertThat(held.replicaBytes(owner(2))).isPositive();

        Files.write(file, whole);
        OpenedFiles.reset();
        assertThat(follow(second, 1 << 20).bytesLeft()).isZero();
        assertThat(OpenedFiles.opened()).containsExactlyInAnyOrder(path(1, 0), path(2, 0));
        assertThat(OpenedFiles.stillOpen()).isZero();
    }
}
