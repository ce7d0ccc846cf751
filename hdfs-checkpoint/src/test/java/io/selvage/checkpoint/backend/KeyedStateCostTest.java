package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.CorruptDataException;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cuts, restarts and rewinds cost is a matter of what has changed, and chains of segments stay short. */
final class KeyedStateCostTest {
    private static final int GROUPS = 128;
    private static final int KEYS = 12_000;
    private static final int VALUE_BYTES = 100;

    private final CountingSerde serde = new CountingSerde();

    /** Counts what it does, as that is what costs. */
    private static final class CountingSerde implements Serde<byte[]> {
        private static final long serialVersionUID = 1L;
        private int written;
        private int read;

        @Override
        public void write(byte[] value, BinaryWriter out) {
            written++;
            out.writeByteArray(value);
        }

        @Override
        public byte[] read(BinaryReader in) {
            read++;
            return in.readByteArray();
        }

        @Override
        public String schema() {
            return "counted";
        }
    }

    /** A backend with one state, and the chain of its last confirmed checkpoint as an executor keeps it. */
    private final class Running {
        private final RowKeyedStateBackend<Long> backend;
        private final ValueState<byte[]> state;
        private final TimerQueue<Long, NoNamespace> timers;
        private final TreeMap<Long, byte[]> chain = new TreeMap<>();
        private long checkpoint;

        Running(KeyedOrigin origin) {
            this(origin, RowKeyedStateBackend.LEAST_CHAINED_BYTES);
        }

        Running(KeyedOrigin origin, long leastChainedBytes) {
            backend = new RowKeyedStateBackend<>(
                    "operator", Serdes.LONG, GROUPS, new KeyGroupRange(0, GROUPS), origin, leastChainedBytes);
            state = backend.states().value(new ValueStateDescriptor<>("state", serde));
            timers = backend.timers("timers", NoNamespace.SERDE);
            backend.opened();
        }

        void put(long key, int version) {
            backend.setCurrentKey(key);
            state.update(value(key, version));
        }

        KeyedCut cut() {
            KeyedCut cut = backend.snapshot(++checkpoint).complete();
            if (cut.base() == 0) {
                chain.clear();
            }
            chain.headMap(cut.oldestNeeded(), false).clear();
            chain.put(checkpoint, cut.bytes());
            return cut;
        }

        KeyedCut cutAndConfirm() {
            KeyedCut cut = cut();
            backend.confirm(checkpoint);
            return cut;
        }

        KeyedReplica replica() {
            KeyedReplica replica = new KeyedReplica("operator", new KeyGroupRange(0, GROUPS));
            chain.forEach((id, bytes) -> replica.apply(bytes, id));
            return replica;
        }

        long chainBytes() {
            return chain.values().stream().mapToLong(bytes -> bytes.length).sum();
        }
    }

    private static byte[] value(long key, int version) {
        byte[] value = new byte[VALUE_BYTES];
        Arrays.fill(value, (byte) (key + 31 * version));
        ByteBuffer.wrap(value).putLong(key).putInt(version);
        return value;
    }

    private Running filled() {
        Running running = new Running(KeyedOrigin.NOTHING);
        for (long key = 0; key < KEYS; key++) {
            running.put(key, 0);
        }
        running.cutAndConfirm();
        return running;
    }

    /** @param changes rows, of {@value #KEYS}, at each checkpoint */
    @ParameterizedTest
    @ValueSource(ints = {0, 20, 200, 1500, 9_000})
    void aChainHasFewSegmentsThatAreNotMuchLargerThanTheState(int changes) {
        Running running = filled();
        long stateBytes = running.chainBytes();
        int[] versions = new int[KEYS];
        Random random = new Random(changes);
        for (int round = 1; round <= 150; round++) {
            for (int i = 0; i < changes; i++) {
                int key = random.nextInt(KEYS);
                running.put(key, round);
                versions[key] = round;
            }
            long bytes = running.cutAndConfirm().bytes().length;
            assertThat(running.chain).hasSizeLessThanOrEqualTo(64);
            assertThat(running.chainBytes()).isLessThan(4 * stateBytes);
            if (changes <= 200) {
                // What has changed, and a sixtieth of all in turn.
                assertThat(bytes).isLessThan(changes * (VALUE_BYTES + 40L) + stateBytes / 30);
            }
        }
        Running restored = new Running(running.replica());
        for (int key = 0; key < KEYS; key++) {
            restored.backend.setCurrentKey((long) key);
            assertThat(restored.state.value()).isEqualTo(value(key, versions[key]));
        }
    }

