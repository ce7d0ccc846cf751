package io.selvage.minicluster.soak;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One fault of a schedule.
 *
 * @param which picks the victim among those that there are
 * @param holdMillis how long a process is held, or a daemon gone
 * @param pauseMillis before it
 * @param overlaps it does not wait until the job is back from the one before
 */
record Blow(Trouble trouble, int which, long holdMillis, long pauseMillis, boolean overlaps) {
    private static final Map<Trouble, Integer> WEIGHTS = new EnumMap<>(Map.of(
            Trouble.KILL_TASK, 6,
            Trouble.KILL_MASTER, 5,
            Trouble.KILL_BOTH, 2,
            Trouble.HOLD_TASK, 2,
            Trouble.HOLD_MASTER, 2,
            Trouble.NODE_MANAGER, 1,
            Trouble.NAME_NODE, 1,
            Trouble.RESOURCE_MANAGER, 1));
    /** One in so many comes while the job is not back. */
    private static final int OVERLAP_ONE_IN = 6;

    private static final int LEAST_HOLD_MILLIS = 1_000;
    /** Longer than the heartbeat's time-out. */
    private static final int MOST_HOLD_MILLIS = 9_000;

    private static final int MOST_PAUSE_MILLIS = 1_500;

    /** Every kind comes before any comes for the second time; after that as they weigh. */
    static List<Blow> schedule(long seed, int count) {
        Random random = new Random(seed);
        List<Trouble> bag = new ArrayList<>();
        WEIGHTS.forEach((trouble, weight) -> {
            for (int i = 0; i < weight; i++) {
                bag.add(trouble);
            }
        });
        List<Trouble> first = new ArrayList<>(List.of(Trouble.values()));
        Collections.shuffle(first, random);
        List<Blow> schedule = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Trouble trouble = i < first.size() ? first.get(i) : bag.get(random.nextInt(bag.size()));
            schedule.add(new Blow(
                    trouble,
                    random.nextInt(Integer.MAX_VALUE),
                    LEAST_HOLD_MILLIS + random.nextInt(MOST_HOLD_MILLIS - LEAST_HOLD_MILLIS),
                    random.nextInt(MOST_PAUSE_MILLIS),
                    i > 0 && random.nextInt(OVERLAP_ONE_IN) == 0));
        }
        return List.copyOf(schedule);
    }
}
