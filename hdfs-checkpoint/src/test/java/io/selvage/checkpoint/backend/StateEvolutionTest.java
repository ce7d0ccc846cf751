package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.WindowResult;
import io.selvage.api.state.AggregatingStateDescriptor;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.TimeToLive;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.CountTrigger;
import io.selvage.api.window.GlobalWindows;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.Trigger;
import io.selvage.api.window.TumblingWindows;
import io.selvage.api.window.WindowAssigner;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A new version of a program reads the rows of an old one as they are, and writes those that it uses. */
final class StateEvolutionTest {
    private static final int GROUPS = 16;
    private static final KeyGroupRange ALL = new KeyGroupRange(0, GROUPS);
    private static final int KEYS = 200;

    @TempDir
    private Path directory;

    private RowKeyedStateBackend<Integer> backend(@Nullable RocksEnvironment disk, KeyedOrigin origin) {
        return disk == null
                ? new RowKeyedStateBackend<>("operator", Serdes.INTEGER, GROUPS, ALL, origin, 0)
                : RowKeyedStateBackend.onDisk("operator", Serdes.INTEGER, GROUPS, ALL, origin, disk);
    }

    private static <T> ValueState<T> open(RowKeyedStateBackend<Integer> backend, Serde<T> serde) {
        ValueState<T> state = backend.states().value(new ValueStateDescriptor<>("state", serde));
        backend.opened();
        return state;
    }

    private KeyedOrigin origin(RocksEnvironment disk, boolean toDisk, byte[]... segments) throws IOException {
        RocksReplica replica = new RocksReplica("operator", ALL, disk);
        long checkpoint = 0;
        for (byte[] each : segments) {
            replica.apply(new ByteArrayInputStream(each), each.length, ++checkpoint);
        }
        return toDisk ? replica : replica.toHeap();
    }

    private KeyedReplica inHeap(byte[]... segments) {
        KeyedReplica replica = new KeyedReplica("operator", ALL);
        for (int i = 0; i < segments.length; i++) {
            replica.apply(segments[i], i + 1);
        }
        return replica;
    }

    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void rowsAreReadAsTheyWereWrittenAndRewrittenWhenTheyAreUsed(boolean fromDisk, boolean toDisk) throws IOException {
        RocksEnvironment disk = new RocksEnvironment(directory.resolve("state"), 1 << 20, 4_000);
        RowKeyedStateBackend<Integer> before = backend(fromDisk ? disk : null, KeyedOrigin.NOTHING);
        ValueState<Integer> ints = open(before, Serdes.INTEGER);
        for (int key = 0; key < KEYS; key++) {
            before.setCurrentKey(key);
            ints.update(-key);
        }
        byte[] written = before.snapshot(1).complete().bytes();

        RowKeyedStateBackend<Integer> now = backend(toDisk ? disk : null, origin(disk, toDisk, written));
        ValueState<Long> longs = open(now, Serdes.LONG);
        for (int key = 0; key < 10; key++) {
            now.setCurrentKey(key);
            assertThat(longs.value()).isEqualTo(-key);
        }
        now.setCurrentKey(10);
        longs.update(1L << 40);
        byte[] rewritten = now.snapshot(2).complete().bytes();

        // The next version but one finds rows of both.
        RowKeyedStateBackend<Integer> later = backend(null, origin(disk, false, written, rewritten));
        ValueState<Long> again = open(later, Serdes.LONG);
        for (int key = 0; key < KEYS; key++) {
            later.setCurrentKey(key);
            assertThat(again.value()).isEqualTo(key == 10 ? 1L << 40 : -key);
        }
        assertThat(later.keyCount()).isEqualTo(KEYS);
        // The one before finds what it can't read.
        RowKeyedStateBackend<Integer> back = backend(null, origin(disk, false, written, rewritten));
        assertThatThrownBy(() -> open(back, Serdes.INTEGER))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageStartingWith("The state \"state\" of operator operator does not fit what was written: it was"
                        + " written as i64 and is now i32. Declare it as it was");
        close(before);
        close(now);
    }

