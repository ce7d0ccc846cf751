package io.selvage.task.operator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LatenciesTest {
    private final Latencies latencies = new Latencies();

    @Test
    void theNewestCountWhateverTheirOrder() {
        for (int i = 0; i < 1_000; i++) {
            latencies.note(1, 1_000_000); // Forgotten in time.
        }
        for (int i = 0; i < Latencies.KEPT; i++) {
            latencies.note(1, 37 * i % Latencies.KEPT); // Each from 0 to 255 once.
        }
        assertThat(latencies.read())
                .containsExactly(new Latencies.Latency(1, 1_000 + Latencies.KEPT, 127, 253, Latencies.KEPT - 1));
    }

    @Test
    void aClockThatIsBehindMakesNoNegativeLatency() {
        latencies.note(2, -5);
        assertThat(latencies.read()).containsExactly(new Latencies.Latency(2, 1, 0, 0, 0));
    }
}
