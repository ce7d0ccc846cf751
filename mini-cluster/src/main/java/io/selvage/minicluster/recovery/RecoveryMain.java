package io.selvage.minicluster.recovery;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The process that {@code benchmarks/run.sh recovery} starts. */
public final class RecoveryMain {
    private static final int FAILED = 1;
    private static final int WRONG_COMMAND_LINE = 2;

    private RecoveryMain() {}

    public static void main(String[] arguments) {
        Path home = Path.of(System.getProperty("selvage.home", "."))
                .toAbsolutePath()
                .normalize();
        int exitCode = 0;
        try {
            new RecoveryBenchmark(RecoverySettings.parse(home, List.of(arguments))).run();
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