    private static void close(RowKeyedStateBackend<Integer> backend) {
        Objects.requireNonNull(backend.retain()).close();
    }

    @Test
    void aChainGoesOnWithoutBeingWrittenAnewAndIsUndoneInPlace() {
        RowKeyedStateBackend<Integer> before = backend(null, KeyedOrigin.NOTHING);
        ValueState<Integer> ints = open(before, Serdes.INTEGER);
        for (int key = 0; key < 10 * KEYS; key++) {
            before.setCurrentKey(key);
            ints.update(key);
        }
        byte[] first = before.snapshot(1).complete().bytes();
        RowKeyedStateBackend<Integer> now = backend(null, inHeap(first));
        ValueState<Long> longs = open(now, Serdes.LONG);
        now.setCurrentKey(3);
        assertThat(longs.value()).isEqualTo(3);
        KeyedCut second = now.snapshot(2).complete();
        assertThat(second.base()).isEqualTo(1);
        assertThat(second.bytes().length).isLessThan(first.length / 5);
        now.setCurrentKey(4);
        longs.update(44L);
        now.setCurrentKey(3);
        longs.update(33L);
        RetainedState retained = Objects.requireNonNull(now.retain());
        assertThat(retained.tryRewind(2)).isTrue();
        RowKeyedStateBackend<Integer> again = backend(null, retained);
        ValueState<Long> undone = open(again, Serdes.LONG);
        again.setCurrentKey(4);
        assertThat(undone.value()).isEqualTo(4);
        again.setCurrentKey(3);
        assertThat(undone.value()).isEqualTo(3);
        RowKeyedStateBackend<Integer> standby = backend(null, inHeap(first, second.bytes()));
        ValueState<Long> followed = open(standby, Serdes.LONG);
        standby.setCurrentKey(3);
        assertThat(followed.value()).isEqualTo(3);
        standby.setCurrentKey(1999);
        assertThat(followed.value()).isEqualTo(1999);
    }

    // ---- before a job starts -------------------------------------------------------------------------------------

    private static final class Before extends KeyedProcessFunction<Integer, Integer, Integer> {
        private static final long serialVersionUID = 1L;

        @Override
        public void openState(StateAccess states) {
            states.value(new ValueStateDescriptor<>("same", Integer.class));
            states.value(new ValueStateDescriptor<>("wider", Integer.class));
            states.value(new ValueStateDescriptor<>("limited", Integer.class));
            states.value(new ValueStateDescriptor<>("narrower", Long.class));
            states.value(new ValueStateDescriptor<>("other-kind", Integer.class));
            states.value(new ValueStateDescriptor<>("gone", Integer.class));
        }

        @Override
        public void process(Integer element, Context<Integer> context, Collector<Integer> out) {}
    }

    private static final class After extends KeyedProcessFunction<Integer, Integer, Integer> {
        private static final long serialVersionUID = 1L;

        @Override
        public void openState(StateAccess states) {
            states.value(new ValueStateDescriptor<>("same", Integer.class));
            states.value(new ValueStateDescriptor<>("wider", Double.class));
            states.value(new ValueStateDescriptor<>("limited", Integer.class)
                    .withTimeToLive(TimeToLive.afterWrite(Duration.ofDays(1))));
            states.value(new ValueStateDescriptor<>("narrower", Integer.class));
            states.list(new ListStateDescriptor<>("other-kind", Integer.class));
            states.value(new ValueStateDescriptor<>("new", Integer.class));
        }

        @Override
        public void process(Integer element, Context<Integer> context, Collector<Integer> out) {}
    }

    private static StateForecast forecast(Serde<Integer> keys, KeyedProcessFunction<Integer, Integer, Integer> function)
            throws Exception {
        return Objects.requireNonNull(StateForecast.of(
                "operator", new OperatorDefinition.KeyedProcess<>(element -> element, keys, function), GROUPS));
    }

