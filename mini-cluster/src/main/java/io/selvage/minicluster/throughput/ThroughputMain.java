package io.selvage.minicluster.throughput;

import io.selvage.minicluster.benchmark.BenchmarkProcess;

/** The process that {@code scripts/benchmark.sh} starts. */
public final class ThroughputMain {
    private static final int WRONG_OUTPUT = 3;

    private ThroughputMain() {}

    public static void main(String[] arguments) {
        BenchmarkProcess.run(arguments, (home, given) -> {
            ThroughputSettings settings = ThroughputSettings.parse(home, given);
            ThroughputFigures figures = new ThroughputBenchmark(settings).run();
            System.out.println(settings.json() ? figures.toJson() : figures.toText());
            return figures.exact() ? 0 : WRONG_OUTPUT;
        });
    }
}
