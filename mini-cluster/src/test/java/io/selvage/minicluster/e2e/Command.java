package io.selvage.minicluster.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A script of ours run as a user runs it: a process of its own, of which only output and exit code are seen. */
final class Command {
    private static final long DEADLINE_MINUTES = 5;

    private final Path home;
    private final Path hadoopFolder;
    private final Path userDirectory;

    Command(Path home, Path hadoopFolder, Path userDirectory) {
        this.home = home;
        this.hadoopFolder = hadoopFolder;
        this.userDirectory = userDirectory;
    }

    /** @param output standard output and standard error, as they came */
    record Result(int exitCode, String output) {}

    Result run(String script, String... arguments) throws IOException, InterruptedException {
        List<String> words =
                new ArrayList<>(List.of(home.resolve("scripts/" + script).toString()));
        words.addAll(List.of(arguments));
        Path output = Files.createTempFile("selvage-command", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile());
            builder.environment().put("HADOOP_CONF_DIR", hadoopFolder.toString());
            builder.environment().put("SELVAGE_USER_DIR", userDirectory.toString());
            Process process = builder.start();
            if (!process.waitFor(DEADLINE_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IOException(words + " has not ended in " + DEADLINE_MINUTES + " minutes. It has said: "
                        + Files.readString(output));
            }
            return new Result(process.exitValue(), Files.readString(output));
        } finally {
            Files.delete(output);
        }
    }
}