    @Test
    void aCutAndARewindTouchOnlyWhatHasChanged() {
        Running running = filled();
        running.cutAndConfirm();
        serde.written = 0;
        for (long key = 0; key < 50; key++) {
            running.put(key, 1);
        }
        running.cut();
        // Before and after, and the groups whose turn it is.
        assertThat(serde.written).isLessThan(2 * 50 + KEYS / 20);
        for (long key = 40; key < 60; key++) {
            running.put(key, 2);
        }
        serde.read = 0;
        RetainedState retained = Objects.requireNonNull(running.backend.retain());
        assertThat(retained.tryRewind(running.checkpoint)).isTrue();
        assertThat(serde.read).isEqualTo(20);
        Running again = new Running(retained);
        assertThat(serde.read).isEqualTo(20);
        for (long key = 0; key < 70; key++) {
            again.backend.setCurrentKey(key);
            assertThat(again.state.value()).isEqualTo(value(key, key < 50 ? 1 : 0));
        }
    }

    @Test
    void aRowThatWasOnlyReadIsNotWritten() {
        Running running = filled();
        int quiet = running.cutAndConfirm().bytes().length;
        for (long key = 0; key < 100; key++) {
            running.backend.setCurrentKey(key);
            assertThat(running.state.value()).isNotNull();
        }
        assertThat(running.cutAndConfirm().bytes().length).isLessThan(quiet + 100 * VALUE_BYTES / 2);
    }

    @Test
    void aBackendThatStartsFromAReplicaMakesObjectsOfWhatIsUsedAndOfWhatIsDue() throws Exception {
        Running running = filled();
        for (long key = 0; key < KEYS; key++) {
            running.backend.setCurrentKey(key);
            running.timers.register(NoNamespace.NONE, 1000 + key);
        }
        running.cutAndConfirm();
        serde.read = 0;
        Running restored = new Running(running.replica());
        restored.checkpoint = running.checkpoint;
        restored.chain.putAll(running.chain);
        assertThat(serde.read).isZero();
        assertThat(restored.backend.keyCount()).isEqualTo(KEYS);
        restored.put(5, 1);
        assertThat(serde.read).isEqualTo(1);
        assertThat(restored.timers.nextMillis()).isEqualTo(1000);
        List<Long> fired = new ArrayList<>();
        restored.timers.advance(1009, (key, namespace, at) -> fired.add(key));
        assertThat(fired).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
        assertThat(serde.read).isEqualTo(10);
        KeyedCut cut = restored.cutAndConfirm();
        assertThat(cut.base()).isEqualTo(running.checkpoint);
        // Groups whose turn it is are copied as bytes.
        assertThat(serde.read).isEqualTo(10);
        assertThat(new Running(restored.replica()).timers.count()).isEqualTo(KEYS - 10);
    }

    @Test
    void aReplicaIsNotMuchLargerThanWhatItHolds() {
        Running running = filled();
        KeyedReplica replica = running.replica();
        long stateBytes = running.chainBytes();
        assertThat(replica.bytes()).isBetween(stateBytes, 2 * stateBytes);
        for (int round = 0; round < 100; round++) {
            for (long key = 0; key < KEYS; key += 40) {
                running.put(key + round % 40, round);
            }
            KeyedCut cut = running.cutAndConfirm();
            replica.apply(cut.bytes(), running.checkpoint);
            assertThat(replica.bytes()).isLessThan(3 * stateBytes);
        }
    }

    /** A standby, which has all else already. */
    @Test
    void whoHasTheBaseHasUseForWhatHasChangedAlone() throws Exception {
        Running running = filled();
        KeyedReplica following = running.replica();
        for (int round = 1; round <= 100; round++) {
            for (long key = 0; key < KEYS; key += 40) {
                running.put(key + round % 40, round);
            }
            running.backend.setCurrentKey((long) round);
            running.state.clear();
            byte[] segment = running.cutAndConfirm().bytes();
            long used = following.apply(new ByteArrayInputStream(segment), segment.length, running.checkpoint);
            // With which groups there are.
            assertThat(used).isLessThan(KEYS / 40 * (VALUE_BYTES + 30L) + 8_000);
            assertThat(segment.length - used).as("a sixtieth of all").isGreaterThan(KEYS / 70 * VALUE_BYTES);
        }
        assertThat(ReplicaRows.of(following)).isEqualTo(ReplicaRows.of(running.replica()));
    }

