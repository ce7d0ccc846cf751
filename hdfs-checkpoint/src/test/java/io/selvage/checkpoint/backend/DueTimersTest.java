package io.selvage.checkpoint.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
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
        List<Known> all = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            boolean grows = (step / 2000) % 2 == 0; // Then it shrinks, to nothing or nearly.
            if (all.isEmpty() || random.nextInt(4) < (grows ? 3 : 1)) {
                Known one = new Known(random.nextInt(ROWS), random.nextInt(3), 1000L * random.nextInt(times));
                if (timers.find(rows[one.row()], one.namespace(), one.millis()) == null) {
                    assertThat(all).doesNotContain(one);
                    timers.add(new Timer<>(rows[one.row()], one.namespace(), one.millis()));
                    byTime.computeIfAbsent(one.millis(), millis -> new ArrayDeque<>())
                            .add(one);
                    all.add(one);
                } else {
                    assertThat(all).contains(one);
                }
            } else {
                boolean isFirst = random.nextBoolean();
                Known one = isFirst ? byTime.firstEntry().getValue().getFirst() : all.get(random.nextInt(all.size()));
                Timer<Long> found = timers.find(rows[one.row()], one.namespace(), one.millis());
                assertThat(found).isNotNull();
                if (isFirst) {
                    assertThat(timers.first()).isSameAs(found);
                }
                timers.remove(found);
                all.remove(one);
                forget(one, byTime);
            }
            assertThat(timers.count()).isEqualTo(all.size());
            assertThat(timers.firstMillis()).isEqualTo(byTime.isEmpty() ? Long.MAX_VALUE : byTime.firstKey());
        }
    }

    private static void forget(Known one, TreeMap<Long, Deque<Known>> byTime) {
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
