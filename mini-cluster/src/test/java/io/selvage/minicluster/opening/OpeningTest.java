package io.selvage.minicluster.opening;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OpeningTest {
    private static final OpeningFigures FIGURES = new OpeningFigures(
            6_100, List.of(3_900L, 3_200L, 3_500L), 61_500_000, 0, 12_300, List.of(4_800L, 4_100L), List.of(1_200L));

    @Test
    void figuresAreShownWithTheirMedians() {
        assertThat(FIGURES.toText()).isEqualTo("""
                open a session: 3.50 s (3.20 to 3.90, 3 times); the first one, which uploads, 6.10 s
                in HDFS: 61.5 MB of runtime; of the second session 0 bytes of it, and 12.3 KB in all
                submit to first output, no executor up: 4.10 s (4.10 to 4.80, 2 times)
                submit to first output, executors up: 1.20 s (1.20 to 1.20, 1 times)""");
    }

    @Test
    void figuresAsJsonKeepEachTime() {
        assertThat(FIGURES.toJson())
                .isEqualTo("{\"workload\":\"opening\",\"first_open_millis\":6100,\"open_millis_median\":3500,"
                        + "\"open_millis\":[3900,3200,3500],\"runtime_bytes\":61500000,"
                        + "\"second_session_library_bytes\":0,\"second_session_bytes\":12300,"
                        + "\"first_output_without_executors_millis_median\":4100,"
                        + "\"first_output_without_executors_millis\":[4800,4100],"
                        + "\"first_output_with_executors_millis_median\":1200,"
                        + "\"first_output_with_executors_millis\":[1200]}");
    }

    @Test
    void theCommandLineIsUnderstoodOrRefused() {
        Path home = Path.of("/home");
        assertThat(OpeningSettings.parse(home, List.of()))
                .isEqualTo(new OpeningSettings(home, Path.of("/home/.selvage/opening"), 5, false, Map.of()));
        assertThat(OpeningSettings.parse(
                        home,
                        List.of(
                                "--openings",
                                "2",
                                "--json",
                                "-D",
                                "selvage.master.vcores=2",
                                "--folder",
                                "/elsewhere")))
                .isEqualTo(new OpeningSettings(
                        home, Path.of("/elsewhere"), 2, true, Map.of("selvage.master.vcores", "2")));
        assertThatThrownBy(() -> OpeningSettings.parse(home, List.of("--openings", "0")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("from 1 to 100, and not 0");
    }
}
