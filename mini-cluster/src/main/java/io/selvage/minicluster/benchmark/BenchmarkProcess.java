package io.selvage.minicluster.benchmark;

import io.selvage.client.exit.ClientException;
import io.selvage.protocol.config.ConfigException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the processes have in common that scripts start to measure something; ends the process. */
public final class BenchmarkProcess {
    private static final Logger LOG = LoggerFactory.getLogger(BenchmarkProcess.class);

    static final int FAILED = 1;
    static final int WRONG_COMMAND_LINE = 2;

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
        System.exit(exitCode(home, List.of(arguments), benchmark, System.err));
    }

    /** @param err is told a sentence if the benchmark does not run to its end; where it happened is for the log */
    static int exitCode(Path home, List<String> arguments, Benchmark benchmark, PrintStream err) {
        try {
            return benchmark.run(home, arguments);
        } catch (IllegalArgumentException | ConfigException wrong) {
            err.println(wrong.getMessage());
            LOG.info("The command line {} was refused.", arguments, wrong);
            return WRONG_COMMAND_LINE;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return FAILED;
        } catch (ClientException refused) {
            err.println("The benchmark has failed: " + refused.getMessage());
            LOG.info("The benchmark was refused.", refused);
            return FAILED;
        } catch (IOException failed) {
            return defect(String.valueOf(failed.getMessage()), failed, err);
        } catch (RuntimeException failed) {
            return defect(failed.toString(), failed, err);
        }
    }

    private static int defect(String what, Exception failed, PrintStream err) {
        err.println("The benchmark has failed: " + what);
        err.println("The stack trace is in " + System.getProperty("selvage.log.file", "the log") + ".");
        LOG.error("The benchmark has failed.", failed);
        return FAILED;
    }
}
