package io.selvage.minicluster.oracle;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FlightDelaysOracleTest {
    private static final Path DATA = Path.of("../examples/data");

    @TempDir
    Path folder;

    @Test
    void countsTheWholeInput() throws Exception {
        FlightDelaysOracle.Answer answer =
                FlightDelaysOracle.answer(DATA.resolve("flights.csv"), DATA.resolve("airports.csv"));

        assertThat(answer.flightCount()).isEqualTo(20_000);
        assertThat(answer.lines()).hasSize(6_901).isSorted().contains("2001-01-06,BTR,Baton Rouge,1,-12.00,-12,0.00");
    }

    @Test
    void halvesAreRoundedAwayFromZero() throws Exception {
        Path flights = Files.writeString(folder.resolve("flights.csv"), """
                scheduled,origin,destination,distance_miles,delay_minutes
                2001-01-01T00:00:00,A,B,1,-1
                2001-01-01T23:59:59,A,B,1,0
                2001-01-01T12:00:00,A,B,1,0
                2001-01-01T12:00:00,A,B,1,0
                2001-01-01T12:00:00,A,B,1,0
                2001-01-01T12:00:00,A,B,1,0
                2001-01-01T12:00:00,A,B,1,0
                2001-01-01T12:00:00,A,B,1,16
                2001-01-02T12:00:00,A,B,1,15
                """);
        Path airports = Files.writeString(folder.resolve("airports.csv"), """
                iata,name,city,state,latitude,longitude
                A,"A, and more",Alpha,AL,1,2
                """);

        assertThat(FlightDelaysOracle.answer(flights, airports).lines())
                .containsExactly("2001-01-01,A,Alpha,8,1.88,16,12.50", "2001-01-02,A,Alpha,1,15.00,15,0.00");
    }

    @Test
    void sharesNoCodeWithTheEngine() {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        classes()
                .that()
                .resideInAPackage("io.selvage.minicluster.oracle")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "io.selvage.minicluster.oracle", "org.jspecify.annotations")
                .check(new ClassFileImporter().importPath(Path.of("target", "classes")));
    }
}
