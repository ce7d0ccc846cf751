package io.selvage.minicluster.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.examples.FlightDelays;
import io.selvage.local.LocalEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example as it stands, by its {@code main}, without a cluster. */
final class FlightDelaysInOneProcessTest {
    private static final Path DATA =
            Path.of("..", "examples", "data").toAbsolutePath().normalize();

    @Test
    @Timeout(60)
    void theExampleComesToWhatTheOracleSays(@TempDir Path output) throws Exception {
        Path flights = DATA.resolve("flights.csv");
        Path airports = DATA.resolve("airports.csv");
        try (LocalEnvironment local = LocalEnvironment.builder()
                .parallelism(2)
                .set("selvage.checkpoint.interval", "50ms")
                .start()) {
            local.run(() -> FlightDelays.main(new String[] {
                "--flights", flights.toUri().toString(),
                "--airports", airports.toUri().toString(),
                "--output", output.resolve("delays").toUri().toString(),
                "--split-size", "64k"
            }));
        }
        assertThat(lines(output.resolve("delays")))
                .isEqualTo(FlightDelaysOracle.answer(flights, airports).lines());
    }

    private static List<String> lines(Path directory) throws IOException {
        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(each -> each.getFileName().toString().startsWith("part-"))
                    .toList()) {
                List<String> all = Files.readAllLines(file);
                lines.addAll(all.subList(1, all.size())); // Behind the header.
            }
        }
        lines.sort(null);
        return lines;
    }
}
