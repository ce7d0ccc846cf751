package io.selvage.minicluster.opening;

import io.selvage.minicluster.benchmark.BenchmarkProcess;

/** The process that {@code scripts/benchmark.sh opening} starts. */
public final class OpeningMain {
    private OpeningMain() {}

    public static void main(String[] arguments) {
        BenchmarkProcess.run(arguments, (home, given) -> {
            OpeningSettings settings = OpeningSettings.parse(home, given);
            OpeningFigures figures = new OpeningBenchmark(settings).run();
            System.out.println(settings.json() ? figures.toJson() : figures.toText());
            return 0;
        });
    }
}
