package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.task.exchange.Activity;
import io.selvage.task.subtask.SubtaskHarness.Mode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Event time of a subtask that reads several splits; elements are their timestamps. */
class SplitWatermarksTest {
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final Map<String, List<Long>> LOGS = new ConcurrentHashMap<>(); // By source and split.
    private static final Set<String> ENDED = ConcurrentHashMap.newKeySet();
    private static final Map<String, Runnable> MEANWHILE = new ConcurrentHashMap<>();

    private final Logs source = new Logs("source-" + NAMES.incrementAndGet(), true);

    /** Each split is what the test has put into its log. */
    record Logs(String name, boolean readsSideBySide) implements Source<Long, Integer> {
        private String log(int split) {
            return name + "/" + split;
        }

        void put(int split, long... timestamps) {
            for (long timestamp : timestamps) {
                LOGS.computeIfAbsent(log(split), key -> new CopyOnWriteArrayList<>())
                        .add(timestamp);
            }
        }

        /** What happens while the next element of that split is on its way down the chain. */
        void meanwhile(int split, Runnable happens) {
            MEANWHILE.put(log(split), happens);
        }

        void end(int split) {
            ENDED.add(log(split));
        }

        @Override
        public Serde<Long> serde() {
            return Serdes.of(Long.class);
        }

        @Override
        public Serde<Integer> splitSerde() {
            return Serdes.of(Integer.class);
        }

        @Override
        public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
            throw new UnsupportedOperationException("the test plans");
        }

