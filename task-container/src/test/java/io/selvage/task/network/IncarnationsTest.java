package io.selvage.task.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IncarnationsTest {
    private static final int EDGE = 7;

    private final JobId job = JobId.random();
    private final Incarnations incarnations = new Incarnations();

    @Test
    void whatIsOlderThanARunningIncarnationIsStale() {
        incarnations.onStarted(job, new Incarnation(3));

        assertThat(isStale(2)).isTrue();
        assertThat(isStale(3)).isFalse();
        assertThat(isStale(4)).isFalse();
        assertThat(incarnations.isStale(JobId.random(), EDGE, new Incarnation(1)))
                .isFalse();
    }

    @Test
    void whatIsReleasedIsStale() {
        incarnations.onStarted(job, new Incarnation(3));
        incarnations.onReleased(job, new Incarnation(3), Map.of());
        incarnations.onReleased(job, new Incarnation(1), Map.of());

        assertThat(isStale(3)).isTrue();
        assertThat(isStale(4)).isFalse();
    }

    @Test
    void anEdgeThatGoesOnIsNotStaleUntilItIsReleasedAsWell() {
        int other = EDGE + 1;
        incarnations.onReleased(job, new Incarnation(4), Map.of(EDGE, new Incarnation(2)));
        incarnations.onStarted(job, new Incarnation(5));

        assertThat(isStale(1)).isTrue();
        assertThat(isStale(2)).isFalse();
        assertThat(incarnations.isStale(job, other, new Incarnation(4))).isTrue();
        assertThat(incarnations.isStale(job, other, new Incarnation(5))).isFalse();

        incarnations.onReleased(job, new Incarnation(5), Map.of());
        assertThat(isStale(2)).isTrue();
        assertThat(isStale(5)).isTrue();
        assertThat(isStale(6)).isFalse();
    }

    private boolean isStale(long incarnation) {
        return incarnations.isStale(job, EDGE, new Incarnation(incarnation));
    }
}
