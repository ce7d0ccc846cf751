package io.selvage.minicluster.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.selvage.minicluster.ProcessSignals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Runs the scripts of this checkout as a user does: processes, of which only output and exit code are seen. */
final class Commands {
    /** The longest that any command, or any wait, may take on a loaded machine. */
    static final Duration DEADLINE = Duration.ofSeconds(120);

    private static final long POLL_MILLIS = 100;
    private static final ObjectMapper JSON = new ObjectMapper();

    static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();

    private final Path root;
    private final Path userDirectory;
    private final Path hadoopFolder;
    private final String jvmOptions;

    Commands(Path hadoopFolder, Path userDirectory) {
        this(CHECKOUT, hadoopFolder, userDirectory, "");
    }

    /** @param root of an installation, whose folder {@code scripts} has them */
    Commands(Path root, Path hadoopFolder, Path userDirectory, String jvmOptions) {
        this.root = root;
        this.hadoopFolder = hadoopFolder;
        this.userDirectory = userDirectory;
        this.jvmOptions = jvmOptions;
    }

    /** How a command has ended. */
    record Outcome(int exitCode, String out, String err) {
        /** All of what a person sees. */
        String text() {
            return out + err;
        }

        JsonNode json() throws IOException {
            return JSON.readTree(out);
        }
    }

    /** A command under way. */
    record Running(Process process, Path out, Path err) {
        String outSoFar() throws IOException {
            return Files.readString(out);
        }

        /** What a terminal does at Ctrl-C. */
        void interrupt() throws IOException, InterruptedException {
            ProcessSignals.INT.send(process.pid());
        }

        /** What an init system does. */
        void terminate() {
            process.destroy();
        }

        Outcome await() throws IOException, InterruptedException {
            if (!process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("The command has not ended within " + DEADLINE + ": " + outSoFar());
            }
            return new Outcome(process.exitValue(), outSoFar(), Files.readString(err));
        }
    }

    Outcome run(String script, String... arguments) throws IOException, InterruptedException {
        return start(script, arguments).await();
    }

    Running start(String script, String... arguments) throws IOException {
        // Of a shell's background job, as tests may be, children ignore Ctrl-C, and so does a JVM that finds it so.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.add(root.resolve("scripts").resolve(script).toString());
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile(userDirectory, "out", ".txt");
        Path err = Files.createTempFile(userDirectory, "err", ".txt");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("HADOOP_CONF_DIR", hadoopFolder.toString());
        builder.environment().put("SELVAGE_USER_DIR", userDirectory.toString());
        builder.environment().put("SELVAGE_JVM_OPTIONS", jvmOptions);
        return new Running(builder.start(), out, err);
    }

    /** Asks again and again until the answer is good. */
    static <T> T await(String what, Callable<T> question, Predicate<T> good) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        T answer = question.call();
        while (!good.test(answer)) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("Not within " + DEADLINE + ": " + what + "; the last answer was " + answer);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            answer = question.call();
        }
        return answer;
    }
}
