package io.selvage.task.executor;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What is played through in a {@link Rehearsal}: numbers are counted by key, and the counts are forgotten. Elements and
 * state are records, as those of most programs.
 */
final class RehearsalProgram {
    static final int MAX_PARALLELISM = 16;
    static final int PARALLELISM = 2;
    private static final int KEYS = 5000;

    private RehearsalProgram() {}

    /** @param records of each of its splits */
    static JobGraph graph(int records) {
        StreamEnvironment env =
                StreamEnvironment.create().parallelism(PARALLELISM).maxParallelism(MAX_PARALLELISM);
        env.from(new Numbers(records), "numbers")
                .map(number -> new Sample("key " + number % KEYS, number))
                .assignTimestamps(
                        WatermarkStrategy.boundedOutOfOrderness(Duration.ofMillis(10), sample -> sample.number()))
                .keyBy(Sample::key)
                .process(new Count())
                .uid("counts")
                .sinkTo(new Nowhere(), "nowhere");
        return env.graph("warm-up");
    }

    private record Sample(String key, long number) {}

    private record Tally(long count, long newest) {}

    private record Numbers(int records) implements Source<Long, Integer> {
        @Override
        public Serde<Long> serde() {
            return Serdes.LONG;
        }

        @Override
        public Serde<Integer> splitSerde() {
            return Serdes.of(Integer.class);
        }

        @Override
        public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
            return new Planner(restored != null);
        }

        @Override
        public SplitReader<Long> reader(Integer split, byte @Nullable [] position, SourceContext context) {
            return new Reader(position == null ? 0 : ByteBuffer.wrap(position).getLong(), records);
        }
    }

    private static final class Planner implements SplitPlanner<Integer> {
        private boolean isComplete;

        Planner(boolean isComplete) {
            this.isComplete = isComplete;
        }

        @Override
        public List<Integer> discover() {
            List<Integer> found = isComplete
                    ? List.of()
                    : IntStream.range(0, PARALLELISM).boxed().toList();
            isComplete = true;
            return found;
        }

        @Override
        public boolean isComplete() {
            return isComplete;
        }

        @Override
        public byte[] snapshot() {
            return new byte[0];
        }
    }

    private static final class Reader implements SplitReader<Long> {
        private final long end;
        private long next;

        Reader(long next, long end) {
            this.next = next;
            this.end = end;
        }

        @Override
        public Status read(SourceOutput<Long> out, int maxElements) {
            for (int i = 0; i < maxElements && next < end; i++) {
                out.collect(next++);
            }
            return next == end ? Status.END : Status.MORE;
        }

        @Override
        public byte[] position() {
            return ByteBuffer.allocate(Long.BYTES).putLong(next).array();
        }
    }

    private static final class Count extends KeyedProcessFunction<String, Sample, String> {
        private static final long serialVersionUID = 1L;

        private transient @Nullable ValueState<Tally> tally;

        @Override
        public void openState(StateAccess states) {
            tally = states.value(new ValueStateDescriptor<>("tally", Serdes.of(Tally.class)));
        }

        @Override
        public void process(Sample sample, Context<String> context, Collector<String> out) throws Exception {
            ValueState<Tally> counted = tally;
            if (counted != null) {
                Tally before = counted.value();
                counted.update(new Tally(before == null ? 1 : before.count() + 1, sample.number()));
                context.registerEventTimeTimer(context.timestampMillis() + KEYS);
                out.collect(context.key());
            }
        }
    }

    private record Nowhere() implements Sink<String, String> {
        @Override
        public Serde<String> committableSerde() {
            return Serdes.STRING;
        }

        @Override
        public SinkWriter<String, String> writer(SinkContext context) {
            return new SinkWriter<>() {
                @Override
                public void write(String element, long timestampMillis) {}

                @Override
                public List<String> prepare(long checkpoint) {
                    return List.of("nothing");
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Committer<String> committer(SinkContext context) {
            return new Committer<>() {
                @Override
                public void commit(List<String> committables) {}

                @Override
                public void recover(List<String> committables) {}
            };
        }
    }
}