    private record Summing() implements AggregateFunction<Long, Long, Long> {
        @Override
        public Long create() {
            return 0L;
        }

        @Override
        public Long add(Long sum, Long element) {
            return sum + element;
        }

        @Override
        public Long result(Long sum) {
            return sum;
        }

        @Override
        public Long merge(Long sum, Long other) {
            return sum + other;
        }
    }

    private static OperatorDefinition windows(WindowAssigner windows, @Nullable Trigger<Object> trigger) {
        return new OperatorDefinition.WindowAggregate<Integer, Long, Long, Long, Long>(
                element -> (int) (element % 10),
                Serdes.INTEGER,
                windows,
                new Summing(),
                Serdes.LONG,
                new WindowResult.Plain<>(),
                trigger,
                0,
                null);
    }

    private List<String> fates(OperatorDefinition of, StateSchema written) throws Exception {
        return Objects.requireNonNull(StateForecast.of("operator", of, GROUPS)).of(written).stream()
                .map(fate -> fate.state() + " " + fate.kind())
                .toList();
    }

    /** What windows had before there were others than tumbling ones is what those and sliding ones go on with. */
    @Test
    void windowsAndJoinsAreKnownByTheStatesThatTheyAskFor() throws Exception {
        RowKeyedStateBackend<Integer> backend = backend(null, KeyedOrigin.NOTHING);
        backend.namespaced(Serdes.LONG)
                .aggregating(new AggregatingStateDescriptor<>("window", Serdes.LONG, new Summing()));
        backend.timers("window-end", Serdes.LONG);
        backend.opened();
        byte[] segment = backend.snapshotWhole(1).complete().bytes();
        StateSchema written = StateSchema.ofSegment(new ByteArrayInputStream(segment), segment.length, "operator");
        Duration second = Duration.ofSeconds(1);
        assertThat(fates(windows(TumblingWindows.of(second), null), written))
                .containsExactly("window RESTORED", "window-end RESTORED");
        assertThat(fates(windows(SlidingWindows.of(second, second), null), written))
                .containsExactly("window RESTORED", "window-end RESTORED");
        assertThat(fates(windows(SessionWindows.withGap(second), CountTrigger.of(3)), written))
                .containsExactly(
                        "window RESTORED",
                        "window-end RESTORED",
                        "window-end-processing EMPTY",
                        "sessions EMPTY",
                        "trigger-count EMPTY");
        assertThat(fates(windows(TumblingWindows.of(second).inProcessingTime(), null), written))
                .containsExactly("window RESTORED", "window-end-processing EMPTY", "window-end DROPPED");
        assertThat(fates(join(0, 1), written))
                .containsExactly(
                        "left-timestamps EMPTY",
                        "left EMPTY",
                        "left-end EMPTY",
                        "right-timestamps EMPTY",
                        "right EMPTY",
                        "right-end EMPTY",
                        "window DROPPED",
                        "window-end DROPPED");
    }

    /** What joins keep may be in parts: that is read where none was, and is what is written from then on. */
    @Test
    void whatAJoinHasWrittenWholeIsKnownToBeReadInParts() throws Exception {
        StateSchema now = written(join(0, 1));
        StateSchema before = new StateSchema(
                now.keySchema(),
                now.maxParallelism(),
                now.sections().stream()
                        .map(section -> new StateSchema.Section(
                                section.kind(), section.name(), section.schema().replace("parts-by<", "by<")))
                        .toList());
        assertThat(before).isNotEqualTo(now);
        assertThat(fates(join(0, 1), before))
                .containsExactly(
                        "left-timestamps EVOLVED",
                        "left EVOLVED",
                        "left-end RESTORED",
                        "right-timestamps EVOLVED",
                        "right EVOLVED",
                        "right-end RESTORED");
        assertThat(fates(join(0, 1), now)).allMatch(fate -> fate.endsWith("RESTORED"));
    }

