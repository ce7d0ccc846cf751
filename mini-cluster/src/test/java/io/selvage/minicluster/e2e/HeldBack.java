package io.selvage.minicluster.e2e;

import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.type.Serde;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The elements of another source: slowly, so that a test has the time for a fault in their midst, and as fast as they
 * can be had once that has happened.
 *
 * @param elementsPerSecond of each reader, until it is let go
 * @param letGo a file of this machine: once it is there, nothing is held back
 */
record HeldBack<T, S>(Source<T, S> source, double elementsPerSecond, String letGo) implements Source<T, S> {
    private static final long serialVersionUID = 1L;

    @Override
    public Serde<T> serde() {
        return source.serde();
    }

    @Override
    public Serde<S> splitSerde() {
        return source.splitSerde();
    }

    @Override
    public boolean readsSideBySide() {
        return true; // Its readers have nothing for a while.
    }

    @Override
    public SplitPlanner<S> planner(SourceContext context, byte @Nullable [] restored) throws Exception {
        return source.planner(context, restored);
    }

    @Override
    public SplitReader<T> reader(S split, byte @Nullable [] position, SourceContext context) throws Exception {
        return new Reader<>(source.reader(split, position, context), elementsPerSecond, Path.of(letGo));
    }

    /** Owned by the reading subtask's thread. */
    static final class Reader<T> implements SplitReader<T> {
        private final SplitReader<T> reader;
        private final double elementsPerSecond;
        private final Path letGo;
        private final long startNanos = System.nanoTime();
        private long elements;
        private boolean free;

        Reader(SplitReader<T> reader, double elementsPerSecond, Path letGo) {
            this.reader = reader;
            this.elementsPerSecond = elementsPerSecond;
            this.letGo = letGo;
        }

        @Override
        public Status read(SourceOutput<T> out, int maxElements) throws Exception {
            free = free || Files.exists(letGo);
            if (free) {
                return reader.read(out, maxElements);
            }
            double seconds = (System.nanoTime() - startNanos) / (double) TimeUnit.SECONDS.toNanos(1);
            int due = (int) Math.min(maxElements, (long) (seconds * elementsPerSecond) - elements);
            if (due <= 0) {
                return Status.IDLE;
            }
            elements += due;
            return reader.read(out, due);
        }

        @Override
        public byte[] position() {
            return reader.position();
        }

        @Override
        public String describeLast() {
            return reader.describeLast();
        }

        @Override
        public void close() throws Exception {
            reader.close();
        }
    }
}
