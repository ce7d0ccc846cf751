package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.state.AggregatingState;
import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.TimeToLive;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What has expired is not there any more, and takes no room, whether its key comes back or not. */
final class TimeToLiveTest {
    private static final int GROUPS = 16;
    private static final KeyGroupRange ALL = new KeyGroupRange(0, GROUPS);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final TimeToLive AN_HOUR_AFTER_WRITE = TimeToLive.afterWrite(HOUR);
    private static final ValueStateDescriptor<byte[]> PLAIN = new ValueStateDescriptor<>("state", Serdes.BYTES);

    @TempDir
    private Path directory;

    private final ManualClock clock = new ManualClock();
    private @Nullable RocksEnvironment disk;

    private static final class ManualClock implements InstantSource {
        private Instant now = Instant.parse("2026-11-26T00:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }

        void advance(Duration by) {
            now = now.plus(by);
        }
    }

    private RocksEnvironment disk() {
        RocksEnvironment known =
                disk == null ? new RocksEnvironment(directory.resolve("state"), 1 << 20, 40_000) : disk;
        disk = known;
        return known;
    }

    private RowKeyedStateBackend<String> backend(boolean onDisk, KeyedOrigin origin) {
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

    /** A backend with one state, and the chain of its last confirmed checkpoint. */
    private final class Running {
        private final boolean onDisk;
        private final RowKeyedStateBackend<String> backend;
        private final ValueState<byte[]> state;
        private final TreeMap<Long, byte[]> chain = new TreeMap<>();
        private long checkpoint;

        Running(boolean onDisk, ValueStateDescriptor<byte[]> descriptor, KeyedOrigin origin, long checkpoint) {
            this.onDisk = onDisk;
            this.checkpoint = checkpoint;
            backend = backend(onDisk, origin);
            state = backend.states().value(descriptor);
            backend.opened();
        }

        void put(String key) {
            backend.setCurrentKey(key);
            state.update(new byte[100]);
        }

        byte @Nullable [] get(String key) {
            backend.setCurrentKey(key);
            return state.value();
        }

        void cutAndConfirm() {
            KeyedCut cut = backend.snapshot(++checkpoint).complete();
            byte[] bytes = cut.bytes();
            chain.headMap(cut.base() == 0 ? Long.MAX_VALUE : cut.oldestNeeded(), false)
                    .clear();
            chain.put(checkpoint, bytes);
            backend.confirm(checkpoint);
        }

        Running restored(boolean toDisk, ValueStateDescriptor<byte[]> descriptor) {
            StateReplica replica =
                    onDisk || toDisk ? new RocksReplica("operator", ALL, disk()) : new KeyedReplica("operator", ALL);
            try {
                for (Map.Entry<Long, byte[]> each : chain.entrySet()) {
                    replica.apply(new ByteArrayInputStream(each.getValue()), each.getValue().length, each.getKey());
                }
                StateReplica inPlace = !toDisk && replica instanceof RocksReplica files ? files.toHeap() : replica;
                return new Running(toDisk, descriptor, inPlace, checkpoint);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void close() {
            Objects.requireNonNull(backend.retain()).close();
        }
    }

    private Running running(boolean onDisk) {
        return new Running(onDisk, PLAIN.withTimeToLive(AN_HOUR_AFTER_WRITE), KeyedOrigin.NOTHING, 0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void keysThatNeverComeBackLeaveNothingBehind(boolean onDisk) throws IOException {
        int keysPerRound = 400;
        int roundsPerHour = 10;
        Running running = running(onDisk);
        for (int round = 1; round <= 120; round++) {
            for (int key = 0; key < keysPerRound; key++) {
                running.put("key-" + round + "-" + key);
            }
            running.cutAndConfirm();
            clock.advance(HOUR.dividedBy(roundsPerHour));
            if (round % 20 == 0) {
                // A third more than lives is there as a rule.
                assertThat(running.backend.keyCount()).isLessThan(2 * keysPerRound * roundsPerHour);
            }
        }
        int living = keysPerRound * (roundsPerHour - 1) * 100;
        long chained =
                running.chain.values().stream().mapToLong(bytes -> bytes.length).sum();
        assertThat(chained).isLessThan(onDisk ? 16L * living : 8L * living);
        if (onDisk) {
            running.cutAndConfirm();
            assertThat(databaseBytes()).isLessThan(8L * living);
        } else {
            assertThat(((HeapRows<String>) running.backend.rows()).rowCount())
                    .isLessThan(2 * keysPerRound * roundsPerHour);
        }
        running.close();
    }

    private long databaseBytes() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(
                            each -> each.getParent().getFileName().toString().startsWith("db-"))
                    .mapToLong(each -> each.toFile().length())
                    .sum();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatWasRestoredGoesWhenItHasExpiredThoughNoneOfItIsUsed(boolean onDisk) {
        Running before = running(onDisk);
        for (int key = 0; key < 3000; key++) {
            before.put("key-" + key);
        }
        before.cutAndConfirm();
        Running running = before.restored(onDisk, PLAIN.withTimeToLive(AN_HOUR_AFTER_WRITE));
        clock.advance(HOUR.minusMillis(1));
        assertThat(running.get("key-7")).isNotNull();
        for (int cut = 0; cut < 5; cut++) {
            running.cutAndConfirm();
        }
        assertThat(running.backend.keyCount()).isEqualTo(3000);
        clock.advance(Duration.ofMillis(1));
        for (int cut = 0; cut < 8; cut++) {
            running.cutAndConfirm();
        }
        assertThat(running.backend.keyCount()).isZero();
        assertThat(running.restored(onDisk, PLAIN).backend.keyCount()).isZero();
        before.close();
        running.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aTimeToLiveThatIsNewCountsFromTheRestore(boolean onDisk) {
        Running before = new Running(onDisk, PLAIN, KeyedOrigin.NOTHING, 0);
        before.put("a");
        before.put("b");
        before.cutAndConfirm();
        clock.advance(HOUR.multipliedBy(5));
        Running limited = before.restored(onDisk, PLAIN.withTimeToLive(AN_HOUR_AFTER_WRITE));
        clock.advance(HOUR.minusMillis(1));
        assertThat(limited.get("a")).hasSize(100);
        limited.cutAndConfirm();
        clock.advance(Duration.ofMillis(1));
        assertThat(limited.get("a")).isNull();
        limited.cutAndConfirm();
        limited.cutAndConfirm();
        assertThat(limited.backend.keyCount()).isZero();
        before.close();
        limited.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aTimeToLiveMayBeTakenAwayAndItsDurationMayChange(boolean onDisk) {
        Running before = running(onDisk);
        before.put("a");
        before.cutAndConfirm();
        clock.advance(HOUR.dividedBy(2));
        Running longer = before.restored(!onDisk, PLAIN.withTimeToLive(TimeToLive.afterWrite(HOUR.multipliedBy(2))));
        clock.advance(HOUR);
        assertThat(longer.get("a")).hasSize(100);
        longer.cutAndConfirm();
        Running unlimited = longer.restored(onDisk, PLAIN);
        clock.advance(HOUR.multipliedBy(100));
        assertThat(unlimited.get("a")).hasSize(100);
        before.close();
        longer.close();
        unlimited.close();
    }

    @Test
    void whatCountsAsAUse() throws Exception {
        RowKeyedStateBackend<String> backend = backend(false, KeyedOrigin.NOTHING);
        TimeToLive afterUse = TimeToLive.afterReadOrWrite(HOUR);
        ValueState<byte[]> written = backend.states().value(PLAIN.withTimeToLive(AN_HOUR_AFTER_WRITE));
        ValueState<Long> read =
                backend.states().value(new ValueStateDescriptor<>("read", Serdes.LONG).withTimeToLive(afterUse));
        ListState<Long> list = backend.states()
                .list(new ListStateDescriptor<>("list", Serdes.LONG).withTimeToLive(AN_HOUR_AFTER_WRITE));
        MapState<String, Long> map = backend.states()
                .map(new MapStateDescriptor<>("map", Serdes.STRING, Serdes.LONG).withTimeToLive(afterUse));
        AggregatingState<Long, Long> sum = backend.states()
                .aggregating(new AggregatingStateDescriptor<>("sum", Serdes.list(Serdes.LONG), new InPlace())
                        .withTimeToLive(AN_HOUR_AFTER_WRITE));
        backend.opened();
        backend.setCurrentKey("a");
        written.update(new byte[1]);
        read.update(1L);
        list.add(1L);
        map.put("x", 1L);
        map.put("y", 1L);
        assertThat(sum.add(1L)).isTrue();
        clock.advance(Duration.ofMinutes(40));
        assertThat(written.value()).isNotNull();
        assertThat(read.value()).isEqualTo(1);
        assertThat(map.get("x")).isEqualTo(1);
        list.add(2L);
        assertThat(sum.add(2L)).isFalse();
        clock.advance(Duration.ofMinutes(40));
        assertThat(written.value()).isNull();
        assertThat(read.value()).isEqualTo(1);
        assertThat(list.elements()).containsExactly(2L);
        assertThat(map.get("y")).isNull();
        assertThat(map.entries()).containsExactly(Map.entry("x", 1L));
        assertThat(sum.result()).isEqualTo(3);
        clock.advance(Duration.ofMinutes(59));
        assertThat(map.isEmpty()).isFalse();
        clock.advance(Duration.ofMinutes(1));
        assertThat(map.isEmpty()).isTrue();
        assertThat(sum.result()).isNull();
        assertThat(list.elements()).isEmpty();
        assertThat(read.value()).isNull();
        assertThat(backend.keyCount()).isZero();
    }

    private static final class InPlace implements AggregateFunction<Long, List<Long>, Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public List<Long> create() {
            return new ArrayList<>();
        }

        @Override
        public List<Long> add(List<Long> accumulator, Long element) {
            accumulator.add(element);
            return accumulator;
        }

        @Override
        public Long result(List<Long> accumulator) {
            return accumulator.stream().mapToLong(Long::longValue).sum();
        }
    }

    @Test
    void aClockThatIsSetBackLosesNothingAndReturnsNothingThatHasExpired() {
        RowKeyedStateBackend<String> backend = backend(false, KeyedOrigin.NOTHING);
        ListState<Long> list = backend.states()
                .list(new ListStateDescriptor<>("list", Serdes.LONG).withTimeToLive(AN_HOUR_AFTER_WRITE));
        MapState<String, Long> map = backend.states()
                .map(new MapStateDescriptor<>("map", Serdes.STRING, Serdes.LONG).withTimeToLive(AN_HOUR_AFTER_WRITE));
        backend.opened();
        backend.setCurrentKey("a");
        clock.advance(HOUR);
        list.add(1L);
        map.put("later", 1L);
        clock.advance(HOUR.negated());
        list.add(2L);
        map.put("earlier", 2L);
        clock.advance(HOUR);
        assertThat(list.elements()).containsExactly(1L, 2L);
        assertThat(map.get("earlier")).isNull();
        assertThat(map.entries()).containsExactly(Map.entry("later", 1L));
    }

    @Test
    void windowsHaveNoTimeToLive() {
        RowKeyedStateBackend<String> backend = backend(false, KeyedOrigin.NOTHING);
        assertThatThrownBy(() -> backend.namespaced(Serdes.LONG).value(PLAIN.withTimeToLive(AN_HOUR_AFTER_WRITE)))
                .hasMessageContaining("\"state\" of operator operator has namespaces");
        assertThatThrownBy(() -> TimeToLive.afterWrite(Duration.ZERO)).hasMessageContaining("at least a millisecond");
    }
}
