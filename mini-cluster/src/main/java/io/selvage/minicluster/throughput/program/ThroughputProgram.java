package io.selvage.minicluster.throughput.program;

import io.selvage.api.DataStream;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.api.type.Serdes;
import io.selvage.api.window.TumblingWindows;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * The program. Options: {@code --work pass|count|window --records small|big --readers N --keys N --prefilled true|false
 * --state-bytes N --start NANOS --rate N --from NANOS --directory D}; without a rate all records are there at once.
 */
public final class ThroughputProgram {
    private ThroughputProgram() {}

    public static void main(String[] arguments) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            options.put(arguments[i], arguments[i + 1]);
        }
        if (options.getOrDefault("--records", "big").equals("small")) {
            run(Small.class, options);
        } else {
            run(Big.class, options);
        }
    }

    private static <T extends Element<T>> void run(Class<T> type, Map<String, String> options) {
        int readers = Integer.parseInt(options.getOrDefault("--readers", "2"));
        double rate = Double.parseDouble(options.getOrDefault("--rate", "0"));
        Elements<T> source = new Elements<>(
                type,
                readers,
                Long.parseLong(options.getOrDefault("--keys", "100000")),
                Boolean.parseBoolean(options.get("--prefilled")),
                new Pace(Long.parseLong(options.getOrDefault("--start", "0")), rate / readers),
                options.getOrDefault("--directory", "."));
        StreamEnvironment env = StreamEnvironment.create().parallelism(readers);
        DataStream<T> elements = env.from(source, "elements");
        String work = options.getOrDefault("--work", "count");
        switch (work) {
            case "pass" ->
                elements.map(T::raised, type)
                        .filter(element -> element.value() > 0)
                        .keyBy(Element::key, Serdes.LONG)
                        .sinkTo(tally(Tally.Elementary.INSTANCE, source, options), "passed");
            case "count" -> {
                int stateBytes = Integer.parseInt(options.getOrDefault("--state-bytes", "0"));
                elements.keyBy(Element::key, Serdes.LONG)
                        .process(stateBytes == 0 ? new Counting<>() : new PaddedCounting<T>(stateBytes), Count.class)
                        .uid("counts")
                        .sinkTo(tally(Tally.OfCounts.INSTANCE, source, options), "counted");
            }
            case "window" ->
                elements.assignTimestamps(WatermarkStrategy.boundedOutOfOrderness(Duration.ZERO, T::timestampMillis))
                        .keyBy(Element::key, Serdes.LONG)
                        .window(TumblingWindows.of(Duration.ofSeconds(1)))
                        .aggregate(
                                new CountElements<T>(),
                                Serdes.LONG,
                                (key, window, count) -> new Count(key, count, window.startMillis()),
                                Serdes.of(Count.class))
                        .uid("windows")
                        .sinkTo(tally(Tally.OfCounts.INSTANCE, source, options), "counted");
            default -> throw new IllegalArgumentException("There is no work " + work + "; give pass, count or window.");
        }
        env.execute(work);
    }

    private static <T> Tally<T> tally(
            Tally.Meaning<? super T> meaning, Elements<?> source, Map<String, String> options) {
        @SuppressWarnings("unchecked")
        Tally.Meaning<T> narrowed = (Tally.Meaning<T>) meaning;
        return new Tally<>(
                narrowed,
                source.directory(),
                source.pace().recordsPerSecond() == 0 ? null : source,
                Long.parseLong(options.getOrDefault("--from", "0")));
    }
}