    @Test
    void whatIsNotOfUseIsNotReadWhereItIsMuch() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING);
        for (long key = 0; key < 8_000; key++) {
            running.backend.setCurrentKey(key);
            running.state.update(new byte[1_000]);
        }
        running.cutAndConfirm();
        KeyedReplica following = running.replica();
        for (long key = 0; key < 3_000; key++) {
            running.backend.setCurrentKey(key);
            running.state.update(new byte[900]);
        }
        byte[] segment = running.cutAndConfirm().bytes();
        long[] read = new long[1];
        InputStream in = new FilterInputStream(new ByteArrayInputStream(segment)) {
            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                int count = super.read(into, offset, length);
                read[0] += Math.max(0, count);
                return count;
            }
        };
        long used = following.apply(in, segment.length, running.checkpoint);
        assertThat(segment.length - used).isGreaterThan(Segment.LEAST_LEFT_OUT_BYTES);
        assertThat(read[0]).isEqualTo(used);
        assertThat(ReplicaRows.of(following)).isEqualTo(ReplicaRows.of(running.replica()));
    }

    @Test
    void ofAChainThatIsAimedAtItsEndWhatIsWrittenOverIsLeftOut() throws Exception {
        Running running = filled();
        Random random = new Random(7);
        for (int round = 1; round <= 60; round++) {
            for (int i = 0; i < KEYS / 5; i++) {
                running.put(random.nextInt(KEYS), round);
            }
            running.cutAndConfirm();
        }
        KeyedReplica aimed = new KeyedReplica("operator", new KeyGroupRange(0, GROUPS));
        byte[] newest = running.chain.lastEntry().getValue();
        aimed.aimAt(() -> new ByteArrayInputStream(newest), newest.length);
        long used = 0;
        for (var each : running.chain.entrySet()) {
            byte[] segment = each.getValue();
            used += aimed.apply(new ByteArrayInputStream(segment), segment.length, each.getKey());
        }
        assertThat(used).isLessThan(running.chainBytes() * 3 / 4);
        assertThat(ReplicaRows.of(aimed)).isEqualTo(ReplicaRows.of(running.replica()));
        aimed.requireComplete();
    }

    /** A following thread that is stopped, and then given a chain without that newest one. */
    @Test
    void whatWasAimedFartherThanItCameIsNotTakenForAState() throws Exception {
        Running running = filled();
        for (int round = 1; round <= 5; round++) {
            running.put(round, round);
            running.cutAndConfirm();
        }
        KeyedReplica aimed = new KeyedReplica("operator", new KeyGroupRange(0, GROUPS));
        byte[] newest = running.chain.lastEntry().getValue();
        aimed.aimAt(() -> new ByteArrayInputStream(newest), newest.length);
        for (var each : running.chain.headMap(running.checkpoint).entrySet()) {
            aimed.apply(each.getValue(), each.getKey());
        }
        assertThatThrownBy(() -> new Running(aimed))
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("lacks the segment that has key group");
    }

    /** Of what a standby reads, and of what a restore reads. */
    @Test
    void aByteThatIsAnotherIsFoundOrOfNoUse() throws Exception {
        Running running = new Running(KeyedOrigin.NOTHING, 0);
        for (long key = 0; key < 300; key++) {
            running.put(key, 0);
        }
        running.cutAndConfirm();
        for (long key = 0; key < 10; key++) {
            running.put(key, 1);
        }
        assertThat(running.cutAndConfirm().base()).isEqualTo(1);
        byte[] first = Objects.requireNonNull(running.chain.get(1L));
        byte[] second = Objects.requireNonNull(running.chain.get(2L));
        var right = ReplicaRows.of(running.replica());

        int[] found = new int[2];
        for (int at = 0; at < second.length; at++) {
            KeyedReplica following = new KeyedReplica("operator", new KeyGroupRange(0, GROUPS));
            following.apply(first, 1);
            found[0] += isFound(following, damaged(second, at), 2, right) ? 1 : 0;
        }
        assertThat(found[0]).isBetween(second.length / 4, second.length - 100);
        for (int at = 0; at < first.length; at += 5) {
            KeyedReplica aimed = new KeyedReplica("operator", new KeyGroupRange(0, GROUPS));
            aimed.aimAt(() -> new ByteArrayInputStream(second), second.length);
            byte[] wrong = damaged(first, at);
            try {
                aimed.apply(wrong, 1);
            } catch (CorruptDataException expected) {
                found[1]++;
                continue;
            }
            assertThat(isFound(aimed, second, 2, right)).isFalse();
        }
        assertThat(found[1]).isBetween(first.length / 5 / 2, first.length / 5 - 10);
    }

    private static byte[] damaged(byte[] segment, int at) {
        byte[] wrong = segment.clone();
        wrong[at] ^= (byte) (1 << at % Byte.SIZE);
        return wrong;
    }

    /** If not, the rows must be right. */
    private static boolean isFound(KeyedReplica replica, byte[] last, long checkpoint, Map<String, String> right)
            throws IOException {
        try {
            replica.apply(last, checkpoint);
        } catch (CorruptDataException expected) {
            return true;
        }
        replica.requireComplete();
        assertThat(ReplicaRows.of(replica)).isEqualTo(right);
        return false;
    }

    @Test
    void checkpointsThatFailAgainAndAgainDoNotPileUp() {
        Running running = filled();
        for (int round = 1; round <= 500; round++) {
            running.put(1, round);
            running.put(2 + round % 10, round);
            running.backend.snapshot(++running.checkpoint);
            running.backend.abort(running.checkpoint, false);
        }
        serde.written = 0;
        running.cut();
        // The eleven keys once, and the groups whose turn it is.
        assertThat(serde.written).isLessThan(11 + KEYS / 40);
        RetainedState retained = Objects.requireNonNull(running.backend.retain());
        serde.read = 0;
        assertThat(retained.tryRewind(1)).isTrue();
        assertThat(serde.read).isEqualTo(11);
    }

    @Test
    void aCutWritesNoMoreAtATimeThanItIsToldAndHoldsWhatWasThereAtItsBeginning() {
        Running running = filled();
        for (long key = 0; key < 6_000; key += 2) {
            running.put(key, 1);
        }
        KeyedCut cut = running.backend.snapshot(++running.checkpoint);
        int version = 2;
        serde.written = 0;
        int slices = 1;
        for (int before = 0; !cut.proceed(10_000); before = serde.written) {
            assertThat(serde.written - before).isLessThan(200);
            slices++;
            // Keys that are written already, that are yet to be, that are new, and that go.
            for (long key = 0; key < KEYS; key += 97) {
                running.put(key, version);
            }
            running.put(KEYS + version, version);
            running.backend.setCurrentKey((long) version);
            running.state.clear();
            serde.written = 0;
            version++;
        }
        assertThat(slices).isGreaterThan(30);
        running.chain.put(running.checkpoint, cut.bytes());
        Running restored = new Running(running.replica());
        assertThat(restored.backend.keyCount()).isEqualTo(KEYS);
        for (long key = 0; key < KEYS; key++) {
            restored.backend.setCurrentKey(key);
            assertThat(restored.state.value()).isEqualTo(value(key, key < 6_000 && key % 2 == 0 ? 1 : 0));
        }
    }

    @Test
    void aCutThatIsGivenUpIsNotGoneOnWith() {
        Running running = filled();
        running.put(1, 1);
        KeyedCut aborted = running.backend.snapshot(++running.checkpoint);
        running.backend.abort(running.checkpoint, false);
        assertThatThrownBy(() -> aborted.proceed(1)).hasMessageContaining("was given up");
        KeyedCut replaced = running.backend.snapshot(++running.checkpoint);
        assertThatThrownBy(replaced::bytes).hasMessageContaining("not complete");
        running.cutAndConfirm();
        assertThatThrownBy(() -> replaced.proceed(1)).hasMessageContaining("was given up");
        running.put(2, 2);
        running.cutAndConfirm();
        Running restored = new Running(running.replica());
        restored.backend.setCurrentKey(1L);
        assertThat(restored.state.value()).isEqualTo(value(1, 1));
    }

    @Test
    void keysThatHaveGoneLeaveNothingBehind() {
        Running running = filled();
        for (int round = 1; round <= 20; round++) {
            for (long key = 0; key < 100; key++) {
                running.put(KEYS + 1000L * round + key, round);
            }
            if (round % 3 == 0) {
                running.backend.snapshot(++running.checkpoint);
                running.backend.abort(running.checkpoint, false);
            } else {
                running.cutAndConfirm();
            }
            for (long key = 0; key < 100; key++) {
                running.backend.setCurrentKey(KEYS + 1000L * round + key);
                running.state.clear();
            }
        }
        running.cutAndConfirm();
        assertThat(((HeapRows<Long>) running.backend.rows()).rowCount()).isEqualTo(KEYS);
        Running restored = new Running(running.replica());
        assertThat(restored.backend.keyCount()).isEqualTo(KEYS);
    }

    @Test
    void aWayBackThatIsNotKnownIsDeclined() {
        Running running = filled();
        running.put(1, 1);
        running.cutAndConfirm();
        RetainedState retained = Objects.requireNonNull(running.backend.retain());
        assertThat(retained.tryRewind(1)).isFalse();
        assertThat(retained.tryRewind(3)).isFalse();
        assertThat(retained.tryRewind(2)).isTrue();
    }

    @Test
    void aChainWithAGapIsRefused() {
        Running running = filled();
        KeyedReplica following = running.replica();
        running.put(1, 1);
        running.cutAndConfirm();
        running.put(2, 2);
        byte[] third = running.cutAndConfirm().bytes();
        assertThatThrownBy(() -> following.apply(third, 3))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("at checkpoint 1, and was given what checkpoint 3 adds to checkpoint 2");
        KeyedReplica alone = new KeyedReplica("operator", new KeyGroupRange(0, GROUPS));
        alone.apply(third, 3);
        assertThatThrownBy(() -> new Running(alone))
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("lacks the segment that has key group");
        assertThatThrownBy(() -> running.replica().apply(third, 4))
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("was written for checkpoint 3, and yet belongs to checkpoint 4");
    }

    /** Their segments are written in several arrays, of which a value may be longer. */
    @Test
    void valuesAndChangesOfSeveralMegabytesComeBack() {
        Running running = new Running(KeyedOrigin.NOTHING);
        int[] lengths = {1 << 20, 0, 6 << 20, 4_194_240, 4_194_240 - 65_536, 100, 3 << 20, 5 << 20};
        for (int key = 0; key < 4 * lengths.length; key++) {
            running.backend.setCurrentKey((long) key);
            running.state.update(new byte[lengths[key % lengths.length]]);
        }
        running.cutAndConfirm();
        for (int key = 0; key < 4 * lengths.length; key += 3) {
            running.backend.setCurrentKey((long) key);
            byte[] value = Objects.requireNonNull(running.state.value());
            if (key % 2 == 0) { // Of the others, nothing is written.
                value = new byte[lengths[key % lengths.length]];
                Arrays.fill(value, (byte) key);
                running.state.update(value);
            }
        }
        assertThat(running.cutAndConfirm().base()).isEqualTo(1);
        Running restored = new Running(running.replica());
        for (int key = 0; key < 4 * lengths.length; key++) {
            byte[] wanted = new byte[lengths[key % lengths.length]];
            if (key % 6 == 0) {
                Arrays.fill(wanted, (byte) key);
            }
            restored.backend.setCurrentKey((long) key);
            assertThat(restored.state.value()).as("key %d", key).isEqualTo(wanted);
        }
    }

    @Test
    void aSegmentThatIsCutOffIsRefused() {
        Running running = filled();
        byte[] bytes = Objects.requireNonNull(running.chain.get(1L));
        for (int length : new int[] {3, 20, 200, bytes.length / 2, bytes.length - 1}) {
            KeyedReplica replica = new KeyedReplica("operator", new KeyGroupRange(0, GROUPS));
            assertThatThrownBy(() -> replica.apply(Arrays.copyOf(bytes, length), 1))
                    .isInstanceOf(CorruptDataException.class);
        }
    }
}
