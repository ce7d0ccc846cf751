package io.selvage.api.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TumblingWindowsTest {
    @Test
    void everyTimestampLiesInItsWindow() {
        for (TumblingWindows windows : new TumblingWindows[] {
            TumblingWindows.of(Duration.ofMillis(10)), TumblingWindows.of(Duration.ofMillis(10), Duration.ofMillis(3))
        }) {
            for (long time = -50; time < 50; time++) {
                long start = windows.startOf(time);
                assertThat(time).isBetween(start, start + 9);
                assertThat(Math.floorMod(start - windows.offsetMillis(), 10L)).isZero();
            }
        }
    }

    @Test
    void sizeAndOffsetAreChecked() {
        assertThatThrownBy(() -> TumblingWindows.of(Duration.ZERO)).hasMessageContaining("0 ms");
        assertThatThrownBy(() -> TumblingWindows.of(Duration.ofDays(1), Duration.ofDays(1)))
                .hasMessageContaining("offset");
    }
}
