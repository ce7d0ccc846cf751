package io.selvage.master.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OutageTest {
    private final Outage outage = new Outage();
    private final List<String> told = new ArrayList<>();
    private long now = TimeUnit.HOURS.toNanos(1);

    /** Tries one record for so long, in vain. */
    private long fail(long seconds) {
        long started = now;
        long end = now + TimeUnit.SECONDS.toNanos(seconds);
        while (now < end) {
            outage.onFailure("HDFS is full, " + now + ".", started, now).ifPresent(told::add);
            now += TimeUnit.MILLISECONDS.toNanos(outage.pauseMillis());
        }
        return started;
    }

    @Test
    void peopleAreToldAtOnceThenTwiceAMinuteAndAtTheEnd() {
        long started = fail(60);
        assertThat(told).hasSize(2);
        assertThat(told.get(0)).isEqualTo("HDFS is full, " + started + ". It is tried again, for 10 minutes at most.");
        assertThat(told.get(1)).startsWith("HDFS is full, ").contains(" It was tried 34 times in 30 s, and is");
        assertThat(outage.onWritten(now)).hasValue("The journal is written again; that had failed 63 times in 60 s.");
    }

    @Test
    void manyShortOutagesAreToldNoMoreOftenThanALongOne() {
        for (int i = 0; i < 300; i++) {
            outage.onFailure("HDFS is full.", now, now).ifPresent(told::add);
            now += TimeUnit.MILLISECONDS.toNanos(outage.pauseMillis());
            outage.onWritten(now).ifPresent(told::add);
        }
        assertThat(told).as("beginning and end of the first, in 30 s").hasSize(2);
        fail(1);
        assertThat(told).hasSize(3);
    }

    @Test
    void whatIsWrittenAtOnceIsNothingToTell() {
        assertThat(outage.onWritten(now)).isEmpty();
        assertThat(outage.isTooLong(Long.MAX_VALUE)).isFalse();
    }
}
