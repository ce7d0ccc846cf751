package io.selvage.task.executor;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.task.operator.WaitingTime;
import org.junit.jupiter.api.Test;

class UtilizationTest {
    private static final long SECOND = 1_000_000_000;

    private final WaitingTime idle = new WaitingTime();
    private final WaitingTime backPressured = new WaitingTime();
    private final Utilization utilization = new Utilization(idle, backPressured, 0);

    private void expect(int busy, int pressed, int nothing) {
        assertThat(utilization.busyPermille()).as("busy").isEqualTo(busy);
        assertThat(utilization.backPressuredPermille()).as("back-pressured").isEqualTo(pressed);
        assertThat(utilization.idlePermille()).as("idle").isEqualTo(nothing);
    }

    private static void wait(WaitingTime what, long fromNanos, long toNanos) {
        what.begin(fromNanos);
        what.end(toNanos);
    }

    @Test
    void isNotKnownAtFirst() {
        utilization.sample(Utilization.LEAST_NANOS - 1);
        expect(0, 0, 0);
    }

    @Test
    void isTheShareOfTheTimeSinceTheSampleBefore() {
        wait(idle, SECOND / 10, SECOND * 3 / 10);
        wait(backPressured, SECOND / 2, SECOND);
        utilization.sample(SECOND);
        expect(300, 500, 200);
        utilization.sample(SECOND + 1); // Too soon: nothing is said of a moment.
        expect(300, 500, 200);
        wait(idle, SECOND, 2 * SECOND);
        utilization.sample(2 * SECOND);
        expect(0, 0, 1000);
        utilization.sample(3 * SECOND);
        expect(1000, 0, 0);
    }

    @Test
    void countsAWaitThatIsNotOver() {
        backPressured.begin(SECOND / 4);
        utilization.sample(SECOND);
        expect(250, 750, 0);
        utilization.sample(2 * SECOND);
        expect(0, 1000, 0);
        backPressured.end(2 * SECOND + SECOND / 2);
        utilization.sample(3 * SECOND);
        expect(500, 500, 0);
    }

    @Test
    void neverSaysMoreThanAll() {
        idle.begin(-SECOND); // Since before the first sample.
        wait(backPressured, 0, SECOND / 2);
        utilization.sample(SECOND);
        expect(0, 0, 1000);
    }
}
