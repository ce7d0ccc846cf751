package io.selvage.minicluster.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.minicluster.MiniCluster;
import io.selvage.minicluster.MiniClusterExtension;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The same program that {@code scripts/quickstart.sh} runs, with real processes and real kills. */
@ExtendWith(MiniClusterExtension.class)
final class QuickstartIT {
    /** 20,000 flights last 50 seconds: the faults come in the first half, and on a slow machine before the end. */
    private static final double FLIGHTS_PER_SECOND = 400;

    private static final Duration UNDISTURBED = Duration.ofSeconds(3);
    private static final int DEADLINE_SECONDS = 420;

    @Test
    @Timeout(DEADLINE_SECONDS)
    void outputIsTheOraclesAlthoughAnExecutorAndTheMasterAreKilled(MiniCluster cluster) throws Exception {
        Path home = Path.of("..").toAbsolutePath().normalize();

        QuickstartReport report = Quickstart.run(new QuickstartSettings(
                home,
                cluster.configurationFolder(),
                Path.of("target", "quickstart-user").toAbsolutePath(),
                false,
                FLIGHTS_PER_SECOND,
                UNDISTURBED));

        assertThat(report.differences()).isEmpty();
        assertThat(report.isVerified()).isTrue();
        assertThat(report.flightsIn()).isEqualTo(20_000);
        assertThat(report.rowCount()).isEqualTo(6_901);
        assertThat(report.restartCount()).isPositive();
        assertThat(report.nextOutputSeconds()).hasSize(2).noneMatch(seconds -> seconds.isNaN());
    }
}
