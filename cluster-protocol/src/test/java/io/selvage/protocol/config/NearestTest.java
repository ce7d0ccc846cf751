package io.selvage.protocol.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {
    @Test
    void editDistanceCountsInsertionsDeletionsAndReplacements() {
        assertThat(Nearest.editDistance("slots", "slots")).isZero();
        assertThat(Nearest.editDistance("slot", "slots")).isEqualTo(1);
        assertThat(Nearest.editDistance("kitten", "sitting")).isEqualTo(3);
        assertThat(Nearest.editDistance("", "abc")).isEqualTo(3);
    }

    @Test
    void whatResemblesNothingIsNotGuessed() {
        List<String> queues = List.of("default", "nightly", "reports");
        assertThat(Nearest.of("nigthly", queues)).contains("nightly");
        assertThat(Nearest.of("etl", queues)).isEmpty();
        assertThat(Nearest.of("nightly", List.of())).isEmpty();
    }
}