    private static StateSchema written(OperatorDefinition windows) throws Exception {
        byte[] segment = segmentOf(windows);
        return StateSchema.ofSegment(new ByteArrayInputStream(segment), segment.length, "operator");
    }

    private static byte[] segmentOf(OperatorDefinition definition) throws Exception {
        RowKeyedStateBackend<Object> backend = new RowKeyedStateBackend<>(
                "operator", asObject(Serdes.INTEGER), GROUPS, new KeyGroupRange(0, GROUPS), KeyedOrigin.NOTHING);
        obtain(definition, backend);
        backend.opened();
        return backend.snapshotWhole(1).complete().bytes();
    }

    @SuppressWarnings("unchecked")
    private static void obtain(OperatorDefinition definition, RowKeyedStateBackend<Object> backend) throws Exception {
        if (definition instanceof OperatorDefinition.IntervalJoin<?, ?, ?, ?> join) {
            JoinStates.of(backend, (OperatorDefinition.IntervalJoin<Object, Object, Object, Object>) join);
        } else {
            WindowStates.of(backend, asObjects(definition));
        }
    }

    @SuppressWarnings("unchecked")
    private static Serde<Object> asObject(Serde<?> serde) {
        return (Serde<Object>) serde;
    }

    @SuppressWarnings("unchecked")
    private static OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object> asObjects(
            OperatorDefinition windows) {
        return (OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object>) windows;
    }

    /** Without a trigger they keep panes: under the same name and schema, and yet something else. */
    @ParameterizedTest
    @CsvSource({"false", "true"})
    void slidingWindowsWithATriggerAndWithoutOneAreNotTakenForEachOther(boolean isProcessingTime) throws Exception {
        SlidingWindows ofEventTime = SlidingWindows.of(Duration.ofSeconds(2), Duration.ofSeconds(1));
        SlidingWindows sliding = isProcessingTime ? ofEventTime.inProcessingTime() : ofEventTime;
        OperatorDefinition plain = windows(sliding, null);
        OperatorDefinition triggered = windows(sliding, CountTrigger.of(3));
        assertThat(fates(plain, written(triggered))).containsExactly("#layout REFUSED");
        assertThat(fates(triggered, written(plain))).containsExactly("#layout REFUSED");
        assertThat(fates(plain, withoutLayout(written(triggered)))).containsExactly("window REFUSED");
        assertThat(fates(triggered, withoutLayout(written(plain)))).containsExactly("window REFUSED");
        assertThat(fates(plain, written(plain)))
                .doesNotContain("window REFUSED")
                .contains("window RESTORED");
        assertThat(fates(triggered, written(triggered)))
                .doesNotContain("window REFUSED")
                .contains("window RESTORED");
        StateFate refused = Objects.requireNonNull(StateForecast.of("sums", triggered, GROUPS))
                .of(withoutLayout(written(plain)))
                .get(0);
        assertThat(refused.words()).contains("sliding windows of operator sums", "without a trigger", "another uid");
        TumblingWindows tumbling = TumblingWindows.of(Duration.ofSeconds(1));
        assertThat(fates(windows(tumbling, CountTrigger.of(3)), written(windows(tumbling, null))))
                .as("each is a pane of its own")
                .contains("window RESTORED");
    }

    /** As checkpoints were before there were layouts. */
    private static StateSchema withoutLayout(StateSchema written) {
        return new StateSchema(written.keySchema(), written.maxParallelism(), written.states());
    }

    /** Without a trigger a session's timer does not go with it, and no trigger would hear of it. */
    @Test
    void sessionsWithATriggerAndWithoutOneAreNotTakenForEachOther() throws Exception {
        for (String each : List.of("session-4", "session-4-triggered")) {
            for (String now : List.of("session-2", "session-2-triggered")) {
                List<String> before = fates(windows(now), withoutLayout(written(windows(each))));
                if (each.endsWith("triggered") == now.endsWith("triggered")) {
                    assertThat(before).contains("window RESTORED", "sessions RESTORED");
                } else {
                    assertThat(before).containsExactly("window REFUSED");
                }
            }
        }
    }

