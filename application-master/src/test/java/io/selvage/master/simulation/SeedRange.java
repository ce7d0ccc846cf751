package io.selvage.master.simulation;

import io.selvage.protocol.wire.JobOutcome;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Seeds that are simulated one after the other, on several threads: each thread takes the next seed that nobody has
 * taken, and a seed's simulation is its thread's own. The first seed that breaks an invariant ends the run.
 */
final class SeedRange {
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** What many seeds have shown; owned by one thread until it has ended. */
    static final class Seen {
        final Map<Fault, Integer> faults = new EnumMap<>(Fault.class);
        /** Of masters, by label. */
        final Map<String, Integer> deaths = new TreeMap<>();

        final Map<JobOutcome, Integer> outcomes = new EnumMap<>(JobOutcome.class);
        long adoptions;
        /** Restarts that have not reached every region. */
        long partialRestarts;
        /** That a client was told to be complete. */
        long savepoints;
        /** Jobs that were stopped with one. */
        long stops;

        /** That a client has asked for. */
        long checkpointsGranted;
        /** Because more checkpoints in a row had failed than are tolerated. */
        long failuresByCheckpoints;
        /** Checkpoints that have built on what an aborted one had stored. */
        long builtOnAborted;
        /** Jobs that were canceled and have left one. */
        long retained;
        /** How often a job has got another parallelism. */
        long rescales;
        /** That were for one job alone, and have ended with it. */
        long applications;
        /** Executors that were ended because they used more memory than they had. */
        long memoryKills;
        /** Nodes that were excluded because executors had failed there. */
        long exclusions;

        long seeds;

        void add(Simulation simulation) {
            simulation.faults().forEach((fault, count) -> faults.merge(fault, count, Integer::sum));
            simulation.deaths().forEach((label, count) -> deaths.merge(label, count, Integer::sum));
            outcomes.merge(simulation.outcome().orElse(JobOutcome.JOB_OUTCOME_UNSPECIFIED), 1, Integer::sum);
            adoptions += simulation.adoptions();
            partialRestarts += simulation.partialRestarts();
            savepoints += simulation.savepoints();
            stops += simulation.stops();
            checkpointsGranted += simulation.checkpointsGranted();
            failuresByCheckpoints += simulation.failuresByCheckpoints();
            builtOnAborted += simulation.builtOnAborted();
            retained += simulation.isCheckpointRetained() ? 1 : 0;
            rescales += simulation.rescales();
            applications += simulation.isApplicationEnded() ? 1 : 0;
            memoryKills += simulation.memoryKills();
            exclusions += simulation.exclusions();
            seeds++;
        }

        void add(Seen other) {
            other.faults.forEach((fault, count) -> faults.merge(fault, count, Integer::sum));
            other.deaths.forEach((label, count) -> deaths.merge(label, count, Integer::sum));
            other.outcomes.forEach((outcome, count) -> outcomes.merge(outcome, count, Integer::sum));
            adoptions += other.adoptions;
            partialRestarts += other.partialRestarts;
            savepoints += other.savepoints;
            stops += other.stops;
            checkpointsGranted += other.checkpointsGranted;
            failuresByCheckpoints += other.failuresByCheckpoints;
            builtOnAborted += other.builtOnAborted;
            retained += other.retained;
            rescales += other.rescales;
            applications += other.applications;
            memoryKills += other.memoryKills;
            exclusions += other.exclusions;
            seeds += other.seeds;
        }

        @Override
        public String toString() {
            return seeds + " seeds, " + outcomes + ", " + adoptions + " adoptions, " + partialRestarts
                    + " restarts of one region alone, " + savepoints + " savepoints, " + stops
                    + " jobs stopped with one, " + checkpointsGranted + " checkpoints granted, " + failuresByCheckpoints
                    + " failures by checkpoints, " + builtOnAborted + " checkpoints built on aborted ones, " + retained
                    + " checkpoints that outlived their jobs, " + rescales + " other parallelisms, " + applications
                    + " applications of one job, " + memoryKills + " kills for memory, " + exclusions
                    + " exclusions of nodes, faults "
                    + faults
                    + ", deaths of masters " + deaths;
        }
    }

    private final long first;
    private final long count;
    private final AtomicLong next; // Shared by the threads: a message would cost more than a seed's simulation.
    private final AtomicBoolean broken = new AtomicBoolean(); // The same.

    SeedRange(long first, long count) {
        this.first = first;
        this.count = count;
        this.next = new AtomicLong(first);
    }

    /** @throws AssertionError naming the seed that breaks an invariant, and how it is replayed */
    Seen run(int threads) throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<Seen>> parts = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                boolean tells = thread == 0;
                Callable<Seen> part = () -> runNext(tells);
                parts.add(pool.submit(part));
            }
            Seen all = new Seen();
            for (Future<Seen> part : parts) {
                all.add(part.get());
            }
            return all;
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof AssertionError told ? told : new AssertionError(failed.getCause());
        } finally {
            pool.shutdownNow();
        }
    }

    private Seen runNext(boolean tells) {
        Seen seen = new Seen();
        long begun = System.nanoTime();
        long told = begun;
        for (long seed = next.getAndIncrement(); seed < first + count && !broken.get(); seed = next.getAndIncrement()) {
            Simulation simulation = new Simulation(seed, false);
            try {
                simulation.run();
            } catch (AssertionError | RuntimeException failed) {
                broken.set(true);
                throw new AssertionError("Seed " + seed + ", replayed by scripts/simulate.sh --seed " + seed, failed);
            }
            seen.add(simulation);
            if (tells && System.nanoTime() - told >= PROGRESS_NANOS) {
                told = System.nanoTime();
                long done = Math.max(1, seed - first);
                long leftSeconds = TimeUnit.NANOSECONDS.toSeconds((told - begun) / done * (count - done));
                System.out.println("simulation: seed " + seed + ", " + done + " of " + count + ", about " + leftSeconds
                        + " s to go");
            }
        }
        return seen;
    }
}
