package io.selvage.benchmarks;

/** A record as jobs have them: about 50 bytes in serialized form. */
public record Reading(long sensor, long timeMillis, double value, String place, int quality) {
    static Reading sample(long sensor) {
        return new Reading(sensor, 1_700_000_000_000L + sensor, 21.5, "greenhouse-12/bench-7/row-03", 3);
    }
}
