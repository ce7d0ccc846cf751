package io.selvage.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.BroadcastProcessFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedBroadcastProcessFunction;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.window.TumblingWindows;
import io.selvage.connector.memory.ElementSource;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LocalEnvironmentTest {
    private static final int EVENTS = 20_000;
    private static final long WINDOW_MILLIS = 1_000;
    private static final Predicate<String> OWN_THREAD =
            Pattern.compile("^(job|local|master)-").asPredicate();

    record Event(String key, long timeMillis, long value) {
        static Event of(long number) {
            return new Event("key-" + number % 7, number * 3 + number * 31 % 50, number % 100);
        }
    }

    record Sum(String key, long startMillis, long sum) {}

    record Numbered(String key, long count) {}

    static final class Summing implements AggregateFunction<Event, Long, Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public Long create() {
            return 0L;
        }

        @Override
        public Long add(Long accumulator, Event event) {
            return accumulator + event.value();
        }

        @Override
        public Long result(Long accumulator) {
            return accumulator;
        }
    }

    /** Numbers the elements of each key. */
    static final class Numbering extends KeyedProcessFunction<String, Event, Numbered> {
        private static final long serialVersionUID = 1L;
        private transient ValueState<Long> count;

        @Override
        public void openState(StateAccess states) {
            count = states.value(new ValueStateDescriptor<>("count", Long.class));
        }

        @Override
        public void process(Event event, Context<String> context, Collector<Numbered> out) {
            Long before = count.value();
            long now = before == null ? 1 : before + 1;
            count.update(now);
            out.collect(new Numbered(context.key(), now));
        }
    }

    private static List<Sum> oracle() {
        Map<String, Map<Long, Long>> sums = new TreeMap<>();
        for (long number = 0; number < EVENTS; number++) {
            Event event = Event.of(number);
            sums.computeIfAbsent(event.key(), key -> new TreeMap<>())
                    .merge(event.timeMillis() / WINDOW_MILLIS * WINDOW_MILLIS, event.value(), Long::sum);
        }
        List<Sum> all = new ArrayList<>();
        sums.forEach((key, byStart) -> byStart.forEach((start, sum) -> all.add(new Sum(key, start, sum))));
        return all;
    }

    /** For each key 1, 2, 3 and so on, each once. */
    private static List<Numbered> allNumbered(int events) {
        return LongStream.range(0, events)
                .mapToObj(number -> new Numbered("key-" + number % 7, number / 7 + 1))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"heap", "rocksdb"})
    void aBoundedJobWithWindowsGivesWhatAnOracleGives(String backend) {
        try (LocalEnvironment local = LocalEnvironment.builder()
                .parallelism(3)
                .set("selvage.state.backend", backend)
                .set("selvage.checkpoint.interval", "20ms")
                .start()) {
            CollectSink<Sum> sums = CollectSink.of(Sum.class);
            StreamEnvironment env = local.streams();
            env.from(ElementSource.generate(Event.class, EVENTS, Event::of).splits(3), "events")
                    .assignTimestamps(WatermarkStrategy.boundedOutOfOrderness(Duration.ofHours(1), Event::timeMillis))
                    .keyBy(Event::key)
                    .window(TumblingWindows.of(Duration.ofMillis(WINDOW_MILLIS)))
                    .aggregate(new Summing(), (key, window, sum) -> new Sum(key, window.startMillis(), sum))
                    .uid("sums")
                    .sinkTo(sums, "out");
            env.execute("sums");
            assertThat(sums.results()).containsExactlyInAnyOrderElementsOf(oracle());
        }
    }

    /** Elements before this time never fail. */
    private static final long FAILING_MILLIS = 4_500;

    private static final AtomicInteger FAILURES_LEFT = new AtomicInteger();

    private static void number(StreamEnvironment env, int events, double perSecond, CollectSink<Numbered> out) {
        env.from(ElementSource.generate(Event.class, events, Event::of), "events", perSecond)
                .map(event -> {
                    if (event.value() == 50
                            && event.timeMillis() > FAILING_MILLIS
                            && FAILURES_LEFT.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                        throw new IllegalStateException("just now");
                    }
                    return event;
                })
                .keyBy(Event::key)
                .process(new Numbering())
                .uid("numbering")
                .sinkTo(out, "out");
    }

    @Test
    void aFailingFunctionIsRestartedFromTheLastCheckpointAndEachElementTakesEffectOnce() {
        FAILURES_LEFT.set(2);
        try (LocalEnvironment local = LocalEnvironment.builder()
                .parallelism(2)
                .set("selvage.restart.delay", "10ms")
                .set("selvage.checkpoint.interval", "20ms")
                .start()) {
            CollectSink<Numbered> numbered = CollectSink.of(Numbered.class);
            StreamEnvironment env = local.streams();
            number(env, 3_000, 3_000, numbered);
            // It fails half a second after its start, and then there have been checkpoints.
            JobDescription end = local.submit(env.graph("numbering")).awaitFinished();
            assertThat(end.getRestarts()).isEqualTo(2);
            assertThat(end.getFailure().getMessage()).contains("map", "just now");
            assertThat(numbered.results()).containsExactlyInAnyOrderElementsOf(allNumbered(3_000));
        }
    }

    @Test
    void aJobGoesOnFromASavepointAtAnotherParallelism(@TempDir Path savepoints) {
        FAILURES_LEFT.set(0);
        CollectSink<Numbered> numbered = CollectSink.of(Numbered.class);
        String savepoint;
        try (LocalEnvironment local = LocalEnvironment.builder().parallelism(2).start()) {
            StreamEnvironment env = local.streams();
            number(env, 3_000, 200, numbered); // That would be fifteen seconds.
            LocalJob job = local.submit(env.graph("numbering"));
            while (numbered.results().isEmpty()) {
                job.checkpoint();
            }
            savepoint = job.stopWithSavepoint(savepoints.toString());
            assertThat(job.describe().getPhase()).isEqualTo(JobPhase.FINISHED);
        }
        assertThat(numbered.results()).isNotEmpty().hasSizeLessThan(3_000);
        try (LocalEnvironment local =
                LocalEnvironment.builder().parallelism(3).from(savepoint).start()) {
            StreamEnvironment env = local.streams();
            number(env, 3_000, 0, numbered);
            env.execute("numbering, wider");
        }
        assertThat(numbered.results()).containsExactlyInAnyOrderElementsOf(allNumbered(3_000));
    }

    @Test
    void aSavepointThatDoesNotFitIsRefusedWithTheReason(@TempDir Path savepoints) {
        FAILURES_LEFT.set(0);
        String savepoint;
        try (LocalEnvironment local = LocalEnvironment.start()) {
            StreamEnvironment env = local.streams();
            number(env, 1_000_000, 1_000, CollectSink.of(Numbered.class));
            savepoint = local.submit(env.graph("numbering")).savepoint(savepoints.toString());
        }
        try (LocalEnvironment local = LocalEnvironment.builder().from(savepoint).start()) {
            StreamEnvironment env = local.streams();
            env.from(ElementSource.of(String.class, "a"), "other").sinkTo(CollectSink.of(String.class), "out");
            assertThatThrownBy(() -> env.execute("another program"))
                    .isInstanceOf(JobFailedException.class)
                    .hasMessageContainingAll(savepoint.replace("file://", ""), "numbering");
        }
    }

    private static final MapStateDescriptor<String, Long> RULES =
            new MapStateDescriptor<>("rules", String.class, Long.class);

    /** Numbers elements as {@link Numbering}, once there is a rule. */
    static final class Ruled extends KeyedBroadcastProcessFunction<String, Event, String, Numbered> {
        private static final long serialVersionUID = 1L;
        private transient ValueState<Long> count;

        @Override
        public void openState(StateAccess states) {
            count = states.value(new ValueStateDescriptor<>("count", Long.class));
        }

        @Override
        public void process(Event event, ReadOnlyContext<String> context, Collector<Numbered> out) throws Exception {
            if (context.broadcastState(RULES).contains("rule")) {
                count.update(1L);
                out.collect(new Numbered(context.key(), 1));
            }
        }

        @Override
        public void processBroadcast(String rule, BroadcastProcessFunction.Context context, Collector<Numbered> out)
                throws Exception {
            context.broadcastState(RULES).put(rule, 1L);
        }
    }

    private static void submitWithoutRules(LocalEnvironment local) {
        StreamEnvironment env = local.streams();
        number(env, 1_000, 0, CollectSink.of(Numbered.class));
        env.from(ElementSource.of(String.class, "rule"), "rules").sinkTo(CollectSink.of(String.class), "rules-out");
        env.execute("without rules");
    }

    @Test
    void broadcastStateThatTheProgramHasNoUseForIsDroppedOnlyOnDemand(@TempDir Path savepoints) {
        FAILURES_LEFT.set(0);
        String savepoint;
        try (LocalEnvironment local = LocalEnvironment.builder().parallelism(2).start()) {
            StreamEnvironment env = local.streams();
            CollectSink<Numbered> ruled = CollectSink.of(Numbered.class);
            var rules = env.from(ElementSource.of(String.class, "rule"), "rules");
            env.from(ElementSource.generate(Event.class, 1_000_000, Event::of), "events", 500)
                    .keyBy(Event::key)
                    .connect(rules.broadcast(RULES))
                    .process(new Ruled())
                    .uid("numbering")
                    .sinkTo(ruled, "out");
            LocalJob job = local.submit(env.graph("ruled"));
            while (ruled.results().isEmpty()) {
                job.checkpoint();
            }
            savepoint = job.stopWithSavepoint(savepoints.toString());
        }
        try (LocalEnvironment local =
                LocalEnvironment.builder().parallelism(2).from(savepoint).start()) {
            assertThatThrownBy(() -> submitWithoutRules(local))
                    .isInstanceOf(JobFailedException.class)
                    .hasMessageContainingAll("numbering/rules (broadcast state)", "--allow-dropped-state");
        }
        try (LocalEnvironment local = LocalEnvironment.builder()
                .parallelism(3)
                .from(savepoint)
                .allowDroppedState()
                .start()) {
            submitWithoutRules(local);
        }
    }

    @Test
    void anEndlessJobRunsUntilItIsCanceled() {
        try (LocalEnvironment local = LocalEnvironment.start()) {
            StreamEnvironment env = local.streams();
            env.from(ElementSource.endless(Long.class, number -> number), "numbers", 1_000)
                    .sinkTo(CollectSink.of(Long.class), "out");
            LocalJob job = local.submit(env.graph("endless"));
            job.checkpoint();
            assertThat(job.cancel().getPhase()).isEqualTo(JobPhase.CANCELED);
            assertThatThrownBy(job::awaitFinished).hasMessageContaining("canceled");
        }
    }

    @Test
    void aJobThatFailsForGoodNamesOperatorAndElement() {
        try (LocalEnvironment local =
                LocalEnvironment.builder().set("selvage.restart.policy", "none").start()) {
            StreamEnvironment env = local.streams();
            env.from(ElementSource.of(String.class, "1", "2", "three"), "texts")
                    .map(Integer::parseInt)
                    .name("parse")
                    .sinkTo(CollectSink.of(Integer.class), "out");
            assertThatThrownBy(() -> env.execute("parsing"))
                    .isInstanceOf(JobFailedException.class)
                    .hasMessageContainingAll(
                            "\"parsing\" has failed", "parse (1/1)", "element three", "NumberFormatException");
        }
    }

    @Test
    void aSettingThatThereIsNotIsRefusedAtOnce() {
        assertThatThrownBy(() -> LocalEnvironment.builder()
                        .set("selvage.checkpoint.intervall", "1s")
                        .start())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("selvage.checkpoint.interval");
    }

    @Test
    void aProgramThatNobodyHasStartedRunsHere() {
        CollectSink<Integer> lengths = CollectSink.of(Integer.class);
        StreamEnvironment env = StreamEnvironment.create();
        env.from(ElementSource.of(String.class, "a", "bb", "ccc"), "texts")
                .map(String::length)
                .sinkTo(lengths, "out");
        env.execute("lengths");
        assertThat(lengths.results()).containsExactly(1, 2, 3);
    }

    @Test
    void aProgramsMainRunsAsItIsWithTheEnvironmentsSettings() throws Exception {
        CollectSink<Integer> lengths = CollectSink.of(Integer.class);
        try (LocalEnvironment local = LocalEnvironment.builder().parallelism(5).start()) {
            local.run(() -> {
                StreamEnvironment env = StreamEnvironment.create();
                env.from(ElementSource.of(String.class, "a", "bb", "ccc"), "texts")
                        .map(String::length)
                        .sinkTo(lengths, "out");
                assertThat(env.graph("lengths").slots()).isEqualTo(5);
                env.execute("lengths");
            });
        }
        assertThat(lengths.results()).containsExactly(1, 2, 3);
    }

    @Test
    void nothingIsLeftOfAnEnvironmentThatIsClosed(@TempDir Path root) throws Exception {
        try (LocalEnvironment local = LocalEnvironment.builder().stateRoot(root).start()) {
            StreamEnvironment env = local.streams();
            env.from(ElementSource.endless(Long.class, number -> number), "numbers", 1_000)
                    .sinkTo(CollectSink.of(Long.class), "out");
            local.submit(env.graph("left running")).checkpoint();
        }
        try (Stream<Path> left = Files.list(root)) {
            assertThat(left.filter(path -> !path.getFileName().toString().startsWith(".")))
                    .isEmpty();
        }
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (OWN_THREAD.test(thread.getName())) {
                thread.join(20_000); // It has said that it ends.
                assertThat(thread.isAlive()).as(thread.getName()).isFalse();
            }
        }
    }
}
