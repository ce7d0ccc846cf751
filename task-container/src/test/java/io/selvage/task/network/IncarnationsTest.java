package io.selvage.task.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.id.Incarnation;
import io.selvage.protocol.id.JobId;
import org.junit.jupiter.api.Test;

class IncarnationsTest {
    private final JobId job = JobId.random();
    private final Incarnations incarnations = new Incarnations();

    @Test
    void whatIsOlderThanARunningIncarnationIsStale() {
        incarnations.onStarted(job, new Incarnation(3));

        assertThat(incarnations.isStale(job, new Incarnation(2))).isTrue();
        assertThat(incarnations.isStale(job, new Incarnation(3))).isFalse();
        assertThat(incarnations.isStale(job, new Incarnation(4))).isFalse();
        assertThat(incarnations.isStale(JobId.random(), new Incarnation(1))).isFalse();
    }

    @Test
    void whatIsReleasedIsStale() {
        incarnations.onStarted(job, new Incarnation(3));
        incarnations.onReleased(job, new Incarnation(3));
        incarnations.onReleased(job, new Incarnation(1));

        assertThat(incarnations.isStale(job, new Incarnation(3))).isTrue();
        assertThat(incarnations.isStale(job, new Incarnation(4))).isFalse();
    }
}
