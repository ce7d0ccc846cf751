package io.selvage.task.subtask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.task.exchange.LatencyMarker;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.Latencies;
import io.selvage.task.operator.OperatorException;
import io.selvage.task.subtask.SubtaskHarness.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SourceAndSinkTest {
    /** Splits of ten numbers each; a split whose number is negative has nothing at every other call. */
    record Numbers(int splits, boolean readsSideBySide) implements Source<Integer, Integer> {
        Numbers(int splits) {
            this(splits, false);
        }

        @Override
        public Serde<Integer> serde() {
            return Serdes.of(Integer.class);
        }

        @Override
        public Serde<Integer> splitSerde() {
            return Serdes.of(Integer.class);
        }

        @Override
        public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
            int[] next = {restored == null ? 0 : restored[0]};
            return new SplitPlanner<>() {
                @Override
                public List<Integer> discover() {
                    return next[0] < splits ? List.of(next[0]++) : List.of();
                }

                @Override
                public boolean isComplete() {
                    return next[0] == splits;
                }

                @Override
                public byte[] snapshot() {
                    return new byte[] {(byte) next[0]};
                }
            };
        }

        @Override
        public SplitReader<Integer> reader(Integer split, byte @Nullable [] position, SourceContext context) {
            int[] next = {position == null ? 0 : position[0]};
            boolean[] idle = {split < 0};
            return new SplitReader<>() {
                @Override
                public Status read(SourceOutput<Integer> out, int maxElements) {
                    if (split < 0) {
                        idle[0] = !idle[0];
                        if (!idle[0]) {
                            return Status.IDLE;
                        }
                    }
                    for (int i = 0; i < Math.min(3, maxElements) && next[0] < 10; i++) {
                        out.collect(10 * split + next[0]++, 1000L + next[0]);
                    }
                    return next[0] == 10 ? Status.END : Status.MORE;
                }

                @Override
                public byte[] position() {
                    return new byte[] {(byte) next[0]};
                }
            };
        }
    }

    private static List<Object> values(SubtaskHarness harness) {
        return harness.records().stream().map(SubtaskHarness.At::value).toList();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void thePlannerGivesEachSplitOnceAndThenEnds(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(mode, new OperatorDefinition.PlanSplits<>(new Numbers(5)));
        for (int i = 0; i < 5; i++) {
            harness.passMillis(1000);
        }
        assertThat(values(harness)).containsExactly(0, 1, 2, 3, 4);
        assertThat(harness.output.hasEnded()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void aReaderGoesOnWhereItWasAndEndsAfterItsSplits(Mode mode) {
        SubtaskHarness harness = new SubtaskHarness(mode, new OperatorDefinition.ReadSplits<>(new Numbers(2), 1000));
        harness.element(0, 0).element(1, 0);
        for (int i = 0; i < 8; i++) {
            harness.passMillis(2);
        }
        assertThat(harness.records().size()).isBetween(12, 19);
        harness.endOfInput();
        for (int i = 0; i < 8; i++) {
            harness.passMillis(2);
        }
        assertThat(values(harness))
                .isEqualTo(IntStream.range(0, 20)
                        .boxed()
                        .map(each -> (Object) each)
                        .toList());
        assertThat(harness.count(Counters.Figure.RECORDS_READ)).isEqualTo(20);
        assertThat(harness.output.lastWatermark()).isEqualTo(Long.MAX_VALUE);
        assertThat(harness.output.hasEnded()).isTrue();
    }

    @Test
    void aReaderGivesNoMoreThanItsRate() {
        SubtaskHarness harness =
                new SubtaskHarness(Mode.STRAIGHT, new OperatorDefinition.ReadSplits<>(new Numbers(0), 100));
        for (int split = 0; split < 10; split++) {
            harness.element(split, 0);
        }
        for (int millis = 0; millis < 500; millis += 5) {
            harness.passMillis(5);
        }
        assertThat(harness.records().size()).isBetween(48, 51);
        harness.passMillis(10_000);
        assertThat(harness.records().size())
                .as("what went unused is made up for only so far")
                .isBetween(55, 62);
    }

    @Test
    void aSplitThatHasNothingMakesWayForTheNext() {
        SubtaskHarness harness =
                new SubtaskHarness(Mode.STRAIGHT, new OperatorDefinition.ReadSplits<>(new Numbers(0), 0));
        harness.element(-1, 0);
        harness.element(5, 0);
        for (int i = 0; i < 20; i++) {
            harness.passMillis(100);
        }
        assertThat(values(harness)).hasSize(20).contains(-10, -1, 50, 59);
    }

    @Test
    void splitsOfAQueueThatAreBegunTakeTurnsAndTheOthersWait() {
        SubtaskHarness harness =
                new SubtaskHarness(Mode.STRAIGHT, new OperatorDefinition.ReadSplits<>(new Numbers(0), 0));
        harness.offerElement(-1);
        harness.offerElement(5);
        harness.offerElement(6);
        harness.step();
        assertThat(values(harness).subList(0, 6))
                .as("the first one had nothing, and so the second one was begun")
                .containsExactly(50, 51, 52, -10, -9, -8);
        assertThat(values(harness).subList(0, 16)).doesNotContain(60);
        assertThat(values(harness)).hasSize(30);
    }

    @Test
    void aSplitThatHasSomethingDoesNotWaitForOneThatHasNothing() {
        SubtaskHarness harness =
                new SubtaskHarness(Mode.STRAIGHT, new OperatorDefinition.ReadSplits<>(new Numbers(0), 0));
        harness.element(-1, 0).element(5, 0);
        assertThat(values(harness)).contains(50, 59);
    }

    /** Keeps in static fields what became of it: instances come and go with subtasks. */
    record RecordingSink(String name) implements Sink<String, String> {
        static final Map<String, List<String>> CALLS = new ConcurrentHashMap<>();

        private void note(String call) {
            CALLS.computeIfAbsent(name, key -> new ArrayList<>()).add(call);
        }

        @Override
        public Serde<String> committableSerde() {
            return Serdes.of(String.class);
        }

        @Override
        public SinkWriter<String, String> writer(SinkContext context) {
            StringBuilder written = new StringBuilder();
            return new SinkWriter<>() {
                @Override
                public void write(String element, long timestampMillis) {
                    written.append(element);
                }

                @Override
                public List<String> prepare(long checkpoint) {
                    String committable = written.toString();
                    written.setLength(0);
                    return committable.isEmpty() ? List.of() : List.of(committable);
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Committer<String> committer(SinkContext context) {
            return new Committer<>() {
                @Override
                public void commit(List<String> committables) throws Exception {
                    if (committables.contains("refused")) {
                        throw new java.io.IOException("fenced");
                    }
                    note("commit " + committables);
                }

                @Override
                public void recover(List<String> committables) {
                    note("recover " + committables);
                }
            };
        }
    }

    private static SubtaskHarness sink(String name) {
        return new SubtaskHarness(Mode.STRAIGHT, new OperatorDefinition.WriteSink<>(new RecordingSink(name)));
    }

    private static List<String> calls(String name) {
        return RecordingSink.CALLS.get(name);
    }

    @Test
    void aSinkCommitsWhatACompletedCheckpointHoldsAndNothingElse() {
        SubtaskHarness harness = sink("commits");
        harness.element("a", 0).element("b", 0);
        long first = harness.cut(false);
        harness.element("c", 0);
        assertThat(calls("commits")).containsExactly("recover []");
        harness.complete(first, false);
        assertThat(calls("commits")).containsExactly("recover []", "commit [ab]");
        harness.complete(first, false);
        assertThat(calls("commits"))
                .as("a repeated completion commits nothing anew")
                .hasSize(2);
        assertThat(harness.count(Counters.Figure.RECORDS_WRITTEN)).isEqualTo(3);
    }

    @Test
    void whatAnAbortedCheckpointPreparedIsCommittedWithTheNext() {
        SubtaskHarness harness = sink("aborted");
        harness.element("a", 0);
        harness.cut(false);
        harness.element("b", 0);
        harness.complete(harness.cut(false), false);
        assertThat(calls("aborted")).containsExactly("recover []", "commit [a, b]");
    }

    @Test
    void aRestoredSinkRecoversWhatTheCheckpointHolds() {
        SubtaskHarness harness = sink("recovers");
        harness.element("a", 0);
        harness.cut(false);
        harness.element("lost, and read again", 0);
        harness.restore();
        harness.step();
        assertThat(calls("recovers")).containsExactly("recover []", "recover [a]");
        harness.complete(harness.cut(false), false);
        assertThat(calls("recovers"))
                .as("what is recovered is not committed once more")
                .hasSize(2);
    }

    @Test
    void aSourceSendsMarkersThatPassOtherStepsAndASinkTellsHowLongTheyTook() {
        SubtaskHarness source = new SubtaskHarness(
                Mode.STRAIGHT,
                Duration.ofMillis(100),
                new OperatorDefinition.ReadSplits<>(new Numbers(0), 0),
                new OperatorDefinition.Filter<Integer>(number -> number < 0));
        for (int i = 0; i < 10; i++) {
            source.passMillis(50);
        }
        List<Object> markers = source.output.controls(LatencyMarker.class);
        assertThat(markers)
                .containsExactly(
                        new LatencyMarker(1, 100_000),
                        new LatencyMarker(1, 200_000),
                        new LatencyMarker(1, 300_000),
                        new LatencyMarker(1, 400_000),
                        new LatencyMarker(1, 500_000));
        source.endOfInput().passMillis(500);
        assertThat(source.output.controls(LatencyMarker.class))
                .as("nothing follows the end")
                .isEqualTo(markers);

        SubtaskHarness sink = sink("marked");
        assertThat(sink.subtask().latencies().read()).isEmpty();
        sink.passMillis(110);
        for (Object marker : markers) {
            sink.marker((LatencyMarker) marker).passMillis(100);
        }
        sink.marker(new LatencyMarker(3, 700_000));
        assertThat(sink.subtask().latencies().read())
                .containsExactly(
                        new Latencies.Latency(1, 5, 10_000, 10_000, 10_000), new Latencies.Latency(3, 1, 0, 0, 0));
        assertThat(sink.count(Counters.Figure.RECORDS_WRITTEN)).isZero();
    }

    @Test
    void aRefusedCommitIsAFailureOfItsOwnKind() {
        SubtaskHarness harness = sink("refuses");
        harness.element("refused", 0);
        long id = harness.cut(false);
        assertThatThrownBy(() -> harness.complete(id, false))
                .isInstanceOfSatisfying(
                        OperatorException.class,
                        thrown -> assertThat(thrown.kind()).isEqualTo(FailureKind.COMMIT_REFUSED))
                .hasMessageContaining("fenced");
    }
}
