package io.selvage.minicluster.opening;

import io.selvage.minicluster.benchmark.BenchmarkOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What to measure.
 *
 * @param home the root of a checkout that is built
 * @param folder of the cluster and of what the jobs note; emptied at the start
 * @param openings of sessions, beside the first one, which uploads
 * @param options for the sessions, above those of the benchmark
 */
record OpeningSettings(Path home, Path folder, int openings, boolean json, Map<String, String> options) {
    static final String USAGE =
            "Usage: benchmark.sh opening [--openings N] [--folder DIRECTORY] [--json] [-D KEY=VALUE].";

    private static final int MOST_OPENINGS = 100;

    /** @param arguments without the word that has led here */
    static OpeningSettings parse(Path home, List<String> arguments) {
        BenchmarkOptions given =
                BenchmarkOptions.parse(arguments, Set.of("--openings", "--folder"), Set.of("--json"), USAGE);
        long openings = given.number("--openings", 5);
        if (openings < 1 || openings > MOST_OPENINGS) {
            throw new IllegalArgumentException(
                    "--openings is a number from 1 to " + MOST_OPENINGS + ", and not " + openings + ". " + USAGE);
        }
        String folder = given.text("--folder", home.resolve(".selvage/opening").toString());
        return new OpeningSettings(
                home, Path.of(folder).toAbsolutePath(), (int) openings, given.has("--json"), given.settings());
    }
}
