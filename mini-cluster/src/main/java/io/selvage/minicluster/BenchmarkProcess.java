package io.selvage.minicluster;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What the processes have in common that scripts start to measure something; ends the process. */
public final class BenchmarkProcess {
    private static final int FAILED = 1;
    private static final int WRONG_COMMAND_LINE = 2;

    private BenchmarkProcess() {}

    /** What is measured, and told on the standard output. */
    @FunctionalInterface
    public interface Benchmark {
        /**
         * Answers the exit code.
         *
         * @param home the root of a checkout that is built
         * @throws IllegalArgumentException if the command line is wrong, with a sentence
         */
        int run(Path home, List<String> arguments) throws IOException, InterruptedException;
    }

    /** On the calling thread. */
    public static void run(String[] arguments, Benchmark benchmark) {
        Path home = Path.of(System.getProperty("selvage.home", "."))
                .toAbsolutePath()
                .normalize();
        int exitCode;
        try {
            exitCode = benchmark.run(home, List.of(arguments));
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
