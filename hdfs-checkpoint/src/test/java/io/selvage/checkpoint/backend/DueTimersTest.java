package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DueTimersTest {
    private static final int ROWS = 50;

    private record Known(int row, long namespace, long millis) {}

    @Test
    void thoseOfOneMillisecondComeInTheOrderInWhichTheyWereAdded() {
        DueTimers<Long> timers = new DueTimers<>();
        List<Timer<Long>> added = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            added.add(new Timer<>(row(i), 0L, i % 2 == 0 ? 2000 : 1000));
            timers.add(added.get(i));
        }

        List<Timer<Long>> taken = new ArrayList<>();
        for (Timer<Long> first = timers.first(); first != null; first = timers.first()) {
            timers.remove(first);
            taken.add(first);
        }

        List<Timer<Long>> expected = new ArrayList<>();
        added.stream().filter(timer -> timer.timestampMillis == 1000).forEach(expected::add);
        added.stream().filter(timer -> timer.timestampMillis == 2000).forEach(expected::add);
        assertThat(taken).containsExactlyElementsOf(expected);
        assertThat(timers.firstMillis()).isEqualTo(Long.MAX_VALUE);
    }

    /** Of as few different times as windows have, and of nearly as many as there are timers. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000, Integer.MAX_VALUE})
    void theyAreThoseOfAModelAfterEachOperation(int times) {
        Random random = new Random(times);
        Row[] rows = new Row[ROWS];
        for (int i = 0; i < ROWS; i++) {
            rows[i] = row(i);
        }
        DueTimers<Long> timers = new DueTimers<>();
        TreeMap<Long, Deque<Known>> byTime = new TreeMap<>();
        Set<Known> all = new HashSet<>();
        for (int step = 0; step < 20_000; step++) {
            Known one = new Known(random.nextInt(ROWS), random.nextInt(3), 1000L * random.nextInt(times));
            Timer<Long> found = timers.find(rows[one.row()], one.namespace(), one.millis());
            assertThat(found != null).isEqualTo(all.contains(one));
            // Grows, and shrinks to nothing again.
            boolean grows = (step / 4000) % 2 == 0;
            if (found == null && (grows || random.nextInt(4) == 0)) {
                timers.add(new Timer<>(rows[one.row()], one.namespace(), one.millis()));
                byTime.computeIfAbsent(one.millis(), millis -> new ArrayDeque<>())
                        .add(one);
                all.add(one);
            } else if (found != null && random.nextBoolean()) {
                timers.remove(found);
                forget(one, byTime, all);
            } else if (!all.isEmpty() && !grows) {
                Timer<Long> first = timers.first();
                assertThat(first).isNotNull();
                Known earliest = byTime.firstEntry().getValue().getFirst();
                assertThat(first.is(rows[earliest.row()], earliest.namespace(), earliest.millis()))
                        .isTrue();
                timers.remove(first);
                forget(earliest, byTime, all);
            }
            assertThat(timers.count()).isEqualTo(all.size());
            assertThat(timers.firstMillis()).isEqualTo(byTime.isEmpty() ? Long.MAX_VALUE : byTime.firstKey());
        }
    }

    private static void forget(Known one, TreeMap<Long, Deque<Known>> byTime, Set<Known> all) {
        all.remove(one);
        Deque<Known> ofTime = byTime.get(one.millis());
        ofTime.remove(one);
        if (ofTime.isEmpty()) {
            byTime.remove(one.millis());
        }
    }

    private static Row row(int key) {
        return new Row((long) key, KeyTable.hash((long) key), 0, 1);
    }
}
