package io.selvage.minicluster.soak;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BlowTest {
    @Test
    void scheduleIsTheSeeds() {
        assertThat(Blow.schedule(7, 100)).isEqualTo(Blow.schedule(7, 100)).isNotEqualTo(Blow.schedule(8, 100));
    }

    @Test
    void everyTroubleComesEarly() {
        assertThat(Blow.schedule(7, Trouble.values().length))
                .extracting(Blow::trouble)
                .containsExactlyInAnyOrder(Trouble.values());
    }
}
