package io.selvage.minicluster.quickstart;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class QuickstartTest {
    private static final long SECOND = 1_000_000_000L;

    private static QuickstartReport report(List<Fault> faults, List<Long> outputNanos, Comparison comparison) {
        return new QuickstartReport(
                1, 2, 3, 4, 2, faults, outputNanos, 30 * SECOND, 20, 20, 3, comparison.differences());
    }

    @Test
    void gapIsFromTheKillToTheNextOutputAndTheLongestOneIsToldToo() {
        Fault fault = new Fault("a task container", 42, 10 * SECOND, 10);
        List<Long> seen = List.of(9 * SECOND, 10 * SECOND + SECOND / 2, 14 * SECOND, 15 * SECOND, 25 * SECOND);

        assertThat(fault.nextOutputSeconds(seen)).isEqualTo(0.5);
        assertThat(fault.longestGapSeconds(seen, 16 * SECOND)).isEqualTo(3.5);
        assertThat(fault.longestGapSeconds(seen, 30 * SECOND)).isEqualTo(10);
        assertThat(fault.nextOutputSeconds(List.of(9 * SECOND))).isNaN();
    }

    @Test
    void equalOutputInAnyOrderIsEqual() {
        assertThat(Comparison.of(List.of("a", "b", "b"), List.of("b", "a", "b")).isEqual())
                .isTrue();
    }

    @Test
    void everyMissingRepeatedAndWrongLineIsADifference() {
        assertThat(Comparison.of(List.of("a", "b", "c"), List.of("a", "b", "b", "d"))
                        .differences())
                .containsExactly("too many 1x: b", "missing 1x: c", "too many 1x: d");
    }

    @Test
    void verdictIsOnlyGoodIfNothingDiffersAndNoFlightIsLost() {
        Comparison equal = Comparison.of(List.of("a"), List.of("a"));
        Comparison different = Comparison.of(List.of("a"), List.of("a", "a"));

        assertThat(report(List.of(), List.of(), equal).verdict())
                .isEqualTo("exactly-once: verified (20 flights in, 3 rows)");
        assertThat(report(List.of(), List.of(), different).isVerified()).isFalse();
        assertThat(report(List.of(), List.of(), different).verdict()).startsWith("exactly-once: VIOLATED");
        assertThat(new QuickstartReport(1, 2, 3, 4, 2, List.of(), List.of(), 1, 20, 19, 3, List.of()).isVerified())
                .isFalse();
    }

    @Test
    void reportIsOneLineOfJson() {
        Fault fault = new Fault("a task container", 42, 10 * SECOND, 10);

        assertThat(report(List.of(fault), List.of(12 * SECOND), Comparison.of(List.of(), List.of()))
                        .toJson())
                .isEqualTo("{\"verified\":true,\"flightsIn\":20,\"rows\":3,\"differences\":0,\"sessionSeconds\":1.00,"
                        + "\"firstOutputSeconds\":2.00,\"jobSeconds\":3.00,\"checkpoints\":4,\"restarts\":2,\"faults\":["
                        + "{\"victim\":\"a task container\",\"atSeconds\":10.00,\"nextOutputSeconds\":2.00,"
                        + "\"longestGapSeconds\":2.00}]}");
    }

    @Test
    void worstAirportsAreThoseWithTheGreatestMeanAndEnoughFlights() {
        List<String> table = WorstAirports.table(List.of(
                "2001-01-01,AAA,Alpha,30,1.00,50,10.00",
                "2001-01-02,AAA,Alpha,30,3.00,60,20.00",
                "2001-01-01,BBB,Beta,60,9.50,20,0.00",
                "2001-01-01,CCC,Gamma,2,99.00,99,100.00"));

        assertThat(table).hasSize(3);
        assertThat(table.get(1)).matches(" +BBB +Beta +60 +9\\.5 min +20 min +0\\.0 %");
        assertThat(table.get(2)).matches(" +AAA +Alpha +60 +2\\.0 min +60 min +15\\.0 %");
    }

    @Test
    void onlyTheQuickstartKnowsSelvage() {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        noClasses()
                .that()
                .resideInAPackage("io.selvage.minicluster")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.selvage.client..", "io.selvage.protocol..", "io.selvage.minicluster.quickstart")
                .check(new ClassFileImporter().importPath(Path.of("target", "classes")));
    }
}
