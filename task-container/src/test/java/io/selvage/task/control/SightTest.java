package io.selvage.task.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SightTest {
    private static final IOException ENDED = new IOException("token 7 can't be found in cache\n\tat Server.java:1");

    private final Sight sight = new Sight("The journal");

    @Test
    void isTriedMoreAndMoreSeldomDownToABoundAndAtOnceWhenItIsThere() {
        long now = 0;
        List<Long> pausesMillis = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            assertThat(sight.isDue(now)).isTrue();
            sight.onHidden(ENDED, now);
            long failedNanos = now;
            while (!sight.isDue(now)) {
                now += Sight.FIRST_PAUSE_NANOS;
            }
            pausesMillis.add(TimeUnit.NANOSECONDS.toMillis(now - failedNanos));
        }
        assertThat(pausesMillis).containsExactly(250L, 500L, 1_000L, 2_000L, 4_000L, 4_000L);
        sight.onRead(now);
        assertThat(sight.isDue(now)).isTrue();
        sight.onHidden(ENDED, now);
        assertThat(sight.isDue(now + Sight.FIRST_PAUSE_NANOS)).isTrue();
    }

    @Test
    void peopleAreToldWhenItBeginsOnceAMinuteAndWhenItIsOver() {
        assertThat(sight.onRead(0)).isEmpty();
        assertThat(sight.onHidden(ENDED, 0))
                .hasValueSatisfying(sentence -> assertThat(sentence)
                        .startsWith("The journal can't be read; ")
                        .endsWith("java.io.IOException: token 7 can't be found in cache"));
        for (long second = 1; second < 60; second++) {
            assertThat(sight.onHidden(ENDED, TimeUnit.SECONDS.toNanos(second))).isEmpty();
        }
        assertThat(sight.onHidden(ENDED, TimeUnit.SECONDS.toNanos(60)))
                .hasValueSatisfying(sentence -> assertThat(sentence).contains("61 times in 60 s"));
        assertThat(sight.onHidden(ENDED, TimeUnit.SECONDS.toNanos(119))).isEmpty();
        assertThat(sight.onRead(TimeUnit.SECONDS.toNanos(120)))
                .hasValue("The journal can be read again, after 62 failures in 120 s.");
        assertThat(sight.onRead(TimeUnit.SECONDS.toNanos(121))).isEmpty();
    }
}
