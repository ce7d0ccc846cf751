package io.selvage.examples.nexmark;

import io.selvage.examples.CommandLine;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Nexmark} is asked to do.
 *
 * @param output null: what comes out is thrown away
 */
record NexmarkOptions(
        Query query,
        long events,
        double rate,
        long eventRate,
        int parallelism,
        @Nullable String output) {

    private static final String USAGE = """
            Usage: nexmark QUERY [options]
              QUERY            one of %s
              --events N       how many events there are; default: 10000000
              --rate N         read N events a second; 0, the default: as fast as it goes
              --event-rate N   events to a second of event time; default: 10000
              --parallelism N  of all steps, the source's readers among them; default: 2
              --output PATH    the directory for the results, a line for each; by itself they are thrown away""".formatted(Query.words());

    private static final List<String> NAMES =
            List.of("--events", "--rate", "--event-rate", "--parallelism", "--output");

    static NexmarkOptions parse(String... args) {
        List<String> arguments = List.of(args);
        CommandLine given =
                CommandLine.parse(arguments.isEmpty() ? arguments : arguments.subList(1, args.length), NAMES, USAGE);
        if (arguments.isEmpty()) {
            throw given.refused("There is no query.");
        }
        Query query = Query.named(arguments.get(0))
                .orElseThrow(() -> given.refused("There is no query " + arguments.get(0) + "."));
        return new NexmarkOptions(
                query,
                given.number("--events", 10_000_000, Long.MAX_VALUE),
                given.rate("--rate", "events"),
                given.number("--event-rate", 10_000, 1_000_000_000),
                (int) given.number("--parallelism", 2, Short.MAX_VALUE),
                given.options().get("--output"));
    }
}