        @Override
        public SplitReader<Long> reader(Integer split, byte @Nullable [] position, SourceContext context) {
            int[] next = {position == null ? 0 : position[0]};
            return new SplitReader<>() {
                @Override
                public Status read(SourceOutput<Long> out, int maxElements) {
                    List<Long> all = LOGS.getOrDefault(log(split), List.of());
                    for (int i = 0; i < maxElements && next[0] < all.size(); i++) {
                        out.collect(all.get(next[0]++));
                        Runnable happens = MEANWHILE.remove(log(split));
                        if (happens != null) {
                            happens.run();
                        }
                    }
                    return ENDED.contains(log(split)) ? Status.END : Status.IDLE;
                }

                @Override
                public byte[] position() {
                    return new byte[] {(byte) next[0]};
                }
            };
        }
    }

    private static SubtaskHarness harness(Mode mode, Logs source, Duration idleAfter) {
        WatermarkStrategy<Long> strategy = WatermarkStrategy.monotonousTimestamps(timestamp -> timestamp);
        return new SubtaskHarness(
                mode,
                new OperatorDefinition.ReadSplits<>(source, 0),
                new OperatorDefinition.AssignTimestamps<>(
                        idleAfter.isZero() ? strategy : strategy.withIdleness(idleAfter)));
    }

    /** The planner has planned all, which it says to each new subtask; and so much time passes. */
    private static SubtaskHarness pass(SubtaskHarness harness, long millis) {
        harness.nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
        return harness.idle(true);
    }

    private static List<Object> elements(SubtaskHarness harness) {
        return harness.records().stream().map(SubtaskHarness.At::value).toList();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void theSplitThatIsBehindIsWaitedForAlsoAfterARestore(Mode mode) {
        SubtaskHarness harness = harness(mode, source, Duration.ZERO);
        harness.element(0, 0).element(1, 0);
        source.put(0, 100, 200);
        pass(pass(harness, 300), 300);
        assertThat(elements(harness)).contains(100L, 200L);
        assertThat(harness.output.lastWatermark())
                .as("nobody knows where the other begins")
                .isEqualTo(Long.MIN_VALUE);
        source.put(1, 50);
        pass(pass(harness, 300), 300);
        assertThat(harness.output.lastWatermark()).isEqualTo(49);
        source.put(1, 150);
        pass(pass(harness, 300), 300);
        assertThat(harness.output.lastWatermark()).isEqualTo(149);
        source.put(1, 1_000);
        pass(pass(harness, 300), 300);
        assertThat(harness.output.lastWatermark()).isEqualTo(199);
        source.end(0);
        pass(pass(harness, 300), 300);
        assertThat(harness.output.lastWatermark()).isEqualTo(999);
    }

    @Test
    void nothingIsReadBeforeTheSplitsOfTheStartHaveCome() {
        SubtaskHarness harness = harness(Mode.STRAIGHT, source, Duration.ZERO);
        source.put(0, 100);
        harness.element(0, 0).passMillis(1_000);
        assertThat(harness.records()).isEmpty();
        harness.element(1, 0);
        assertThat(elements(pass(harness, 0))).containsExactly(100L);
    }

    @Test
    void splitsThatAreReadSideBySideTakeTurnsAlsoWhereEachHasMore() {
        SubtaskHarness harness = new SubtaskHarness(
                Mode.STRAIGHT, new OperatorDefinition.ReadSplits<>(new SourceAndSinkTest.Numbers(0, true), 0));
        harness.element(1, 0).element(2, 0);
        pass(harness, 0);
        assertThat(elements(harness).subList(0, 6)).containsExactly(10, 11, 12, 20, 21, 22);
    }

    @Test
    void aSplitWithoutElementsIsIdleAndTheOthersAreNot() {
        SubtaskHarness harness = harness(Mode.STRAIGHT, source, Duration.ofSeconds(1));
        harness.element(0, 0).element(1, 0);
        pass(harness, 0);
        for (int i = 1; i <= 4; i++) {
            assertThat(harness.output.lastWatermark()).isEqualTo(Long.MIN_VALUE);
            source.put(0, 100 * i);
            harness.passMillis(300);
        }
        harness.passMillis(1);
        assertThat(harness.output.lastWatermark()).isEqualTo(399);
        assertThat(harness.output.controls(Activity.class)).isEmpty();

        harness.passMillis(2_000);
        assertThat(harness.output.controls(Activity.class)).containsExactly(Activity.IDLE);

        source.put(1, 50);
        harness.passMillis(300);
        assertThat(harness.output.controls(Activity.class)).containsExactly(Activity.IDLE, Activity.ACTIVE);
        source.put(0, 500);
        harness.passMillis(300);
        assertThat(harness.output.lastWatermark())
                .as("one that is active again counts where it stands")
                .isEqualTo(399);
        source.put(1, 450);
        harness.passMillis(300);
        assertThat(harness.output.lastWatermark()).isEqualTo(449);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSplitThatWasNotAskedForLongIsNotIdle(boolean isSideBySide) {
        Logs splits = new Logs(source.name(), isSideBySide);
        SubtaskHarness harness = harness(Mode.STRAIGHT, splits, Duration.ofSeconds(1));
        harness.element(0, 0).element(1, 0);
        splits.put(0, 100);
        splits.put(1, 50);
        pass(pass(harness, 300), 300);
        assertThat(harness.output.lastWatermark()).isEqualTo(49);
        for (int slow = 0; slow < 2; slow++) {
            int behind = 200 * (slow + 1);
            splits.put(slow, behind + 100);
            splits.put(1 - slow, behind);
            splits.meanwhile(slow, () -> harness.nanos.addAndGet(TimeUnit.SECONDS.toNanos(5)));
            pass(pass(harness, 300), 300);
            assertThat(harness.output.lastWatermark())
                    .as("the one that is behind had elements, and nobody asked for them")
                    .isEqualTo(behind - 1);
        }
    }

    @Test
    void aSubtaskThatHasNoSplitHoldsNothingBack() {
        SubtaskHarness harness = harness(Mode.STRAIGHT, source, Duration.ZERO);
        harness.passMillis(1_000);
        assertThat(harness.output.controls(Activity.class))
                .as("there may be some on the way")
                .isEmpty();
        pass(harness, 0);
        assertThat(harness.output.controls(Activity.class)).containsExactly(Activity.IDLE);
        source.put(0, 100);
        harness.element(0, 0);
        assertThat(harness.output.controls(Activity.class)).containsExactly(Activity.IDLE, Activity.ACTIVE);
        source.end(0);
        pass(harness, 300);
        assertThat(harness.output.lastWatermark()).isEqualTo(99);
        assertThat(harness.output.controls(Activity.class))
                .containsExactly(Activity.IDLE, Activity.ACTIVE, Activity.IDLE);
    }

    /** Elements of others would make those late that it is about to get. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSubtaskIsNotIdleForAsLongAsThePlannerHasNotAnswered(boolean isSideBySide) {
        Logs splits = new Logs(source.name(), isSideBySide);
        SubtaskHarness slow = harness(Mode.STRAIGHT, splits, Duration.ofSeconds(1));
        slow.passMillis(5_000).passMillis(5_000);
        assertThat(slow.output.controls(Activity.class)).isEmpty();
        splits.put(0, 100);
        pass(slow.element(0, 0), 0);
        slow.passMillis(300);
        assertThat(slow.output.lastWatermark()).isEqualTo(99);
        assertThat(slow.output.controls(Activity.class)).isEmpty();

        SubtaskHarness without = harness(Mode.STRAIGHT, splits, Duration.ofSeconds(1));
        without.passMillis(5_000);
        pass(without, 0);
        assertThat(without.output.controls(Activity.class).isEmpty())
                .as("of a queue the next one may come soon")
                .isEqualTo(!isSideBySide);
        without.passMillis(1_001);
        assertThat(without.output.controls(Activity.class)).containsExactly(Activity.IDLE);
    }

    private static SubtaskHarness aligned(Logs source) {
        WatermarkStrategy<Long> strategy = WatermarkStrategy.<Long>monotonousTimestamps(timestamp -> timestamp)
                .withIdleness(Duration.ofSeconds(1))
                .withWatermarkAlignment("group", Duration.ofMillis(50));
        return new SubtaskHarness(
                Mode.STRAIGHT,
                new OperatorDefinition.ReadSplits<>(source, 0),
                new OperatorDefinition.AssignTimestamps<>(strategy));
    }

    /** The others' least, as a master that is heard of again in time. */
    private static void least(SubtaskHarness harness, long millis) {
        harness.subtask().alignment().onLeast(millis, harness.nanos.get() + TimeUnit.HOURS.toNanos(1));
    }

    @Test
    void aSplitThatIsTooFarAheadOfOtherSourcesWaitsAndIsNotIdle() {
        SubtaskHarness harness = aligned(source);
        harness.element(0, 0).element(1, 0);
        source.put(0, 1_000);
        source.put(1, 100);
        pass(pass(harness, 300), 300);
        assertThat(harness.subtask().alignment().group()).isEqualTo("group");
        assertThat(harness.subtask().alignment().reachedMillis()).isEqualTo(99);
        least(harness, 60);
        source.put(0, 1_001);
        source.put(1, 110);
        harness.passMillis(300);
        assertThat(elements(harness)).containsExactlyInAnyOrder(1_000L, 100L, 110L);
        least(harness, 58);
        source.put(1, 111);
        harness.passMillis(5_000);
        assertThat(elements(harness)).as("109 is 51 ahead of 58").doesNotContain(111L);
        assertThat(harness.output.controls(Activity.class)).as("they wait").isEmpty();
        least(harness, 59);
        harness.passMillis(300);
        assertThat(elements(harness)).contains(111L).doesNotContain(1_001L);
        least(harness, 949);
        harness.passMillis(300);
        assertThat(elements(harness)).contains(1_001L);
    }

    @Test
    void withoutAMasterNobodyWaitsForLong() {
        SubtaskHarness harness = aligned(source);
        harness.element(0, 0);
        source.put(0, 1_000);
        pass(harness, 300);
        harness.subtask().alignment().onLeast(0, harness.nanos.get() + TimeUnit.SECONDS.toNanos(5));
        source.put(0, 2_000);
        harness.passMillis(4_900);
        assertThat(elements(harness)).containsExactly(1_000L);
        harness.passMillis(200);
        assertThat(elements(harness)).containsExactly(1_000L, 2_000L);
    }

    @Test
    void aQueueWaitsAsAWhole() {
        Logs queue = new Logs(source.name(), false);
        SubtaskHarness harness = aligned(queue);
        harness.element(0, 0);
        queue.put(0, 1_000);
        harness.passMillis(300);
        least(harness, 0);
        queue.put(0, 1_001);
        queue.put(1, 5);
        harness.element(1, 0).passMillis(300);
        assertThat(elements(harness)).containsExactly(1_000L);
        least(harness, Long.MAX_VALUE);
        harness.passMillis(300);
        assertThat(elements(harness)).contains(1_001L, 5L);
    }

    @Test
    void ofAQueueThatWaitsTheSplitThatIsBehindIsReadWhicheverIsNext() {
        Logs queue = new Logs(source.name(), false);
        SubtaskHarness harness = aligned(queue);
        harness.element(0, 0).element(1, 0);
        queue.put(0, 1_000);
        queue.put(1, 100);
        harness.passMillis(300).passMillis(300);
        assertThat(harness.subtask().alignment().reachedMillis()).isEqualTo(99);
        least(harness, 99);
        queue.put(0, 1_001);
        for (long timestamp = 101; timestamp < 110; timestamp++) {
            queue.put(1, timestamp);
            harness.passMillis(300);
            assertThat(elements(harness)).contains(timestamp).doesNotContain(1_001L);
        }
        assertThat(harness.subtask().alignment().reachedMillis()).isEqualTo(108);
    }

    @Test
    void nobodyWaitsForAnIdleSourceOrOneThatHasEnded() {
        SubtaskHarness harness = aligned(source);
        harness.element(0, 0);
        source.put(0, 1_000);
        pass(harness, 300);
        assertThat(harness.subtask().alignment().reachedMillis()).isEqualTo(999);
        harness.passMillis(2_000);
        assertThat(harness.subtask().alignment().reachedMillis()).isEqualTo(Long.MAX_VALUE);
        source.put(0, 1_100);
        harness.passMillis(300);
        assertThat(harness.subtask().alignment().reachedMillis()).isEqualTo(1_099);
        source.end(0);
        harness.endOfInput().passMillis(300);
        assertThat(harness.subtask().alignment().reachedMillis()).isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void ofAQueueOfSplitsThoseThatAreNotBegunAreNotWaitedFor(Mode mode) {
        Logs queue = new Logs(source.name(), false);
        SubtaskHarness harness = harness(mode, queue, Duration.ZERO);
        queue.put(0, 100);
        queue.end(0);
        harness.element(0, 0).passMillis(300).passMillis(300);
        assertThat(harness.output.lastWatermark()).isEqualTo(99);
        queue.put(1, 90, 95);
        harness.element(1, 0).passMillis(300);
        assertThat(harness.output.lastWatermark())
                .as("event time goes back for none")
                .isEqualTo(99);
        queue.put(1, 250);
        harness.passMillis(300).passMillis(300);
        assertThat(harness.output.lastWatermark()).isEqualTo(249);
    }

    @Test
    void aSubtaskThatWaitsForTheNextSplitOfAQueueIsIdleAfterAWhile() {
        Logs queue = new Logs(source.name(), false);
        SubtaskHarness harness = harness(Mode.STRAIGHT, queue, Duration.ofSeconds(1));
        queue.put(0, 100);
        queue.end(0);
        harness.idle(true).element(0, 0).passMillis(999);
        assertThat(harness.output.controls(Activity.class)).isEmpty();
        harness.passMillis(2);
        assertThat(harness.output.controls(Activity.class)).containsExactly(Activity.IDLE);
        queue.put(1, 150);
        harness.element(1, 0).passMillis(300);
        assertThat(harness.output.controls(Activity.class)).containsExactly(Activity.IDLE, Activity.ACTIVE);
        assertThat(harness.output.lastWatermark()).isEqualTo(149);
    }
}
