package io.selvage.task.corpus;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.AsyncFunction;
import io.selvage.api.function.BroadcastProcessFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeySelector;
import io.selvage.api.function.KeyedBroadcastProcessFunction;
import io.selvage.api.function.ResultFuture;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.ReadOnlyBroadcastState;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.PartialSerde;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.OperatorStateKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An operator with state of its own beside its keyed state, what its two subtasks have, and what becomes of it in
 * others. It is part of what the corpus says: what is here must not change, or what is restored is compared with
 * something else.
 */
enum OperatorSample {
    /** Three splits in each subtask, of which the first is begun. */
    SOURCES("sources", OperatorStateKind.SOURCE_POSITIONS) {
        @Override
        List<OperatorDefinition> definitions() {
            return List.of(
                    new OperatorDefinition.ReadSplits<>(new Numbers(), 0),
                    new OperatorDefinition.AssignTimestamps<>(
                            WatermarkStrategy.monotonousTimestamps(element -> (long) element)));
        }

        @Override
        void fill(RunningChain chain) {
            for (long split = 1; split <= 3; split++) {
                chain.element(10L * chain.subtask() + split, 0);
            }
            chain.produce(2);
        }

        @Override
        List<String> take(List<RunningChain> chains) {
            chains.forEach(chain -> chain.produce(Integer.MAX_VALUE));
            return sorted(chains);
        }

        /** The second of five elements of a split is the last one that was read. */
        @Override
        List<String> expected(int parallelism) {
            return LongStream.of(1, 2, 3, 11, 12, 13)
                    .boxed()
                    .flatMap(split -> LongStream.range(split % 10 == 1 ? 2 : 0, Numbers.OF_SPLIT)
                            .mapToObj(i -> Long.toString(split * 1000 + i)))
                    .sorted()
                    .toList();
        }
    },

    /** What two checkpoints have prepared, and none has committed. */
    SINKS("sinks", OperatorStateKind.PENDING_OUTPUT) {
        @Override
        List<OperatorDefinition> definitions() {
            return List.of(new OperatorDefinition.WriteSink<>(new Pending()));
        }

        @Override
        void fill(RunningChain chain) {
            chain.element("a" + chain.subtask(), 0);
            chain.element("b" + chain.subtask(), 0);
            chain.cut();
            chain.element("c" + chain.subtask(), 0);
        }

        @Override
        List<String> take(List<RunningChain> chains) {
            List<String> recovered = Pending.RECOVERED.stream().sorted().toList();
            Pending.RECOVERED.clear();
            return recovered;
        }

        @Override
        List<String> expected(int parallelism) {
            return List.of("a0 in 1", "a1 in 1", "b0 in 1", "b1 in 1", "c0 in 2", "c1 in 2");
        }
    },

    /** Two states, of which one subtask has not heard all. */
    BROADCAST("broadcast", OperatorStateKind.BROADCAST) {
        @Override
        List<OperatorDefinition> definitions() {
            return List.of(new OperatorDefinition.BroadcastProcess<>(List.of(Rules.LIMITS, Rules.NAMES), new Rules()));
        }

        @Override
        void fill(RunningChain chain) {
            chain.elementOfSecond("a");
            chain.elementOfSecond("bb");
            if (chain.subtask() == 1) {
                chain.elementOfSecond("cc");
            }
        }

        @Override
        List<String> take(List<RunningChain> chains) {
            chains.forEach(chain -> chain.element("all", 0));
            return inOrder(chains);
        }

        @Override
        List<String> expected(int parallelism) {
            return Stream.iterate(0, i -> i + 1)
                    .limit(parallelism)
                    .map(i -> i % 2 == 0 ? "{a=1, bb=2} {1=a, 2=bb}" : "{a=1, bb=2, cc=2} {1=a, 2=cc}")
                    .toList();
        }
    },

    /** Event time, and a state behind it. */
    KEYED_BROADCAST("keyed-broadcast", OperatorStateKind.EVENT_TIME, OperatorStateKind.BROADCAST) {
        @Override
        List<OperatorDefinition> definitions() {
            return List.of(new OperatorDefinition.KeyedBroadcastProcess<>(
                    new ByItself(), Serdes.STRING, List.of(Rules.LIMITS), new KeyedRules()));
        }

        @Override
        void fill(RunningChain chain) {
            chain.watermark(5_000 + chain.subtask());
            chain.elementOfSecond("a");
        }

        @Override
        List<String> take(List<RunningChain> chains) {
            chains.forEach(chain -> chain.element("key", 7_000));
            return inOrder(chains);
        }

        @Override
        List<String> expected(int parallelism) {
            return Stream.iterate(0, i -> i + 1)
                    .limit(parallelism)
                    .map(i -> "key {a=1} at " + (parallelism == 2 ? 5_000 + i : 5_000))
                    .toList();
        }
    },

