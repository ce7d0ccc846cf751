package io.selvage.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.JobLauncher;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.Vertex;
import io.selvage.connector.file.MalformedLines;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FlightDelaysTest {
    private static final String FLIGHTS = "data/flights.csv";
    private static final String AIRPORTS = "data/airports.csv";

    @TempDir
    Path folder;

    @AfterEach
    void uninstallLauncher() {
        StreamEnvironment.install(null);
    }

    private static List<JobGraph> launched(String... args) throws Exception {
        List<JobGraph> graphs = new ArrayList<>();
        StreamEnvironment.install(new JobLauncher() {
            @Override
            public int defaultParallelism() {
                return 2;
            }

            @Override
            public String launch(JobGraph graph) {
                graphs.add(graph);
                return "job-1";
            }
        });
        FlightDelays.main(args);
        return graphs;
    }

    @Test
    void becomesAJobOfAPlannerReadersAndWindowsThatWrite() throws Exception {
        List<JobGraph> graphs =
                launched("--flights", FLIGHTS, "--airports", AIRPORTS, "--output", folder + "/out", "--rate", "500");

        assertThat(graphs).hasSize(1);
        assertThat(graphs.get(0).vertices()).extracting(Vertex::parallelism).containsExactly(1, 2, 2);
        assertThat(graphs.get(0).vertices())
                .flatExtracting(Vertex::operators)
                .filteredOn(Operator::stateful)
                .extracting(Operator::uid)
                .containsExactly("flights-splits", "flights", "airport-days", "delays");
    }

    @Test
    void meanAndShareAreRoundedHalfUp() {
        FlightDelays.Delays delays = FlightDelays.Delays.NONE;
        for (int minutes : new int[] {-1, 0, 0, 0, 0, 0, 15, 16}) {
            delays = delays.plus(new FlightDelays.Flight(LocalDateTime.of(2001, 1, 1, 0, 0), "X", minutes));
        }

        assertThat(delays.meanMinutes()).isEqualTo(new BigDecimal("3.75"));
        assertThat(delays.percentOver15Minutes()).isEqualTo(new BigDecimal("12.50"));
        assertThat(delays.worstMinutes()).isEqualTo(16);
        assertThat(new FlightDelays.Delays(200, 1, 1, 0).meanMinutes()).isEqualTo(new BigDecimal("0.01"));
        assertThat(new FlightDelays.Delays(200, -1, 1, 0).meanMinutes()).isEqualTo(new BigDecimal("-0.01"));
    }

    @Test
    void optionsAreRead() {
        FlightDelaysOptions options = FlightDelaysOptions.parse(
                "--output", "o", "--flights", "f", "--airports", "a", "--on-bad-line", "skip", "--split-size", "64k");

        assertThat(options).isEqualTo(new FlightDelaysOptions("f", "a", "o", 0, MalformedLines.SKIP, 65_536));
    }

    @Test
    void everyMistakeIsNamedAndTheUsageShown() {
        assertRefused("The option --airports is missing.", "--flights", "f");
        assertRefused("There is no option --flight.", "--flight", "f");
        assertRefused("The option --flights needs a value.", "--flights");
        assertRefused("The option --flights is given twice.", "--flights", "f", "--flights", "g");
        assertRefused("A --rate is not below 0, as -1 is.", with("--rate", "-1"));
        assertRefused("A --rate is a number of flights a second, which fast is not.", with("--rate", "fast"));
        assertRefused("--on-bad-line is fail or skip, not ignore.", with("--on-bad-line", "ignore"));
        assertRefused("A --split-size is a number of bytes like 65536, 64k or 8m", with("--split-size", "k"));
        assertRefused("A --split-size is at least one byte, which 0 is not.", with("--split-size", "0"));
    }

    private static String[] with(String option, String value) {
        return new String[] {"--flights", "f", "--airports", "a", "--output", "o", option, value};
    }

    private static void assertRefused(String message, String... args) {
        assertThatThrownBy(() -> FlightDelaysOptions.parse(args))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageStartingWith(message)
                .hasMessageContaining("Usage: flight-delays --flights PATH");
    }

    @Test
    void missingInputIsRefusedBeforeAnythingIsSubmitted() {
        assertThatThrownBy(() -> launched("--flights", FLIGHTS, "--airports", "absent.csv", "--output", folder + "/o"))
                .hasMessageStartingWith("The input path absent.csv does not exist in file:/");
        assertThatThrownBy(() -> launched("--flights", "absent.csv", "--airports", AIRPORTS, "--output", folder + "/o"))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageStartingWith("In source flights: The input path absent.csv does not exist in file:/");
    }
}