    /** Checkpoints have these words: who changes them refuses what users have. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tumbling-4 | windows of 4000 ms each 4000 ms with an offset of 0 ms by event time",
                "tumbling-4-triggered | windows of 4000 ms each 4000 ms with an offset of 0 ms by event time",
                "tumbling-4-offset | windows of 4000 ms each 4000 ms with an offset of 1000 ms by event time",
                "processing-4 | windows of 4000 ms each 4000 ms with an offset of 0 ms by processing time",
                "sliding-4-4 | windows of 4000 ms each 4000 ms with an offset of 0 ms by event time",
                "sliding-4-2 | windows of 4000 ms each 2000 ms with an offset of 0 ms by event time, in panes",
                "sliding-4-2-triggered | windows of 4000 ms each 2000 ms with an offset of 0 ms by event time",
                "session-4 | sessions by event time",
                "session-4-triggered | sessions by event time, with a trigger",
                "global-triggered | global windows",
                "join | a join of elements from -5 ms to 10 ms apart"
            })
    void layoutsHaveTheseWordsForEver(String named, String words) throws Exception {
        OperatorDefinition definition = named.equals("join") ? join(-5, 10) : windows(named);
        byte[] segment = segmentOf(definition);
        StateSchema schema = StateSchema.ofSegment(new ByteArrayInputStream(segment), segment.length, "operator");
        assertThat(schema.sections())
                .filteredOn(section -> section.name().startsWith("#layout"))
                .containsExactly(new StateSchema.Section(StateSchema.Kind.LAYOUT, "#layout", words));
        assertThat(StateSchema.Kind.LAYOUT.ordinal()).as("as it is written").isEqualTo(3);
        assertThat(ByteBuffer.wrap(segment).getInt(Integer.BYTES))
                .as("its format")
                .isEqualTo(9);
    }

    private static OperatorDefinition join(long lowerMillis, long upperMillis) {
        return new OperatorDefinition.IntervalJoin<Integer, Long, Long, Long>(
                element -> 1,
                element -> 1,
                Serdes.INTEGER,
                Serdes.LONG,
                Serdes.LONG,
                lowerMillis,
                upperMillis,
                new Adding(),
                null,
                null);
    }

    @ParameterizedTest
    @CsvSource({
        // what was written, what the program has, whether that goes on
        "tumbling-4,tumbling-4,true",
        "tumbling-4,tumbling-2,false",
        "tumbling-4,tumbling-4-offset,false",
        "tumbling-4,sliding-4-4,true",
        "tumbling-4,sliding-4-2,false",
        "tumbling-4,processing-4,false",
        "tumbling-4,session-4,false",
        "sliding-4-2,sliding-4-2,true",
        "sliding-4-2,sliding-6-2,false",
        "sliding-4-2,sliding-4-1,false",
        "sliding-4-2,tumbling-4,false",
        "tumbling-4,tumbling-4-triggered,true",
        "tumbling-4-triggered,tumbling-4,true",
        "sliding-4-2,sliding-4-2-triggered,false",
        "sliding-4-2-triggered,sliding-4-2,false",
        "session-4,session-2,true",
        "session-4-triggered,session-2-triggered,true",
        "session-4,session-4-triggered,false",
        "session-4-triggered,session-4,false",
        "session-4,tumbling-4,false"
    })
    void windowsGoOnWithWhatWasWrittenForTheSameOnesAlone(String before, String now, boolean goesOn) throws Exception {
        assertGoesOn(windows(before), windows(now), goesOn);
    }

    private static OperatorDefinition windows(String triggered) {
        String named = triggered.replace("-triggered", "");
        Duration two = Duration.ofSeconds(2);
        Duration four = Duration.ofSeconds(4);
        return windows(
                switch (named) {
                    case "tumbling-2" -> TumblingWindows.of(two);
                    case "tumbling-4" -> TumblingWindows.of(four);
                    case "tumbling-4-offset" -> TumblingWindows.of(four, Duration.ofSeconds(1));
                    case "processing-4" -> TumblingWindows.of(four).inProcessingTime();
                    case "sliding-4-4" -> SlidingWindows.of(four, four);
                    case "sliding-4-2" -> SlidingWindows.of(four, two);
                    case "sliding-4-1" -> SlidingWindows.of(four, Duration.ofSeconds(1));
                    case "sliding-6-2" -> SlidingWindows.of(Duration.ofSeconds(6), two);
                    case "session-2" -> SessionWindows.withGap(two);
                    case "session-4" -> SessionWindows.withGap(four);
                    case "global" -> GlobalWindows.create();
                    default -> throw new IllegalArgumentException(named);
                },
                triggered.equals(named) ? null : CountTrigger.of(3));
    }

    @ParameterizedTest
    @CsvSource({"-5,10,true", "-4,10,false", "-5,11,false", "-4,11,false"})
    void aJoinGoesOnWithWhatWasWrittenForTheSameIntervalAlone(long lowerMillis, long upperMillis, boolean goesOn)
            throws Exception {
        assertGoesOn(join(-5, 10), join(lowerMillis, upperMillis), goesOn);
    }

    /** The client finds by the schema what the task would find with the state at hand. */
    private void assertGoesOn(OperatorDefinition before, OperatorDefinition now, boolean goesOn) throws Exception {
        byte[] segment = segmentOf(before);
        StateSchema written = StateSchema.ofSegment(new ByteArrayInputStream(segment), segment.length, "sums");
        List<StateFate> refused = Objects.requireNonNull(StateForecast.of("sums", now, GROUPS)).of(written).stream()
                .filter(fate -> fate.kind() == StateFate.Kind.REFUSED)
                .toList();
        RowKeyedStateBackend<Object> opening = new RowKeyedStateBackend<>(
                "sums", asObject(Serdes.INTEGER), GROUPS, new KeyGroupRange(0, GROUPS), inHeap(segment));
        if (goesOn) {
            assertThat(refused).isEmpty();
            obtain(now, opening);
            opening.opened();
            return;
        }
        assertThat(refused).hasSize(1);
        assertThat(refused.get(0).words()).contains("The state of operator sums was written for", "another uid");
        assertThatThrownBy(() -> obtain(now, opening))
                .isInstanceOf(StateMismatchException.class)
                .hasMessage(refused.get(0).words());
    }

    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void aLayoutIsASectionBesideThoseThatRowsHave(boolean fromDisk, boolean toDisk) throws IOException {
        RocksEnvironment disk = new RocksEnvironment(directory.resolve("state"), 1 << 20, 4_000);
        RowKeyedStateBackend<Integer> before = backend(fromDisk ? disk : null, KeyedOrigin.NOTHING);
        before.layout("these");
        ValueState<Integer> kept = open(before, Serdes.INTEGER);
        before.setCurrentKey(7);
        kept.update(70);
        byte[] written = before.snapshot(1).complete().bytes();
        assertThat(ByteBuffer.wrap(written).getInt(Integer.BYTES))
                .as("earlier versions know no such format")
                .isGreaterThan(4);

        // With one more state the layout is in the midst of the sections.
        RowKeyedStateBackend<Integer> now = backend(toDisk ? disk : null, origin(disk, toDisk, written));
        now.layout("these");
        ValueState<Integer> added = now.states().value(new ValueStateDescriptor<>("added", Serdes.INTEGER));
        ValueState<Integer> same = open(now, Serdes.INTEGER);
        now.setCurrentKey(7);
        assertThat(same.value()).isEqualTo(70);
        added.update(71);
        byte[] second = now.snapshot(2).complete().bytes();
        assertThat(StateSchema.ofSegment(new ByteArrayInputStream(second), second.length, "operator")
                        .sections())
                .contains(new StateSchema.Section(StateSchema.Kind.LAYOUT, "#layout", "these"));

        // Who has no layout lets it pass, and a checkpoint from before there were any fits each.
        RowKeyedStateBackend<Integer> without = backend(null, origin(disk, false, written, second));
        ValueState<Integer> first = without.states().value(new ValueStateDescriptor<>("added", Serdes.INTEGER));
        ValueState<Integer> last = without.states().value(new ValueStateDescriptor<>("state", Serdes.INTEGER));
        assertThat(without.opened()).isEmpty();
        without.setCurrentKey(7);
        assertThat(first.value()).isEqualTo(71);
        assertThat(last.value()).isEqualTo(70);
        RowKeyedStateBackend<Integer> other = backend(null, origin(disk, false, written, second));
        assertThatThrownBy(() -> other.layout("others"))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("was written for these, and the program has others there");
        byte[] old = without.snapshotWhole(3).complete().bytes();
        assertThat(ByteBuffer.wrap(old).getInt(Integer.BYTES)).isEqualTo(Segment.VERSION);
        KeyedReplica ofOld = new KeyedReplica("operator", ALL);
        ofOld.apply(old, 3);
        RowKeyedStateBackend<Integer> fits = backend(null, ofOld);
        fits.layout("others");
        ValueState<Integer> read = open(fits, Serdes.INTEGER);
        fits.setCurrentKey(7);
        assertThat(read.value()).isEqualTo(70);
        close(before);
        close(now);
        close(fits);
    }