    /** Three elements in each subtask that have not been answered. */
    ASYNC("async", OperatorStateKind.UNDER_WAY) {
        @Override
        List<OperatorDefinition> definitions() {
            return List.of(new OperatorDefinition.Async<>(new Asking(), Serdes.STRING, true, 1_000_000, 10));
        }

        @Override
        void fill(RunningChain chain) {
            Asking.answers = false;
            for (int i = 1; i <= 3; i++) {
                chain.element("element " + i + " of " + chain.subtask(), 1_000L * i);
            }
        }

        @Override
        List<String> take(List<RunningChain> chains) {
            Asking.answers = true;
            chains.forEach(chain -> chain.produce(Integer.MAX_VALUE));
            return sorted(chains);
        }

        @Override
        List<String> expected(int parallelism) {
            List<String> all = new ArrayList<>();
            for (int i = 1; i <= 3; i++) {
                all.add("answer to element " + i + " of 0 at " + 1_000L * i);
                all.add("answer to element " + i + " of 1 at " + 1_000L * i);
            }
            return all.stream().sorted().toList();
        }
    },

    /** Which one subtask has, in two panes, and the other has not. */
    PARTIAL("partial", OperatorStateKind.PARTIAL_AGGREGATES) {
        @Override
        List<OperatorDefinition> definitions() {
            return List.of(new OperatorDefinition.PartialAggregate<>(
                    new FirstLetter(), Serdes.STRING, 1_000, 0, new Lengths(), Serdes.LONG));
        }

        @Override
        void fill(RunningChain chain) {
            if (chain.subtask() == 1) {
                chain.element("a", 500);
                chain.element("aaa", 600);
                chain.element("bb", 700);
                chain.element("aa", 1_500);
            }
        }

        @Override
        List<String> take(List<RunningChain> chains) {
            chains.forEach(chain -> chain.watermark(Long.MAX_VALUE));
            return sorted(chains);
        }

        @Override
        List<String> expected(int parallelism) {
            return List.of("a 2 at 1000", "a 4 at 0", "b 2 at 0");
        }
    },

    /** The greatest timestamp. */
    EVENT_TIME("event-time", OperatorStateKind.EVENT_TIME) {
        @Override
        List<OperatorDefinition> definitions() {
            return List.of(new OperatorDefinition.AssignTimestamps<>(
                    WatermarkStrategy.boundedOutOfOrderness(Duration.ofMillis(99), element -> (long) element)));
        }

        @Override
        void fill(RunningChain chain) {
            chain.element(7_100L + 100 * chain.subtask(), 0);
        }

        @Override
        List<String> take(List<RunningChain> chains) {
            return chains.stream().map(chain -> "" + chain.watermarkMillis()).toList();
        }

        @Override
        List<String> expected(int parallelism) {
            return Stream.iterate(0, i -> i + 1)
                    .limit(parallelism)
                    .map(i -> "" + (parallelism == 2 ? 7_000 + 100 * i : 7_000))
                    .toList();
        }
    };

    static final int PARALLELISM = 2;

    final String words;
    /** Each begins with its head. */
    final List<OperatorStateKind> kinds;

    OperatorSample(String words, OperatorStateKind... kinds) {
        this.words = words;
        this.kinds = List.of(kinds);
    }

    /** Of a chain, whose first operator it is. */
    abstract List<OperatorDefinition> definitions();

    /** Gives a subtask its state. */
    abstract void fill(RunningChain chain);

    /** What comes of it in restored subtasks. */
    abstract List<String> take(List<RunningChain> chains);

    abstract List<String> expected(int parallelism);

    private static List<String> inOrder(List<RunningChain> chains) {
        return chains.stream().flatMap(chain -> chain.take().stream()).toList();
    }

    private static List<String> sorted(List<RunningChain> chains) {
        return inOrder(chains).stream().sorted().toList();
    }

    // ---- functions -----------------------------------------------------------------------------------------------

    /** A split has so many numbers, of which each is its timestamp as well. */
    private record Numbers() implements Source<Long, Long> {
        static final int OF_SPLIT = 5;

        @Override
        public Serde<Long> serde() {
            return Serdes.LONG;
        }

        @Override
        public Serde<Long> splitSerde() {
            return Serdes.LONG;
        }

        @Override
        public SplitPlanner<Long> planner(SourceContext context, byte @Nullable [] restored) {
            throw new AssertionError("there are readers only");
        }

