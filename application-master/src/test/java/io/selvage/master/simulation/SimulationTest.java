package io.selvage.master.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.JobOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code -Dselvage.simulation.seed=N} replays one seed and prints what happened; {@code .seeds=N} runs so many, from
 * {@code .from=N} on {@code .threads=N}. See {@code scripts/simulate.sh}.
 */
class SimulationTest {
    private static final long SEEDS = Long.getLong("selvage.simulation.seeds", 10_000);
    private static final long FIRST = Long.getLong("selvage.simulation.from", 1);
    private static final int THREADS = Integer.getInteger("selvage.simulation.threads", 2);
    /** So few show nothing about what happens seldom. */
    private static final long TELLING = 10_000;

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
        if (SEEDS < TELLING) {
            return;
        }
        // A simulation in which nothing happens proves nothing.
        assertThat(seen.adoptions).isGreaterThan(SEEDS / 20);
        assertThat(seen.partialRestarts).isGreaterThan(SEEDS / 20);
        assertThat(seen.savepoints).isGreaterThan(SEEDS / 10);
        assertThat(seen.stops).isGreaterThan(SEEDS / 100);
        assertThat(seen.checkpointsGranted).isGreaterThan(SEEDS / 50);
        assertThat(seen.failuresByCheckpoints).isGreaterThan(SEEDS / 100);
        assertThat(seen.builtOnAborted).isGreaterThan(SEEDS / 10);
        assertThat(seen.retained).isGreaterThan(SEEDS / 500);
        assertThat(seen.rescales).isGreaterThan(SEEDS / 50);
        assertThat(seen.applications).isGreaterThan(SEEDS / 5);
        assertThat(seen.memoryKills).isGreaterThan(SEEDS / 10);
        assertThat(seen.exclusions).isGreaterThan(SEEDS / 50);
        assertThat(seen.faults.keySet()).contains(Fault.values());
        assertThat(seen.deaths.keySet())
                .as("a master has died right before and right after each label")
                .containsAll(Arrays.stream(Label.values())
                        .flatMap(label -> Stream.of("before " + label, "after " + label))
                        .toList());
        assertThat(seen.outcomes.getOrDefault(JobOutcome.JOB_FINISHED, 0)).isGreaterThan((int) (SEEDS / 2));
        assertThat(seen.outcomes.getOrDefault(JobOutcome.JOB_CANCELED, 0)).isPositive();
    }

    @Test
    void replaysASeedExactly() {
        for (long seed = 1; seed <= 20; seed++) {
            assertThat(traceOf(seed)).isEqualTo(traceOf(seed));
        }
    }

    @Test
    void replaysASeedExactlyInAnotherProcess(@TempDir Path directory) throws IOException, InterruptedException {
        Path theirs = directory.resolve("traces");
        Process process = new ProcessBuilder(List.of(
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:TieredStopAtLevel=1", // It lives for seconds.
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        SimulationTest.class.getName()))
                .redirectOutput(theirs.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String ours = tracesToCompare();
        assertThat(process.waitFor()).isZero();
        assertThat(Files.readString(theirs)).isEqualTo(ours);
    }

    /** Prints what this process makes of some seeds. */
    public static void main(String[] ignored) {
        System.out.print(tracesToCompare());
        System.out.flush();
    }

    private static String tracesToCompare() {
        StringBuilder traces = new StringBuilder();
        for (long seed = 1; seed <= 20; seed++) {
            traces.append(traceOf(seed));
        }
        return traces.toString();
    }

    private static String traceOf(long seed) {
        Simulation simulation = new Simulation(seed, true);
        simulation.run();
        return simulation.trace();
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
