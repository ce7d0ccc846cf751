package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.StreamEnvironment;
import io.selvage.connector.file.FileSink;
import io.selvage.connector.memory.DiscardSink;
import io.selvage.connector.memory.ElementSource;
import org.jspecify.annotations.Nullable;

/**
 * Runs one query of the benchmark Nexmark, over events that are made as they are read. What comes out is thrown away,
 * so that neither files nor a network stand between the engine and its figures, or written to files to be looked at.
 *
 * <pre>
 * scripts/selvage run -c io.selvage.examples.nexmark.Nexmark examples/target/selvage-examples.jar \
 *     q5 --events 10000000 --parallelism 2
 * </pre>
 *
 * <p>When the job has finished, {@code run} says how long it took and how many events went in and results came out.
 */
public final class Nexmark {
    private Nexmark() {}

    public static void main(String[] args) {
        NexmarkOptions options = NexmarkOptions.parse(args);
        StreamEnvironment env = StreamEnvironment.create().parallelism(options.parallelism());
        Generator generator = new Generator(Generator.BASE_MILLIS, options.eventRate());
        // As many splits as readers: a reader that had two would read one after the other, and the second came too
        // late.
        ElementSource<Event> source =
                ElementSource.generate(Event.class, options.events(), generator).splits(options.parallelism());
        Streams streams = new Streams(env, env.from(source, "events", options.rate()));
        write(options.query().of(streams), options.output());
        env.execute("nexmark-" + options.query().word());
    }

    private static <R> void write(DataStream<R> results, @Nullable String output) {
        if (output == null) {
            results.sinkTo(new DiscardSink<>(), "results");
        } else {
            results.map(Object::toString, String.class).sinkTo(FileSink.text(output), "results");
        }
    }
}