        @Override
        public SplitReader<Long> reader(Long split, byte @Nullable [] position, SourceContext context) {
            int[] next = {position == null ? 0 : position[0]};
            return new SplitReader<>() {
                @Override
                public Status read(SourceOutput<Long> out, int maxElements) {
                    for (int i = 0; i < maxElements && next[0] < OF_SPLIT; i++) {
                        out.collect(split * 1000 + next[0]++);
                    }
                    return next[0] == OF_SPLIT ? Status.END : Status.MORE;
                }

                @Override
                public byte[] position() {
                    return new byte[] {(byte) next[0]};
                }
            };
        }
    }

    /** What it has written is what is to be committed. */
    private record Pending() implements Sink<String, String> {
        static final List<String> RECOVERED = new ArrayList<>();

        @Override
        public Serde<String> committableSerde() {
            return Serdes.STRING;
        }

        @Override
        public SinkWriter<String, String> writer(SinkContext context) {
            List<String> written = new ArrayList<>();
            return new SinkWriter<>() {
                @Override
                public void write(String element, long timestampMillis) {
                    written.add(element);
                }

                @Override
                public List<String> prepare(long checkpoint) {
                    List<String> prepared = written.stream()
                            .map(element -> element + " in " + checkpoint)
                            .toList();
                    written.clear();
                    return prepared;
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Committer<String> committer(SinkContext context) {
            return new Committer<>() {
                @Override
                public void commit(List<String> committables) {
                    throw new AssertionError("no checkpoint is complete");
                }

                @Override
                public void recover(List<String> committables) {
                    RECOVERED.addAll(committables);
                }
            };
        }
    }

    private static <K, V> TreeMap<K, V> sorted(ReadOnlyBroadcastState<K, V> state) {
        TreeMap<K, V> sorted = new TreeMap<>();
        state.entries().forEach(each -> sorted.put(each.getKey(), each.getValue()));
        return sorted;
    }

    /** Keeps the length of each text, and the last text of each length. */
    private static final class Rules extends BroadcastProcessFunction<String, String, String> {
        private static final long serialVersionUID = 1L;
        static final MapStateDescriptor<String, Long> LIMITS =
                new MapStateDescriptor<>("limits", Serdes.STRING, Serdes.LONG);
        static final MapStateDescriptor<Long, String> NAMES =
                new MapStateDescriptor<>("names", Serdes.LONG, Serdes.STRING);

        @Override
        public void process(String element, ReadOnlyContext context, Collector<String> out) {
            out.collect(sorted(context.broadcastState(LIMITS)) + " " + sorted(context.broadcastState(NAMES)));
        }

        @Override
        public void processBroadcast(String element, Context context, Collector<String> out) {
            context.broadcastState(LIMITS).put(element, (long) element.length());
            context.broadcastState(NAMES).put((long) element.length(), element);
        }
    }

    private static final class KeyedRules extends KeyedBroadcastProcessFunction<String, String, String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(String element, ReadOnlyContext<String> context, Collector<String> out) {
            out.collect(
                    element + " " + sorted(context.broadcastState(Rules.LIMITS)) + " at " + context.watermarkMillis());
        }

        @Override
        public void processBroadcast(String element, BroadcastProcessFunction.Context context, Collector<String> out) {
            context.broadcastState(Rules.LIMITS).put(element, (long) element.length());
        }
    }

    private static final class ByItself implements KeySelector<String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public String key(String element) {
            return element;
        }
    }

    private static final class Asking implements AsyncFunction<String, String> {
        private static final long serialVersionUID = 1L;
        static boolean answers; // One thread runs all.

        @Override
        public void asyncInvoke(String element, ResultFuture<String> result) {
            if (answers) {
                result.complete(List.of("answer to " + element));
            }
        }
    }

    private static final class FirstLetter implements KeySelector<String, String> {
        private static final long serialVersionUID = 1L;

        @Override
        public String key(String element) {
            return element.substring(0, 1);
        }
    }

    private static final class Lengths implements AggregateFunction<String, Long, Long> {
        private static final long serialVersionUID = 1L;

        @Override
        public Long create() {
            return 0L;
        }

        @Override
        public Long add(Long accumulator, String element) {
            return accumulator + element.length();
        }

        @Override
        public Long result(Long accumulator) {
            return accumulator;
        }

        @Override
        public Long merge(Long one, Long other) {
            return one + other;
        }
    }

    /** As it is compared. */
    static String shown(Object element, String at) {
        return element instanceof PartialSerde.Partial partial
                ? partial.key() + " " + partial.accumulator() + at
                : element + (element instanceof String text && text.startsWith("answer") ? at : "");
    }
}
