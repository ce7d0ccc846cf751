package io.selvage.minicluster.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.minicluster.MiniCluster;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The soak of {@code scripts/soak.sh}, short enough for every build. */
@Tag("own-cluster")
class SoakIT {
    /** Its schedule holds every kind of fault, and some that come before the job is back from the one before. */
    private static final long SEED = 177;

    private static final int FAULTS = 20;

    @TempDir
    static Path scratch;

    @Test
    void twentyFaultsOfEveryKindLeaveTheOutputExactlyRight() throws Exception {
        Path home = Path.of("..").toAbsolutePath().normalize();
        SoakSettings settings = SoakSettings.of(home, scratch, FAULTS, SEED);
        // Attempts that fail within the window count, and a soak has many in it.
        try (MiniCluster cluster = MiniCluster.builder(Path.of("target", "soak"))
                .maxAppAttempts(10_000)
                .start()) {
            SoakReport report = Soak.run(cluster, settings, line -> System.out.println("SoakIT: " + line));
            report.lines().forEach(line -> System.out.println("SoakIT: " + line));
            assertThat(report.isRight()).as(report.lines().toString()).isTrue();
            assertThat(report.blows().values().stream()
                            .mapToInt(Integer::intValue)
                            .sum())
                    .isEqualTo(FAULTS);
        }
    }
}
