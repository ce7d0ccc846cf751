package io.selvage.minicluster.throughput;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The process that {@code scripts/benchmark.sh} starts. */
public final class ThroughputMain {
    private static final int FAILED = 1;
    private static final int WRONG_COMMAND_LINE = 2;
    private static final int WRONG_OUTPUT = 3;

    private ThroughputMain() {}

    public static void main(String[] arguments) {
        Path home = Path.of(System.getProperty("selvage.home", "."))
                .toAbsolutePath()
                .normalize();
        int exitCode = 0;
        try {
            ThroughputSettings settings = ThroughputSettings.parse(home, List.of(arguments));
            ThroughputFigures figures = new ThroughputBenchmark(settings).run();
            System.out.println(settings.json() ? figures.toJson() : figures.toText());
            exitCode = figures.exact() ? 0 : WRONG_OUTPUT;
        } catch (IllegalArgumentException wrong) {
            System.err.println(wrong.getMessage());
            exitCode = WRONG_COMMAND_LINE;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            exitCode = FAILED;
        } catch (IOException | RuntimeException failed) {
            System.err.println("The benchmark has failed: " + failed.getMessage());
            failed.printStackTrace(System.err);
            exitCode = FAILED;
        }
        System.exit(exitCode);
    }
}
