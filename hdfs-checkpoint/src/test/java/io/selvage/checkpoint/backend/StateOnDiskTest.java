package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
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
        private final RowKeyedStateBackend<String> backend;
        private final ValueState<Long> state;
        private final TimerQueue<String, Integer> timers;

        Running(KeyedOrigin origin) {
            backend = RowKeyedStateBackend.onDisk(
                    "operator",
                    Serdes.STRING,
                    GROUPS,
                    ALL,
                    origin,
                    InstantSource.system(),
                    new RowKeyedStateBackend.Disk(environment, 2, CHAINED));
            state = backend.states().value(new ValueStateDescriptor<>("value", Serdes.LONG));
            timers = backend.timers("timers", Serdes.INTEGER);
            backend.opened();
        }

        void put(int first, int end, long value) {
            for (int key = first; key < end; key++) {
                backend.setCurrentKey("key-" + key);
                state.update(value);
            }
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
        try (Stream<Path> left = Files.list(directory.resolve("state"))) {
            assertThat(left).isEmpty();
        }
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