    private static final class Adding extends ProcessJoinFunction<Long, Long, Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(Long left, Long right, Context context, Collector<Long> out) {
            out.collect(left + right);
        }
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void whatBecomesOfEachStateIsToldFromTheHeadOfASegment(boolean onDisk) throws Exception {
        RocksEnvironment disk = onDisk ? new RocksEnvironment(directory.resolve("state"), 1 << 20, 4_000) : null;
        RowKeyedStateBackend<Integer> backend = backend(disk, KeyedOrigin.NOTHING);
        backend.timers(StateForecast.PROCESS_TIMERS, NoNamespace.SERDE);
        new Before().openState(backend.states());
        backend.opened();
        byte[] segment = backend.snapshotWhole(1).complete().bytes();
        StateSchema written = StateSchema.ofSegment(new ByteArrayInputStream(segment), segment.length, "operator");
        List<StateFate> fates = forecast(Serdes.INTEGER, new After()).of(written);
        assertThat(fates.stream().map(fate -> fate.state() + " " + fate.kind()))
                .containsExactly(
                        "#timers RESTORED",
                        "#processing-timers EMPTY",
                        "same RESTORED",
                        "wider EVOLVED",
                        "limited EVOLVED",
                        "narrower REFUSED",
                        "other-kind REFUSED",
                        "new EMPTY",
                        "gone DROPPED");
        assertThat(fates.get(3).words()).isEqualTo("written as value<i32>, and now value<f64>");
        assertThat(fates.get(6).words())
                .contains("\"other-kind\" of operator operator", "was written as value<i32> and is now list<i32>");
        List<StateFate> keys =
                forecast(new SchemaSerde<>("k", Serdes.INTEGER), new Before()).of(written);
        assertThat(keys).hasSize(1);
        assertThat(keys.get(0).words())
                .contains("The keys of operator operator were written as i32 and are now k<i32>");
        close(backend);
    }

    @Test
    void theHeadOfASegmentMayBeLargerThanWhatIsReadAtOnce() throws IOException {
        RowKeyedStateBackend<Integer> backend = backend(null, KeyedOrigin.NOTHING);
        for (int i = 0; i < 5000; i++) {
            backend.states().value(new ValueStateDescriptor<>("a-state-with-a-name-of-its-own-" + i, Integer.class));
        }
        backend.opened();
        byte[] segment = backend.snapshotWhole(1).complete().bytes();
        assertThat(segment.length).isGreaterThan(200_000);
        assertThat(StateSchema.ofSegment(new ByteArrayInputStream(segment), segment.length, "operator")
                        .sections())
                .hasSize(5000);
    }
}
