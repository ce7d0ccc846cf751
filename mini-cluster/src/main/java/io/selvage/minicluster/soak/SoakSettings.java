package io.selvage.minicluster.soak;

import java.nio.file.Path;

/**
 * What to run, and where.
 *
 * @param home the root of a checkout that is built
 * @param folder for what the soak writes on this machine
 * @param recordsPerSecond of the job's input
 * @param keys accounts that the job keeps
 */
public record SoakSettings(Path home, Path folder, int faults, long seed, double recordsPerSecond, long keys) {
    static final double DEFAULT_RATE = 400;
    static final long DEFAULT_KEYS = 200;

    public static SoakSettings of(Path home, Path folder, int faults, long seed) {
        return new SoakSettings(home, folder, faults, seed, DEFAULT_RATE, DEFAULT_KEYS);
    }
}
