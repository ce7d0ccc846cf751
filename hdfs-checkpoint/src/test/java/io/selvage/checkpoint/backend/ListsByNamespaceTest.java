package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an interval join keeps: lists by namespace, of which a checkpoint has what has changed. */
final class ListsByNamespaceTest {
    private static final int GROUPS = 16;
    private static final KeyGroupRange ALL = new KeyGroupRange(0, GROUPS);
    private static final int VALUE_BYTES = 50;
    private static final int MANY = 8_000;

    @TempDir
    private Path directory;

    private RocksEnvironment disk;

    @BeforeEach
    void open() {
        disk = new RocksEnvironment(directory.resolve("state"), 1 << 20, 1 << 20);
    }

    /** One list, and the chain of its checkpoints, of which each is complete. */
    private final class Running {
        private final boolean onDisk;
        private final RowKeyedStateBackend<String> backend;
        private final NamespacedStates<Long> namespaces;
        private final ListState<byte[]> list;
        private final TreeMap<Long, byte[]> chain = new TreeMap<>();
        private long checkpoint;

        /** @param isDivided as it was before there were parts, if not */
        Running(boolean onDisk, KeyedOrigin origin, long checkpoint, boolean isDivided) {
            this.onDisk = onDisk;
            this.checkpoint = checkpoint;
            backend = onDisk
                    ? RowKeyedStateBackend.onDisk("operator", Serdes.STRING, GROUPS, ALL, origin, disk)
                    : new RowKeyedStateBackend<>("operator", Serdes.STRING, GROUPS, ALL, origin, 0);
            namespaces = isDivided ? backend.namespacedInParts(Serdes.LONG) : backend.namespaced(Serdes.LONG);
            list = namespaces.list(new ListStateDescriptor<>("list", Serdes.BYTES));
            backend.opened();
        }

        /** With the elements of these numbers. */
        Running fill(String key, long namespace, int from, int to) {
            use(key, namespace);
            for (int i = from; i < to; i++) {
                list.add(bytes(namespace, i));
            }
            return this;
        }

        private void use(String key, long namespace) {
            backend.setCurrentKey(key);
            namespaces.setNamespace(namespace);
        }

        void assertHas(String key, long namespace, int count) {
            use(key, namespace);
            List<byte[]> found = new ArrayList<>();
            list.elements().forEach(found::add);
            assertThat(found).hasSize(count);
            for (int i = 0; i < count; i++) {
                assertThat(found.get(i)).isEqualTo(bytes(namespace, i));
            }
        }

        byte[] cut() {
            KeyedCut cut = backend.snapshot(++checkpoint).complete();
            byte[] bytes = cut.bytes();
            chain.headMap(cut.base() == 0 ? Long.MAX_VALUE : cut.oldestNeeded(), false)
                    .clear();
            chain.put(checkpoint, bytes);
            backend.confirm(checkpoint);
            return bytes;
        }

