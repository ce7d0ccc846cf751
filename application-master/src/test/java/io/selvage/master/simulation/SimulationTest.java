package io.selvage.master.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.JobOutcome;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** {@code -Dselvage.simulation.seed=N} replays one seed and prints what happened; {@code .seeds=N} runs so many. */
class SimulationTest {
    private static final int SEEDS = Integer.getInteger("selvage.simulation.seeds", 2_000);

    @Test
    void invariantsHoldUnderSeededFaults() {
        Long only = Long.getLong("selvage.simulation.seed");
        if (only != null) {
            replay(only);
            return;
        }
        Map<String, Integer> faults = new TreeMap<>();
        long adoptions = 0;
        Map<JobOutcome, Integer> outcomes = new EnumMap<>(JobOutcome.class);
        for (long seed = 1; seed <= SEEDS; seed++) {
            Simulation simulation = new Simulation(seed, false);
            try {
                simulation.run();
            } catch (AssertionError | RuntimeException broken) {
                throw new AssertionError("Seed " + seed + ", replayed by -Dselvage.simulation.seed=" + seed, broken);
            }
            simulation.faults().forEach((fault, count) -> faults.merge(fault, count, Integer::sum));
            adoptions += simulation.adoptions();
            outcomes.merge(simulation.outcome(), 1, Integer::sum);
        }
        System.out.println(
                "simulation: " + SEEDS + " seeds, " + outcomes + ", " + adoptions + " adoptions, faults " + faults);
        assertThat(adoptions).isGreaterThan(SEEDS / 20);
        // A simulation in which nothing happens proves nothing.
        assertThat(faults)
                .hasSize(12)
                .allSatisfy((fault, count) -> assertThat(count).isGreaterThan(SEEDS / 100));
        assertThat(outcomes.getOrDefault(JobOutcome.JOB_FINISHED, 0)).isGreaterThan(SEEDS / 2);
        assertThat(outcomes.getOrDefault(JobOutcome.JOB_CANCELED, 0)).isPositive();
    }

    @Test
    void replaysASeedExactly() {
        Simulation first = new Simulation(7, true);
        Simulation second = new Simulation(7, true);
        first.run();
        second.run();
        assertThat(second.trace()).isEqualTo(first.trace());
    }

    private static void replay(long seed) {
        Simulation simulation = new Simulation(seed, true);
        try {
            simulation.run();
        } finally {
            System.out.println(simulation.trace());
        }
    }
}
