package io.selvage.minicluster;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.apache.log4j.Level;
import org.apache.log4j.Logger;
import org.apache.log4j.varia.NullAppender;

/**
 * The program behind {@code scripts/mini-cluster.sh}: starts a cluster in a process of its own, tells what it does, and
 * stops it; runs on the main thread.
 */
public final class MiniClusterMain {

    static final int DONE = 0;
    static final int FAILED = 1;
    static final int WRONG_COMMAND_LINE = 2;
    static final int NOT_RUNNING = 3;

    private static final Duration START_DEADLINE = Duration.ofMinutes(2);
    private static final Duration STOP_DEADLINE = Duration.ofSeconds(40);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int OUTPUT_LINES_SHOWN = 15;
    // Only the shell can tell whether the errors of what it runs go to a terminal.
    private static final boolean ON_TERMINAL = Boolean.getBoolean("selvage.minicluster.terminal");
    private static final String DAEMON_HEAP = "-Xmx1g";

    private final PrintStream out;
    private final PrintStream err;

    private MiniClusterMain(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    public static void main(String[] arguments) throws InterruptedException {
        Path defaultFolder = Path.of(System.getProperty("selvage.minicluster.dir", ".selvage/mini-cluster"));
        System.exit(new MiniClusterMain(System.out, System.err).run(List.of(arguments), defaultFolder));
    }

    private int run(List<String> arguments, Path defaultFolder) throws InterruptedException {
        try {
            CommandLine line = CommandLine.parse(arguments, defaultFolder);
            DaemonFiles files = new DaemonFiles(line.settings().baseFolder());
            return switch (line.command()) {
                case START -> start(line, files);
                case STOP -> stop(line.settings(), files);
                case STATUS -> status(line, files);
                case HELP -> help();
                case DAEMON -> runDaemon(line.settings(), files);
            };
        } catch (CommandLine.Wrong e) {
            err.println(e.getMessage() + " 'mini-cluster.sh --help' lists all.");
            return WRONG_COMMAND_LINE;
        } catch (IOException | UncheckedIOException | IllegalStateException e) {
            err.println(e.getMessage());
            return FAILED;
        }
    }

    private int help() {
        out.print(CommandLine.USAGE);
        return DONE;
    }

    private int start(CommandLine line, DaemonFiles files) throws IOException, InterruptedException {
        MiniClusterSettings settings = line.settings();
        Optional<ProcessHandle> running = files.runningDaemon();
        if (running.isPresent()) {
            out.println("A mini-cluster already runs in " + files.folder() + " (pid "
                    + running.get().pid() + ").");
            printUse(settings);
            return DONE;
        }
        // Claimed for a moment, so that a folder in use or with other content is refused here and not in a log.
        FolderLock.take(files.folder()).close();
        files.forget();
        Process daemon = launch(line, files);
        LiveLine live = new LiveLine(err, ON_TERMINAL);
        try {
            awaitReady(daemon, files, live);
        } finally {
            live.clear();
        }
        out.println("mini-cluster is up after " + live.seconds() + " (pid " + daemon.pid() + ", log "
                + settings.logFile() + ").");
        printUse(settings);
        return DONE;
    }

    private void printUse(MiniClusterSettings settings) {
        out.println("Hadoop clients find it by:");
        out.println("  export HADOOP_CONF_DIR=" + settings.configurationFolder());
        out.println("Stop it with: mini-cluster.sh stop --dir " + settings.baseFolder());
    }

    private static Process launch(CommandLine line, DaemonFiles files) throws IOException {
        List<String> command = new ArrayList<>();
        // In a session of its own, so that neither the terminal's end nor its Ctrl-C reaches the cluster.
        onPath("setsid").ifPresent(program -> command.add(program.toString()));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                DAEMON_HEAP,
                "-XX:+UseSerialGC",
                // The quick compiler alone: the daemons start in half the time of a core, and idle afterwards.
                "-XX:TieredStopAtLevel=1",
                // Web servers unpack their pages there; deleted with the rest by the next start.
                "-Djava.io.tmpdir=" + line.settings().temporaryFolder(),
                "-Djava.net.preferIPv4Stack=true",
                "-cp",
                System.getProperty("java.class.path"),
                MiniClusterMain.class.getName(),
                "daemon"));
        command.addAll(line.arguments());
        command.addAll(List.of("--dir", files.folder().toString()));
        return new ProcessBuilder(command)
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(files.output().toFile())
                .start();
    }

    private static void awaitReady(Process daemon, DaemonFiles files, LiveLine live)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + START_DEADLINE.toNanos();
        Optional<String> step = files.progress();
        while (!step.equals(Optional.of(DaemonFiles.READY))) {
            if (!daemon.isAlive()) {
                throw new IOException("The mini-cluster ended while it started (exit code " + daemon.exitValue() + "). "
                        + lastOutput(files));
            }
            if (System.nanoTime() > deadline) {
                daemon.destroyForcibly();
                throw new IOException("The mini-cluster was not up within " + START_DEADLINE.toSeconds()
                        + " s and was stopped. " + lastOutput(files));
            }
            live.show(step.orElse("starting a Java process"));
            Thread.sleep(POLL.toMillis());
            step = files.progress();
        }
    }

    private static String lastOutput(DaemonFiles files) throws IOException {
        if (!Files.exists(files.output())) {
            return "It printed nothing.";
        }
        List<String> lines = Files.readAllLines(files.output());
        List<String> last = lines.subList(Math.max(0, lines.size() - OUTPUT_LINES_SHOWN), lines.size());
        return "The end of " + files.output() + ":\n  " + String.join("\n  ", last);
    }

    private int stop(MiniClusterSettings settings, DaemonFiles files) throws IOException, InterruptedException {
        Optional<ProcessHandle> running = files.runningDaemon();
        if (running.isPresent()) {
            LiveLine live = new LiveLine(err, ON_TERMINAL);
            ProcessHandle daemon = running.get();
            daemon.destroy();
            awaitEnd(daemon, live);
            live.clear();
            out.println("mini-cluster in " + files.folder() + " has stopped after " + live.seconds() + ".");
        } else {
            out.println("No mini-cluster runs in " + files.folder() + ".");
        }
        // After a clean stop there are none; after a crash or a kill of the cluster there may be.
        int leftoverCount = ContainerProcesses.end(settings.yarnFolder());
        if (leftoverCount > 0) {
            out.println("Ended " + leftoverCount + " container processes that it had left.");
        }
        files.forget();
        return DONE;
    }

    private static void awaitEnd(ProcessHandle daemon, LiveLine live) throws InterruptedException {
        long deadline = System.nanoTime() + STOP_DEADLINE.toNanos();
        while (daemon.isAlive()) {
            if (System.nanoTime() > deadline) {
                daemon.destroyForcibly();
            }
            live.show("stopping");
            Thread.sleep(POLL.toMillis());
        }
    }

    private int status(CommandLine line, DaemonFiles files) throws IOException {
        Optional<ProcessHandle> running = files.runningDaemon();
        if (running.isEmpty() || !files.progress().equals(Optional.of(DaemonFiles.READY))) {
            String state = running.isEmpty() ? "No mini-cluster runs in " : "The mini-cluster is still starting in ";
            if (line.json()) {
                out.println("{\"running\":false}");
            } else {
                out.println(state + files.folder() + ".");
            }
            return NOT_RUNNING;
        }
        // Only answers are wanted on the console.
        Logger.getRootLogger().addAppender(new NullAppender());
        Logger.getRootLogger().setLevel(Level.OFF);
        long pid = running.get().pid();
        try {
            ClusterStatus status = ClusterStatus.ask(pid, line.settings().configurationFolder());
            out.print(
                    line.json()
                            ? status.toJson() + "\n"
                            : "mini-cluster in " + files.folder() + " runs, pid " + pid + ", HADOOP_CONF_DIR="
                                    + status.configurationFolder() + "\n" + status.toText());
            return DONE;
        } catch (IOException | YarnException | RuntimeException e) {
            err.println("The mini-cluster in " + files.folder() + " runs (pid " + pid + ") but does not answer: "
                    + e.getMessage() + ". Read " + line.settings().logFile() + ", or stop it and start it again.");
            return FAILED;
        }
    }

    /** Runs the cluster in this process until it is told to end by a signal; the cluster closes itself at exit. */
    private int runDaemon(MiniClusterSettings settings, DaemonFiles files) throws IOException, InterruptedException {
        MiniCluster cluster = MiniCluster.of(settings, step -> tell(files, step));
        try {
            cluster.start();
        } catch (IOException | RuntimeException e) {
            e.printStackTrace(err);
            return FAILED;
        }
        files.writeProgress(DaemonFiles.READY);
        new CountDownLatch(1).await();
        return DONE;
    }

    /** Called for the first time when the cluster has claimed the folder, so no other cluster's files are replaced. */
    private static void tell(DaemonFiles files, String step) {
        try {
            files.writeProcess(ProcessIdentity.ofThisProcess());
            files.writeProgress(step);
        } catch (IOException e) {
            throw new UncheckedIOException("Could not write the progress of the start into " + files.folder() + ".", e);
        }
    }

    private static Optional<Path> onPath(String program) {
        return Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator))
                .map(folder -> Path.of(folder).resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
