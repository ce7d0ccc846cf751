package io.selvage.master.simulation;

import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * What a seed decides before anything happens.
 *
 * @param total how many numbers each subtask reads
 * @param faultyMillis from then on nothing goes wrong any more
 * @param pace how often things go wrong: 1 is often
 */
record Scenario(
        int parallelism,
        int slots,
        int total,
        int intervalMillis,
        int retained,
        int standby,
        long faultyMillis,
        double pace,
        Set<Fault> faults) {

    static Scenario of(SplittableRandom random) {
        Set<Fault> faults = EnumSet.allOf(Fault.class);
        if (random.nextInt(4) > 0) {
            double kept = 0.3 + 0.6 * random.nextDouble();
            faults.removeIf(fault -> random.nextDouble() >= kept);
        }
        return new Scenario(
                random.nextInt(1, 4),
                random.nextInt(1, 3),
                random.nextInt(4) == 0 ? random.nextInt(60, 160) : random.nextInt(10, 60),
                random.nextInt(150, 500),
                random.nextInt(1, 4),
                random.nextInt(3),
                random.nextInt(3_000, 15_000),
                0.3 + random.nextDouble(),
                faults);
    }
}
