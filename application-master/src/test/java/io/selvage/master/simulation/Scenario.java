package io.selvage.master.simulation;

import io.selvage.protocol.id.SubtaskId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * What a seed decides before anything happens.
 *
 * @param parallelism of the region that is always there
 * @param second the parallelism of another region; 0: there is none
 * @param total how many numbers each subtask reads
 * @param retains the newest checkpoint outlives a job that is canceled
 * @param tolerated how many checkpoints in a row may fail; below 0: any number
 * @param faultyMillis from then on nothing goes wrong any more
 * @param pace how often things go wrong: 1 is often
 * @param only the application is for the job alone, which nobody submits, and ends with it
 */
record Scenario(
        int parallelism,
        int second,
        int slots,
        int total,
        int intervalMillis,
        int retained,
        boolean retains,
        int tolerated,
        int standby,
        long faultyMillis,
        double pace,
        Set<Fault> faults,
        boolean only) {

    static Scenario of(SplittableRandom random) {
        Set<Fault> faults = EnumSet.allOf(Fault.class);
        if (random.nextInt(4) > 0) {
            double kept = 0.3 + 0.6 * random.nextDouble();
            faults.removeIf(fault -> random.nextDouble() >= kept);
        }
        return new Scenario(
                random.nextInt(1, 4),
                random.nextBoolean() ? random.nextInt(1, 4) : 0,
                random.nextInt(1, 3),
                random.nextInt(4) == 0 ? random.nextInt(60, 160) : random.nextInt(10, 60),
                random.nextInt(150, 500),
                random.nextInt(1, 4),
                random.nextBoolean(),
                random.nextBoolean() ? random.nextInt(3) : -1,
                random.nextInt(3),
                random.nextInt(3_000, 15_000),
                0.3 + random.nextDouble(),
                faults,
                random.nextInt(3) == 0);
    }

    /** Each region is one vertex. */
    Set<Integer> regions() {
        return second == 0 ? Set.of(1) : new TreeSet<>(Set.of(1, 2));
    }

    int parallelismOf(int region) {
        return region == 1 ? parallelism : second;
    }

    List<SubtaskId> subtasks() {
        List<SubtaskId> subtasks = new ArrayList<>();
        for (int region : regions()) {
            for (int index = 0; index < parallelismOf(region); index++) {
                subtasks.add(SubtaskId.of(region, index));
            }
        }
        return subtasks;
    }
}
