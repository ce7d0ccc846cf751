package io.selvage.master.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.JobOutcome;
import org.junit.jupiter.api.Test;

/**
 * {@code -Dselvage.simulation.seed=N} replays one seed and prints what happened; {@code .seeds=N} runs so many, from
 * {@code .from=N} on {@code .threads=N}. See {@code scripts/simulate.sh}.
 */
class SimulationTest {
    private static final long SEEDS = Long.getLong("selvage.simulation.seeds", 10_000);
    private static final long FIRST = Long.getLong("selvage.simulation.from", 1);
    private static final int THREADS = Integer.getInteger("selvage.simulation.threads", 2);

    @Test
    void invariantsHoldUnderSeededFaults() throws InterruptedException {
        Long only = Long.getLong("selvage.simulation.seed");
        if (only != null) {
            replay(only);
            return;
        }
        SeedRange.Seen seen = new SeedRange(FIRST, SEEDS).run(THREADS);
        System.out.println("simulation: " + seen);
        assertThat(seen.seeds).isEqualTo(SEEDS);
        assertThat(seen.adoptions).isGreaterThan(SEEDS / 20);
        // A simulation in which nothing happens proves nothing.
        assertThat(seen.faults)
                .hasSize(12)
                .allSatisfy((fault, count) -> assertThat(count).isGreaterThan((int) (SEEDS / 100)));
        assertThat(seen.outcomes.getOrDefault(JobOutcome.JOB_FINISHED, 0)).isGreaterThan((int) (SEEDS / 2));
        assertThat(seen.outcomes.getOrDefault(JobOutcome.JOB_CANCELED, 0)).isPositive();
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