        StateReplica replica(boolean toDisk) {
            try {
                StateReplica replica =
                        toDisk || onDisk ? new RocksReplica("operator", ALL, disk) : new KeyedReplica("operator", ALL);
                for (Map.Entry<Long, byte[]> each : chain.entrySet()) {
                    replica.apply(new ByteArrayInputStream(each.getValue()), each.getValue().length, each.getKey());
                }
                return !toDisk && replica instanceof RocksReplica files ? files.toHeap() : replica;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Running restored(boolean toDisk) {
            Running restored = new Running(toDisk, replica(toDisk), checkpoint, true);
            if (toDisk == onDisk) {
                restored.chain.putAll(chain);
            }
            return restored;
        }

        int rows(boolean areParts) {
            StateReplica replica = replica(onDisk);
            int count = 0;
            try (RowCursor each = replica.cursor(areParts)) {
                while (each.next()) {
                    count++;
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            replica.close();
            return count;
        }

        void close() {
            RetainedState left = backend.retain();
            if (left != null) {
                left.close();
            }
        }
    }

    private Running running(boolean onDisk) {
        return new Running(onDisk, KeyedOrigin.NOTHING, 0, true);
    }

    /** Nothing that could be compressed. */
    private static byte[] bytes(long namespace, int number) {
        byte[] bytes = new byte[VALUE_BYTES];
        new Random(31 * namespace + number).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aCheckpointHasWhatHasChangedOfALargeList(boolean onDisk) {
        Running running = running(onDisk).fill("key", 7, 0, MANY).fill("key", 8, 0, MANY);
        int whole = running.cut().length;
        assertThat(whole).isGreaterThan(2 * MANY * VALUE_BYTES);
        List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            running.fill("key", 8, MANY + i, MANY + i + 1);
            running.assertHas("key", 7, MANY); // To read is to write nothing.
            lengths.add(running.cut().length);
        }
        lengths.sort(null);
        // The last elements of both, and what any segment has; now and then, a key group as a whole.
        assertThat(lengths.get(lengths.size() / 2)).isLessThan(2 * 32 * (VALUE_BYTES + 8) + 2_500);
        Running restored = running.restored(onDisk);
        restored.assertHas("key", 8, MANY + 9);
        restored.close();
        running.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aListOfAFewIsWhole(boolean onDisk) {
        int few = PartSizes.OF_NAMESPACES.most();
        Running running = running(onDisk).fill("key", 7, 0, few);
        running.cut();
        assertThat(running.rows(true)).isZero();
        running.fill("key", 7, few, few + 1);
        running.cut();
        assertThat(running.rows(true)).isEqualTo(few / PartSizes.OF_NAMESPACES.perListPart());
        running.assertHas("key", 7, few + 1);
        running.close();
    }

    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void whatIsInPartsIsRestoredByNamespace(boolean fromDisk, boolean toDisk) {
        Running running = running(fromDisk);
        for (int from = 0; from < 1_000; from += 40) { // Now this one, now that one.
            running.fill("key", 7, from, from + 40)
                    .fill("key", -7, from, from + 40)
                    .fill("other", 7, from, from + 40);
        }
        running.fill("key", 1, 0, 3);
        running.cut();
        Running restored = running.restored(toDisk);
        restored.assertHas("key", 7, 1_000);
        restored.assertHas("key", -7, 1_000);
        restored.assertHas("other", 7, 1_000);
        restored.assertHas("key", 1, 3);
        restored.assertHas("other", 1, 0);
        restored.fill("key", -7, 1_000, 1_100).assertHas("key", -7, 1_100);
        restored.cut();
        Running again = restored.restored(fromDisk);
        again.assertHas("key", -7, 1_100);
        again.assertHas("key", 7, 1_000);
        assertThat(again.backend.keyCount()).isEqualTo(2);
        again.close();
        restored.close();
        running.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ofANamespaceThatIsClearedNothingIsLeft(boolean onDisk) {
        Running running = running(onDisk).fill("key", 7, 0, 1_000).fill("key", 8, 0, 1_000);
        running.cut();
        int both = running.rows(true);
        running.use("key", 7);
        running.namespaces.clear();
        assertThat(running.list.elements()).isEmpty();
        running.cut();
        assertThat(running.rows(true)).isEqualTo(both / 2);
        running.assertHas("key", 8, 1_000);
        running.fill("key", 7, 0, 600).assertHas("key", 7, 600);
        running.use("key", 7);
        running.list.clear();
        running.use("key", 8);
        running.namespaces.clear();
        running.cut();
        assertThat(running.rows(true)).isZero();
        assertThat(running.rows(false)).isZero();
        assertThat(running.backend.keyCount()).isZero();
        running.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWayBackFindsPartsAsTheyWere(boolean onDisk) {
        Running running = running(onDisk).fill("key", 7, 0, 1_000);
        running.cut();
        running.use("key", 7);
        running.namespaces.clear();
        running.fill("key", 7, 0, 10).fill("key", 8, 0, 2_000);
        RetainedState retained = Objects.requireNonNull(running.backend.retain());
        assertThat(retained.tryRewind(1)).isTrue();
        Running again = new Running(onDisk, retained, 1, true);
        again.assertHas("key", 7, 1_000);
        again.assertHas("key", 8, 0);
        again.close();
    }

    /** As interval joins wrote them before there were parts. */
    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void aListThatWasWrittenWholeGoesIntoPartsOnceItIsWrittenTo(boolean fromDisk, boolean toDisk) {
        Running before = new Running(fromDisk, KeyedOrigin.NOTHING, 0, false);
        before.fill("key", 7, 0, 1_000).fill("key", 8, 0, 5).fill("unused", 7, 0, 700);
        before.cut();
        assertThat(before.rows(true)).isZero();
        Running now = before.restored(toDisk);
        now.assertHas("key", 7, 1_000);
        now.fill("key", 7, 1_000, 1_001).assertHas("key", 7, 1_001);
        now.assertHas("key", 8, 5);
        now.cut();
        Running again = now.restored(toDisk);
        again.assertHas("key", 7, 1_001);
        again.assertHas("key", 8, 5);
        again.assertHas("unused", 7, 700);
        again.fill("unused", 7, 700, 800).assertHas("unused", 7, 800);
        again.cut();
        assertThat(again.rows(true)).isGreaterThan(1_700 / 32);
        again.use("unused", 7);
        again.namespaces.clear();
        again.assertHas("key", 7, 1_001);
        again.close();
        now.close();
        before.close();
    }

    /** Who knows no parts would find the last elements, and take them for all. */
    @Test
    void whatMayBeInPartsIsNotReadAsIfItWereWhole() {
        Running running = running(false).fill("key", 7, 0, 3);
        byte[] segment = running.cut();
        assertThat(ByteBuffer.wrap(segment).getInt(Integer.BYTES)).isEqualTo(Segment.VERSION);
        assertThatThrownBy(() -> new Running(false, running.replica(false), 1, false))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("The state \"list\" of operator operator")
                .hasMessageContaining("written as parts-by<i64,list<bytes>> and is now by<i64,list<bytes>>");
    }

    @Test
    void listsAloneAreInPartsByNamespaceAndTheyAreNotJoined() {
        RowKeyedStateBackend<String> backend =
                new RowKeyedStateBackend<>("operator", Serdes.STRING, GROUPS, ALL, KeyedOrigin.NOTHING, 0);
        NamespacedStates<Long> namespaces = backend.namespacedInParts(Serdes.LONG);
        assertThatThrownBy(() -> namespaces.value(new ValueStateDescriptor<>("value", Serdes.LONG)))
                .hasMessageContaining("\"value\" of operator operator is no list");
        assertThatThrownBy(() -> namespaces.map(new MapStateDescriptor<>("map", Serdes.LONG, Serdes.LONG)))
                .hasMessageContaining("\"map\" of operator operator is no list");
        assertThatThrownBy(() -> namespaces.merge(1L, 2L)).hasMessageContaining("can't be joined");
        assertThatThrownBy(() -> backend.namespacedInParts(Serdes.map(Serdes.LONG, Serdes.LONG)))
                .hasMessageContaining("different bytes");
    }
}
