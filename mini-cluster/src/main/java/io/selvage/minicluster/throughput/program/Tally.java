package io.selvage.minicluster.throughput.program;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Throws elements away, and leaves a file of this machine at its end: how many there were, a sum that only the right
 * ones make up, and how late they were.
 *
 * @param source of what has a pace; null: nobody wants to know how late
 * @param fromNanos records that were due before are not measured
 */
record Tally<T>(
        Meaning<T> meaning, String directory, @Nullable Elements<?> source, long fromNanos) implements Sink<T, Long> {
    /** What the sum is of, and the number of the record that has led to an element. */
    interface Meaning<T> extends java.io.Serializable {
        long sum(T element);

        long number(T element);
    }

    /** What {@code pass} lets through. */
    enum Elementary implements Meaning<Element<?>> {
        INSTANCE;

        @Override
        public long sum(Element<?> element) {
            return Elements.mix(31 * element.value() + element.key());
        }

        @Override
        public long number(Element<?> element) {
            return element.value() - 1;
        }
    }

    /** Of counts. */
    enum OfCounts implements Meaning<Count> {
        INSTANCE;

        @Override
        public long sum(Count count) {
            return count.count();
        }

        @Override
        public long number(Count count) {
            return count.value();
        }
    }

    @Override
    public Serde<Long> committableSerde() {
        return Serdes.LONG;
    }

    @Override
    public SinkWriter<T, Long> writer(SinkContext context) {
        return new Writer<>(this, Path.of(directory, "sink-" + context.subtask() + ".csv"));
    }

    @Override
    public Committer<Long> committer(SinkContext context) {
        return new Committer<>() {
            @Override
            public void commit(List<Long> committables) {}

            @Override
            public void recover(List<Long> committables) {}
        };
    }

    /** Owned by the subtask's thread. */
    private static final class Writer<T> implements SinkWriter<T, Long> {
        private final Meaning<T> meaning;
        private final @Nullable Elements<?> source;
        private final long fromNanos;
        private final Path file;
        private final Latencies latencies = new Latencies();
        private long records;
        private long sum;

        Writer(Tally<T> tally, Path file) {
            this.meaning = tally.meaning;
            this.source = tally.source;
            this.fromNanos = tally.fromNanos;
            this.file = file;
        }

        @Override
        public void write(T element, long timestampMillis) {
            records++;
            sum += meaning.sum(element);
            if (source != null) {
                measure(source, meaning.number(element) / source.readers() - source.prefill());
            }
        }

        private void measure(Elements<?> paced, long sequence) {
            long dueNanos = paced.pace().dueNanos(sequence);
            if (sequence >= 0 && dueNanos - fromNanos >= 0) {
                latencies.add(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - dueNanos));
            }
        }

        @Override
        public List<Long> prepare(long checkpoint) {
            return List.of();
        }

        @Override
        public void close() throws IOException {
            String counts =
                    Arrays.stream(latencies.counts()).mapToObj(Long::toString).collect(Collectors.joining(","));
            Files.writeString(file, records + "," + sum + "\n" + counts + "\n");
        }
    }
}
