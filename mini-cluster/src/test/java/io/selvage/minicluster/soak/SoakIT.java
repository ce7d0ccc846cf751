package io.selvage.minicluster.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.minicluster.MiniClusterExtension;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The same that {@code scripts/soak.sh} runs; {@code -Dselvage.soak.faults} and {@code -Dselvage.soak.seed} for more.
 */
class SoakIT {
    private static final int FAULTS = Integer.getInteger("selvage.soak.faults", 20);
    private static final long SEED = Long.getLong("selvage.soak.seed", 3);

    @RegisterExtension
    static final MiniClusterExtension HADOOP = new MiniClusterExtension();

    @Test
    void jobThatFaultsBefallLosesAndRepeatsNothing() throws Exception {
        Path home = Path.of("..").toAbsolutePath().normalize();
        SoakSettings settings = SoakSettings.of(home, Path.of("target", "soak").toAbsolutePath(), FAULTS, SEED);
        SoakReport report = Soak.run(HADOOP.cluster(), settings, line -> System.out.println("SoakIT: " + line));
        report.lines().forEach(line -> System.out.println("SoakIT: " + line));
        assertThat(report.isRight()).as(String.join("\n", report.lines())).isTrue();
    }
}
