package io.selvage.connector.file;

import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What a source gives, read as the engine would read it. */
final class Collected<T> implements SourceOutput<T> {
    static final SourceContext CONTEXT = new SourceContext() {
        @Override
        public String operatorName() {
            return "read test";
        }

        @Override
        public int subtask() {
            return 0;
        }

        @Override
        public int parallelism() {
            return 1;
        }

        @Override
        public ClassLoader userClassLoader() {
            return Collected.class.getClassLoader();
        }
    };

    final List<T> elements = new ArrayList<>();
    int skipped;

    @Override
    public void collect(T element) {
        elements.add(element);
    }

    @Override
    public void collect(T element, long timestampMillis) {
        elements.add(element);
    }

    @Override
    public void skipped() {
        skipped++;
    }

    static <T> List<FileSplit> plan(Source<T, FileSplit> source) throws Exception {
        try (SplitPlanner<FileSplit> planner = source.planner(CONTEXT, null)) {
            List<FileSplit> splits = planner.discover();
            assert planner.isComplete();
            return splits;
        }
    }

    /** All splits in order; every now and then the reader is closed and another goes on from its position. */
    static <T> Collected<T> readAll(Source<T, FileSplit> source, Random random) throws Exception {
        Collected<T> out = new Collected<>();
        for (FileSplit split : plan(source)) {
            SplitReader<T> reader = source.reader(split, null, CONTEXT);
            while (reader.read(out, 1 + random.nextInt(3)) != SplitReader.Status.END) {
                if (random.nextInt(3) == 0) {
                    byte[] position = reader.position();
                    reader.close();
                    reader = source.reader(split, position, CONTEXT);
                }
            }
            reader.close();
        }
        return out;
    }
}
