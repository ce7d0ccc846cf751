package io.selvage.minicluster.quickstart;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What to run, and where.
 *
 * @param home the root of a checkout that is built
 * @param hadoopFolder the configuration of a cluster that runs
 * @param userDirectory where session files lie: where the scripts look for them, unless they are not to find this
 *     session
 * @param keep leaves session and output as they are at the end
 * @param flightsPerSecond makes the input of 20,000 flights last
 * @param undisturbed output has to come for so long before the next process is killed
 */
public record QuickstartSettings(
        Path home, Path hadoopFolder, Path userDirectory, boolean keep, double flightsPerSecond, Duration undisturbed) {
    static final double DEFAULT_FLIGHTS_PER_SECOND = 400;
    static final Duration DEFAULT_UNDISTURBED = Duration.ofSeconds(8);

    Path flights() {
        return home.resolve("examples/data/flights.csv");
    }

    Path airports() {
        return home.resolve("examples/data/airports.csv");
    }

    Path programJar() {
        return home.resolve("examples/target/selvage-examples.jar");
    }
}
