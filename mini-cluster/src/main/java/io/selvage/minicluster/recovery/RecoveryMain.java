package io.selvage.minicluster.recovery;

import io.selvage.minicluster.benchmark.BenchmarkProcess;

/** The process that {@code benchmarks/run.sh recovery} starts. */
public final class RecoveryMain {
    private RecoveryMain() {}

    public static void main(String[] arguments) {
        BenchmarkProcess.run(arguments, (home, given) -> {
            new RecoveryBenchmark(RecoverySettings.parse(home, given)).run();
            return 0;
        });
    }
}
