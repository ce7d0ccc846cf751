package io.selvage.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.AsyncFunction;
import io.selvage.api.function.CoMapFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.FlatMapFunction;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.function.MapFunction;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ResultFuture;
import io.selvage.api.graph.Edge;
import io.selvage.api.graph.EdgeDefinition;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.graph.Vertex;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.TimeToLive;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.api.type.TypeRef;
import io.selvage.api.type.UnsupportedTypeException;
import io.selvage.api.window.TumblingWindows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamEnvironmentTest {
    record Click(String user, long timeMillis) {}

    record Count(String user, long windowStartMillis, long clicks) {}

    private static WatermarkStrategy<String> aligned() {
        return WatermarkStrategy.<String>monotonousTimestamps(String::length)
                .withWatermarkAlignment("lines", Duration.ofMinutes(1))
                .withIdleness(Duration.ofSeconds(1));
    }

    @Test
    void sourcesAreAlignedInTheirOwnThreadOnly() {
        assertThat(aligned().alignmentGroup()).isEqualTo("lines");
        StreamEnvironment fits = StreamEnvironment.create();
        fits.from(new Lines(), "lines")
                .filter(line -> !line.isEmpty())
                .assignTimestamps(aligned())
                .sinkTo(new Nowhere<>(), "out");
        assertThat(fits.graph("aligned").vertices()).hasSize(2);
        StreamEnvironment elsewhere = StreamEnvironment.create();
        elsewhere
                .from(new Lines(), "lines")
                .rebalance()
                .assignTimestamps(aligned())
                .sinkTo(new Nowhere<>(), "out");
        assertThatThrownBy(() -> elsewhere.graph("job"))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContainingAll("withWatermarkAlignment(...)", "behind from(...)");
        StreamEnvironment twice = StreamEnvironment.create();
        twice.from(new Lines(), "lines")
                .assignTimestamps(WatermarkStrategy.monotonousTimestamps(String::length))
                .assignTimestamps(aligned())
                .sinkTo(new Nowhere<>(), "out");
        assertThatThrownBy(() -> twice.graph("job")).hasMessageContaining("once");
        assertThatThrownBy(() -> aligned().withWatermarkAlignment("", Duration.ZERO))
                .hasMessageContaining("give the group a name");
    }

    static final class Lines implements Source<String, Integer> {
        @Override
        public Serde<String> serde() {
            return Serdes.STRING;
        }

        @Override
        public Serde<Integer> splitSerde() {
            return Serdes.INTEGER;
        }

        @Override
        public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
            throw new UnsupportedOperationException("graphs are built, not run, here");
        }

        @Override
        public SplitReader<String> reader(Integer split, byte @Nullable [] position, SourceContext context) {
            throw new UnsupportedOperationException("graphs are built, not run, here");
        }
    }

    static class Nowhere<T> implements Sink<T, Long> {
        @Override
        public Serde<Long> committableSerde() {
            return Serdes.LONG;
        }

        @Override
        public SinkWriter<T, Long> writer(SinkContext context) {
            throw new UnsupportedOperationException("graphs are built, not run, here");
        }

        @Override
        public Committer<Long> committer(SinkContext context) {
            throw new UnsupportedOperationException("graphs are built, not run, here");
        }
    }

    private static final class Counting implements AggregateFunction<Click, Long, Long> {
        @Override
        public Long create() {
            return 0L;
        }

        @Override
        public Long add(Long accumulator, Click element) {
            return accumulator + 1;
        }

        @Override
        public Long result(Long accumulator) {
            return accumulator;
        }
    }

    private static final class Words implements FlatMapFunction<String, String> {
        @Override
        public void flatMap(String line, Collector<String> out) {
            for (String word : line.split(" ", -1)) {
                out.collect(word);
            }
        }
    }

    private static final class Fixed implements JobLauncher {
        private @Nullable JobGraph launched;
        private boolean restored;

        @Override
        public boolean isRestored() {
            return restored;
        }

        @Override
        public int defaultParallelism() {
            return 3;
        }

        @Override
        public String launch(JobGraph graph) {
            launched = graph;
            return "job-1";
        }
    }

    @AfterEach
    void uninstall() {
        StreamEnvironment.install(null);
    }

    private static DataStream<Count> counts(StreamEnvironment env) {
        return env.from(new Lines(), "lines")
                .map(line -> new Click(line, 1L))
                .assignTimestamps(WatermarkStrategy.boundedOutOfOrderness(Duration.ofSeconds(1), Click::timeMillis))
                .keyBy(Click::user)
                .window(TumblingWindows.of(Duration.ofDays(1)))
                .aggregate(new Counting(), (user, window, clicks) -> new Count(user, window.startMillis(), clicks));
    }

    @Test
    void aKeyedStreamIsWrittenByKey() {
        StreamEnvironment env = StreamEnvironment.create().parallelism(3);
        env.from(new Lines(), "lines").keyBy(String::length).sinkTo(new Nowhere<>(), "by-length");
        JobGraph graph = env.graph("by-length");
        Edge last = graph.edges().get(graph.edges().size() - 1);
        assertThat(last.partitioning()).isEqualTo(Partitioning.HASH);
        assertThat(graph.vertex(last.to()).head().role()).isEqualTo(OperatorRole.SINK);
        assertThat(graph.vertex(last.to()).parallelism()).isEqualTo(3);
    }

    @Test
    void chainsWhatNeedNotBeApart() {
        StreamEnvironment env = StreamEnvironment.create().parallelism(2);
        counts(env).uid("counts").sinkTo(new Nowhere<>(), "out");

        JobGraph graph = env.graph("clicks");

        assertThat(graph.vertices())
                .extracting(Vertex::name)
                .containsExactly("plan lines", "read lines -> map -> assign timestamps", "window -> write out");
        assertThat(graph.vertices()).extracting(Vertex::parallelism).containsExactly(1, 2, 2);
        assertThat(graph.edges())
                .extracting(Edge::partitioning)
                .containsExactly(Partitioning.REBALANCE, Partitioning.HASH);
        assertThat(graph.slots()).isEqualTo(2);
        assertThat(graph.vertex(3).operators().get(1).role()).isEqualTo(OperatorRole.SINK);
    }

    @Test
    void typesAreReadOffLambdasMethodReferencesAndClasses() {
        StreamEnvironment env = StreamEnvironment.create();
        counts(env).uid("counts").sinkTo(new Nowhere<>(), "out");
        env.from(new Lines(), "more").flatMap(new Words()).sinkTo(new Nowhere<>(), "words");

        JobGraph graph = env.graph("clicks");
        Object definition = Opaque.read(graph.edges().get(1).definition(), loader(), "edge");

        EdgeDefinition<?, ?> edge = (EdgeDefinition<?, ?>) definition;
        assertThat(edge.serde().schema()).startsWith("record " + Click.class.getName());
        assertThat(edge.keySerde()).isNotNull();
        Object window = Opaque.read(graph.vertex(3).head().definition(), loader(), "window");
        assertThat(((OperatorDefinition.WindowAggregate<?, ?, ?, ?, ?>) window)
                        .accumulatorSerde()
                        .schema())
                .isEqualTo("i64");
    }

    @Test
    void erasedLambdaNamesTheOverloadThatTakesAType() {
        StreamEnvironment env = StreamEnvironment.create();
        DataStream<String> lines = env.from(new Lines(), "lines");
        assertThatThrownBy(() -> lines.map(line -> List.of(line)))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContaining("map after read lines")
                .hasMessageContaining("Serde");
        assertThatThrownBy(() -> lines.flatMap((line, out) -> out.collect(line)))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContaining("overload");
        lines.map(line -> List.of(line), Serdes.list(Serdes.STRING)).sinkTo(new Nowhere<>(), "out");
        assertThat(env.graph("lists").vertices()).hasSize(2);
    }

    record Pair<A, B>(A first, B second) {}

    private static Pair<String, Integer> measured(String line) {
        return new Pair<>(line, line.length());
    }

    private static ArrayList<Pair<String, Integer>> listed(String line) {
        return new ArrayList<>(List.of(measured(line)));
    }

    @SuppressWarnings("unchecked")
    private static List<String>[] listArray(String line) {
        return new List[] {List.of(line)};
    }

    @SuppressWarnings("unchecked")
    private static ArrayList<Pair<String, Integer>>[][] deepArray(String line) {
        return new ArrayList[][] {{listed(line)}};
    }

    private static <T> List<T>[] variableArray(T element) {
        throw new IllegalStateException(element + " is nobody's");
    }

    private static <T> Pair<String, T> paired(T with) {
        return new Pair<>("", with);
    }

    private static final class Measuring implements MapFunction<String, Pair<String, Integer>> {
        @Override
        public Pair<String, Integer> map(String line) {
            return measured(line);
        }
    }

    @Test
    void typeArgumentsAreReadOffClassesAndTheMethodsThatAreReferredTo() {
        DataStream<String> lines = StreamEnvironment.create().from(new Lines(), "lines");
        String schema = "record " + Pair.class.getName() + "(first:string?,second:i32?)";
        assertThat(lines.map(new Measuring()).serde().schema()).isEqualTo(schema);
        assertThat(lines.map(StreamEnvironmentTest::measured).serde().schema()).isEqualTo(schema);
        MapFunction<String, List<Pair<String, Integer>>> ofWider = StreamEnvironmentTest::listed;
        assertThat(lines.map(ofWider).serde().schema()).isEqualTo("list<" + schema + ">");
        assertThat(lines.keyBy(StreamEnvironmentTest::measured).keySerde().schema())
                .isEqualTo(schema);
    }

    @Test
    void theyAreReadOffMethodsThatReturnArraysToo() {
        DataStream<String> lines = StreamEnvironment.create().from(new Lines(), "lines");
        Serde<List<String>[]> serde =
                lines.map(StreamEnvironmentTest::listArray).serde();
        assertThat(serde.schema()).isEqualTo("list<list<string>>");
        BinaryWriter out = new BinaryWriter();
        serde.write(listArray("a"), out);
        assertThat(serde.read(new BinaryReader(out.toByteArray()))).isEqualTo(listArray("a"));
        MapFunction<String, List<Pair<String, Integer>>[][]> ofWider = StreamEnvironmentTest::deepArray;
        assertThat(lines.map(ofWider).serde().schema())
                .isEqualTo("list<list<list<record " + Pair.class.getName() + "(first:string?,second:i32?)>>>");
        MapFunction<String, List<String>[]> ofVariable = StreamEnvironmentTest::variableArray;
        assertThatThrownBy(() -> lines.map(ofVariable))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContainingAll("In map after read lines", "The type T is not known", "pass a Serde");
        assertThatThrownBy(() -> lines.map(line -> listArray(line)))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContainingAll(
                        "In map after read lines", "java.util.List[] is generic", "new TypeRef<List<...>[]>() {}");
    }

    @Test
    void typeArgumentsThatAreNotKnownAreAskedForInTheNameOfTheStep() {
        DataStream<String> lines = StreamEnvironment.create().from(new Lines(), "lines");
        String[] said = {"In map after read lines", Pair.class.getName() + " is generic", "TypeRef<Pair<"};
        assertThatThrownBy(() -> lines.map(line -> new Pair<>(line, 1)))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContainingAll(said);
        assertThatThrownBy(() -> lines.map(line -> new Pair<>(line, 1), Pair.class))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContainingAll(said);
        MapFunction<String, Pair<String, String>> ofVariable = StreamEnvironmentTest::paired;
        assertThatThrownBy(() -> lines.map(ofVariable))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContainingAll("In map after read lines", "The type argument T of", "pass a Serde");
        assertThatThrownBy(() -> new ValueStateDescriptor<>("last", Pair.class))
                .isInstanceOf(UnsupportedTypeException.class)
                .hasMessageContainingAll("In the state last", "TypeRef<Pair<");
        Serde<Pair<String, Integer>> pair = Serdes.of(new TypeRef<Pair<String, Integer>>() {});
        assertThat(lines.map(line -> new Pair<>(line, 1), pair).serde()).isSameAs(pair);
    }

    record Cells(String sheet, long[] cells) {}

    @Test
    void arraysAreRefusedAsKeysAndWithinKeys() {
        DataStream<String> lines = StreamEnvironment.create().from(new Lines(), "lines");
        assertThatThrownBy(() -> lines.keyBy(line -> line.split(" ", -1)))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContainingAll("keyBy after read lines", "list<string>", "arrays", "take a List");
        assertThatThrownBy(() -> lines.keyBy(line -> new Cells(line, new long[0])))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContainingAll("keyBy after read lines", "cells:list<i64>", "arrays", "take a List");
        assertThat(lines.keyBy(line -> line.getBytes(StandardCharsets.UTF_8)).keySerde())
                .isSameAs(Serdes.BYTES);
    }

    /** Accepts only a job that goes on from a savepoint. */
    private static final class Written extends Nowhere<Count> {
        private static final long serialVersionUID = 1L;

        @Override
        public void check() throws java.io.IOException {
            throw new java.io.IOException("there is output already");
        }

        @Override
        public void checkRestored() {}
    }

    @Test
    void sinksAreAskedWhetherAJobCanGoOnWithTheirOutput() {
        Fixed launcher = new Fixed();
        StreamEnvironment.install(launcher);
        assertThatThrownBy(() -> counts(StreamEnvironment.create()).sinkTo(new Written(), "counts"))
                .hasMessage("In sink counts: there is output already");
        launcher.restored = true;
        counts(StreamEnvironment.create()).sinkTo(new Written(), "counts");
    }

    @Test
    void jobWithoutSinkIsRefused() {
        StreamEnvironment env = StreamEnvironment.create();
        counts(env).uid("counts");
        assertThatThrownBy(() -> env.graph("clicks"))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("does nothing with the result of window")
                .hasMessageContaining("sinkTo");
        assertThatThrownBy(() -> StreamEnvironment.create().graph("empty")).hasMessageContaining("no source");
    }

    @Test
    void stateWithoutUidIsRefused() {
        StreamEnvironment env = StreamEnvironment.create();
        counts(env).sinkTo(new Nowhere<>(), "out");
        assertThatThrownBy(() -> env.graph("clicks"))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("window")
                .hasMessageContaining(".uid(");
    }

    @Test
    void uidUsedTwiceIsRefused() {
        StreamEnvironment env = StreamEnvironment.create();
        counts(env).uid("out").sinkTo(new Nowhere<>(), "out");
        assertThatThrownBy(() -> env.graph("clicks")).hasMessageContaining("used twice");
    }

    @Test
    void functionThatCannotTravelNamesTheCulprit() {
        StreamEnvironment env = StreamEnvironment.create();
        Thread culprit = Thread.currentThread();
        env.from(new Lines(), "lines").map(line -> line + culprit.getName()).sinkTo(new Nowhere<>(), "out");
        assertThatThrownBy(() -> env.graph("threads"))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("java.lang.Thread")
                .hasMessageContaining("open()");
    }

    @Test
    void fanOutAndOtherParallelismBreakAChain() {
        StreamEnvironment env = StreamEnvironment.create().parallelism(2);
        DataStream<String> lines = env.from(new Lines(), "lines");
        lines.map(line -> line + "!").sinkTo(new Nowhere<>(), "a");
        lines.map(line -> line + "?").parallelism(4).sinkTo(new Nowhere<>(), "b");
        JobGraph graph = env.graph("fan");
        assertThat(graph.vertices()).hasSize(4);
        assertThat(graph.edges())
                .extracting(Edge::partitioning)
                .containsExactly(Partitioning.REBALANCE, Partitioning.FORWARD, Partitioning.REBALANCE);
    }

    @Test
    void programThatSelvageDidNotStartIsToldHow() {
        StreamEnvironment env = StreamEnvironment.create();
        env.from(new Lines(), "lines").sinkTo(new Nowhere<>(), "out");
        assertThatThrownBy(() -> env.execute("alone")).hasMessageContaining("scripts/selvage run");
    }

    @Test
    void installedLauncherGivesTheParallelismAndTakesTheJob() {
        Fixed launcher = new Fixed();
        StreamEnvironment.install(launcher);
        StreamEnvironment env = StreamEnvironment.create().checkpointInterval(Duration.ofSeconds(1));
        env.from(new Lines(), "lines").sinkTo(new Nowhere<>(), "out");
        assertThat(env.execute("launched")).isEqualTo("job-1");
        assertThat(launcher.launched).isNotNull();
        assertThat(launcher.launched.slots()).isEqualTo(3);
        assertThat(launcher.launched.settings()).containsEntry("selvage.checkpoint.interval", "1000ms");
    }

    private static ClassLoader loader() {
        return StreamEnvironmentTest.class.getClassLoader();
    }

    // ---- steps with several inputs, and side outputs -------------------------------------------------------------

    static final OutputTag<String> WORDS = new OutputTag<>("words", String.class);

    private static final class Pairs extends KeyedCoProcessFunction<String, String, Click, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process1(String element, Context<String> context, Collector<String> out) {
            context.output(WORDS, element);
        }

        @Override
        public void process2(Click element, Context<String> context, Collector<String> out) {
            out.collect(element.user());
        }
    }

    @Test
    void aUnionIsSeveralEdgesToOneInput() {
        StreamEnvironment env = StreamEnvironment.create().parallelism(2);
        DataStream<String> one = env.from(new Lines(), "one").map(line -> line + 1);
        DataStream<String> two = env.from(new Lines(), "two").parallelism(3);
        one.union(two, one).filter(line -> true).sinkTo(new Nowhere<>(), "out");

        JobGraph graph = env.graph("union");

        assertThat(graph.vertices())
                .extracting(Vertex::name)
                .containsExactly("plan one", "read one -> map", "plan two", "read two", "filter -> write out");
        assertThat(graph.vertex(5).parallelism()).isEqualTo(3);
        assertThat(graph.edges())
                .extracting(Edge::from, Edge::to, Edge::partitioning, Edge::input)
                .containsExactly(
                        tuple(1, 2, Partitioning.REBALANCE, 0),
                        tuple(3, 4, Partitioning.REBALANCE, 0),
                        tuple(2, 5, Partitioning.REBALANCE, 0),
                        tuple(4, 5, Partitioning.FORWARD, 0),
                        tuple(2, 5, Partitioning.REBALANCE, 0));
    }

    @Test
    void aUnionIsNoStepThatHasAName() {
        DataStream<String> lines = StreamEnvironment.create().from(new Lines(), "lines");
        assertThatThrownBy(() -> lines.union(lines).name("both"))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("name(...) speaks of a step");
        assertThatThrownBy(() -> lines.sideOutput(WORDS).uid("words"))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("In read lines (words): uid(...) speaks of a step");
    }

    @Test
    void twoKeyedStreamsMeetByKeyAtTwoInputs() {
        StreamEnvironment env = StreamEnvironment.create();
        DataStream<String> lines = env.from(new Lines(), "lines");
        DataStream<Click> clicks = env.from(new Lines(), "clicks")
                .map(line -> new Click(line, line.length()))
                .assignTimestamps(WatermarkStrategy.boundedOutOfOrderness(Duration.ZERO, Click::timeMillis));
        DataStream<String> pairs = lines.keyBy(line -> line)
                .connect(clicks.keyBy(Click::user))
                .process(new Pairs())
                .uid("pairs");
        pairs.sinkTo(new Nowhere<>(), "out");
        pairs.sideOutput(WORDS).map(String::length).sinkTo(new Nowhere<>(), "lengths");

        JobGraph graph = env.graph("pairs");

        assertThat(graph.vertices())
                .extracting(Vertex::name)
                .containsExactly(
                        "plan lines",
                        "read lines",
                        "plan clicks",
                        "read clicks -> map -> assign timestamps",
                        "process",
                        "write out",
                        "map -> write lengths");
        assertThat(graph.edges())
                .filteredOn(edge -> edge.to() == 5)
                .extracting(Edge::from, Edge::partitioning, Edge::input, Edge::timeless)
                .containsExactly(tuple(2, Partitioning.HASH, 0, true), tuple(4, Partitioning.HASH, 1, false));
        assertThat(graph.edges())
                .filteredOn(edge -> edge.from() == 5)
                .extracting(Edge::to, Edge::output, Edge::timeless)
                .containsExactly(tuple(6, "", false), tuple(7, "words", false));
        EdgeDefinition<?, ?> side =
                (EdgeDefinition<?, ?>) Opaque.read(graph.edges().get(5).definition(), loader(), "edge");
        assertThat(side.serde().schema()).isEqualTo(Serdes.STRING.schema());
        assertThat(graph.vertex(5).head().stateful()).isTrue();
    }

    @Test
    void aSideOutputHasOneType() {
        DataStream<String> lines = StreamEnvironment.create().from(new Lines(), "lines");
        lines.sideOutput(WORDS);
        lines.sideOutput(new OutputTag<>("words", String.class));
        assertThatThrownBy(() -> lines.sideOutput(new OutputTag<>("words", Long.class)))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("the side output words is read as " + Serdes.STRING.schema() + " and as i64");
    }

    @Test
    void streamsOfTwoEnvironmentsAreNoJob() {
        StreamEnvironment env = StreamEnvironment.create();
        DataStream<String> foreign = StreamEnvironment.create().from(new Lines(), "lines");
        env.from(new Lines(), "lines").union(foreign).sinkTo(new Nowhere<>(), "out");
        assertThatThrownBy(() -> env.graph("both"))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("another StreamEnvironment");
    }

    private static JobGraph spread(int parallelism, UnaryOperator<DataStream<String>> sending) {
        StreamEnvironment env = StreamEnvironment.create().parallelism(2);
        DataStream<String> lines = env.from(new Lines(), "lines");
        env.parallelism(4);
        sending.apply(lines).map(String::length).parallelism(parallelism).sinkTo(new Nowhere<>(), "out");
        return env.graph("spread");
    }

    @Test
    void elementsGoWhereTheProgramSendsThem() {
        assertThat(spread(4, DataStream::rebalance).edges().get(1).partitioning())
                .isEqualTo(Partitioning.REBALANCE);
        assertThat(spread(2, DataStream::rescale).edges().get(1).partitioning()).isEqualTo(Partitioning.RESCALE);
        assertThat(spread(4, DataStream::shuffle).edges().get(1).partitioning()).isEqualTo(Partitioning.SHUFFLE);
        assertThat(spread(4, DataStream::broadcast).edges().get(1).partitioning())
                .isEqualTo(Partitioning.BROADCAST);
        assertThat(spread(2, DataStream::forward).edges()).hasSize(1);
        assertThatThrownBy(() -> spread(4, DataStream::forward))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("In map: its parallelism of 4 is not the 2 of read lines, and forward() needs");
        Edge custom = spread(4, lines -> lines.partitionCustom((key, count) -> key % count, String::length))
                .edges()
                .get(1);
        assertThat(custom.partitioning()).isEqualTo(Partitioning.CUSTOM);
        EdgeDefinition<?, ?> definition = (EdgeDefinition<?, ?>) Opaque.read(custom.definition(), loader(), "edge");
        assertThat(definition.partitioner()).isNotNull();
        assertThat(definition.key()).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,4", "4,2", "3,5", "5,3", "3,3"})
    void rescalingConnectsEachSubtaskAndKeepsElementsInTheirSlot(int from, int to) {
        for (int producer = 0; producer < from; producer++) {
            for (int consumer = 0; consumer < to; consumer++) {
                boolean isConnected = Partitioning.RESCALE.connects(producer, from, consumer, to);
                int fewest = Math.min(from, to);
                assertThat(isConnected).isEqualTo(producer % fewest == consumer % fewest);
                assertThat(producer != consumer || isConnected).isTrue();
            }
        }
    }

    @Test
    void stepsMayBeKeptApart() {
        StreamEnvironment env = StreamEnvironment.create();
        DataStream<Integer> lengths =
                env.from(new Lines(), "lines").map(String::length).startNewChain();
        lengths.filter(length -> length > 1).disableChaining().sinkTo(new Nowhere<>(), "out");
        assertThat(env.graph("apart").vertices())
                .extracting(Vertex::name)
                .containsExactly("plan lines", "read lines", "map", "filter", "write out");
    }

    private record Asking() implements AsyncFunction<String, Integer> {
        @Override
        public void asyncInvoke(String element, ResultFuture<Integer> result) {
            result.complete(List.of(element.length()));
        }
    }

    @Test
    void aStepThatAsksHeadsItsChainAndNeedsAUid() {
        StreamEnvironment env = StreamEnvironment.create();
        DataStream<Integer> answers =
                AsyncDataStream.unorderedWait(env.from(new Lines(), "lines"), new Asking(), Duration.ofSeconds(1), 10);
        answers.map(answer -> answer + 1).sinkTo(new Nowhere<>(), "out");
        assertThatThrownBy(() -> env.graph("answers"))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("In async: the step keeps state but has no uid");
        answers.uid("answers");
        assertThat(env.graph("answers").vertices())
                .extracting(Vertex::name)
                .containsExactly("plan lines", "read lines", "async -> map -> write out");
        assertThatThrownBy(() ->
                        AsyncDataStream.orderedWait(env.from(new Lines(), "more"), new Asking(), Duration.ZERO, 10))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("In async after read more: a time-out of PT0S and a capacity of 10");
    }

    @Test
    void broadcastStatesHaveNamesOfTheirOwnAndDoNotExpire() {
        DataStream<String> lines = StreamEnvironment.create().from(new Lines(), "lines");
        MapStateDescriptor<String, Long> state = new MapStateDescriptor<>("state", String.class, Long.class);
        assertThatThrownBy(() -> lines.broadcast(state, state))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("two broadcast states are named state");
        assertThatThrownBy(() -> lines.broadcast(state.withTimeToLive(TimeToLive.afterWrite(Duration.ofDays(1)))))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageContaining("has a time-to-live");
    }

    private record Lengths() implements CoMapFunction<String, Click, Integer> {
        @Override
        public Integer map1(String element) {
            return element.length();
        }

        @Override
        public Integer map2(Click element) {
            return element.user().length();
        }
    }

    @Test
    void connectedStreamsAreMappedToOneType() {
        StreamEnvironment env = StreamEnvironment.create().parallelism(2);
        DataStream<String> lines = env.from(new Lines(), "lines");
        DataStream<Click> clicks = env.from(new Lines(), "clicks").map(line -> new Click(line, 1));
        lines.connect(clicks).map(new Lengths()).sinkTo(new Nowhere<>(), "lengths");
        lines.connect(clicks)
                .keyBy(line -> line, Click::user)
                .map(new Lengths())
                .sinkTo(new Nowhere<>(), "more");
        JobGraph graph = env.graph("connected");
        assertThat(graph.edges())
                .filteredOn(edge -> edge.to() >= 5)
                .extracting(Edge::from, Edge::to, Edge::partitioning, Edge::input)
                .containsExactly(
                        tuple(2, 5, Partitioning.FORWARD, 0),
                        tuple(4, 5, Partitioning.FORWARD, 1),
                        tuple(2, 6, Partitioning.HASH, 0),
                        tuple(4, 6, Partitioning.HASH, 1));
        assertThat(graph.vertex(5).head().stateful()).isFalse();
    }
}
