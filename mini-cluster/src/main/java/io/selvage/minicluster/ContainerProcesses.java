package io.selvage.minicluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds and ends the operating-system processes of containers by the LOCAL_DIRS that a NodeManager puts into their
 * environment and that their children inherit, so that nothing else on the machine can be meant. Needs /proc.
 */
final class ContainerProcesses {

    private static final Logger LOG = LoggerFactory.getLogger(ContainerProcesses.class);
    private static final Path PROC = Path.of("/proc");
    private static final Duration GRACE = Duration.ofSeconds(1);
    private static final Duration KILL_DEADLINE = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(20);

    private ContainerProcesses() {}

    /** The live processes of containers whose local folders are below this one. */
    static List<ProcessHandle> below(Path folder) {
        String prefix = "LOCAL_DIRS=" + folder.toAbsolutePath() + "/";
        List<ProcessHandle> found = new ArrayList<>();
        if (!Files.isDirectory(PROC)) {
            return found;
        }
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (hasVariable(process, prefix)) {
                    liveProcess(process).ifPresent(found::add);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Could not list the processes of this machine in " + PROC + ".", e);
        }
        return found;
    }

    /**
     * Asks all of them to end, kills those that do not within a second, and returns how many there were. Looks again
     * until none is left, because a process may start another one while it ends.
     */
    static int end(Path folder) throws InterruptedException {
        List<ProcessHandle> first = below(folder);
        first.forEach(ProcessHandle::destroy);
        awaitNoneBelow(folder, GRACE);
        kill(folder);
        return first.size();
    }

    /** Kills all of them with SIGKILL, as the loss of their machine would. */
    static int kill(Path folder) throws InterruptedException {
        int killed = 0;
        long deadline = System.nanoTime() + KILL_DEADLINE.toNanos();
        List<ProcessHandle> left = below(folder);
        while (!left.isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "Processes " + left.stream().map(ProcessHandle::pid).toList() + " of containers below " + folder
                                + " are still there after SIGKILL.");
            }
            killed += left.size();
            left.forEach(ProcessHandle::destroyForcibly);
            awaitNoneBelow(folder, GRACE);
            left = below(folder);
        }
        if (killed > 0) {
            LOG.info("Killed {} container processes below {}", killed, folder);
        }
        return killed;
    }

    private static void awaitNoneBelow(Path folder, Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!below(folder).isEmpty() && System.nanoTime() < deadline) {
            Thread.sleep(POLL.toMillis());
        }
    }

    private static boolean hasVariable(Path process, String prefix) {
        try {
            // Read as bytes in one charset: an environment may hold anything.
            String environment =
                    new String(Files.readAllBytes(process.resolve("environ")), StandardCharsets.ISO_8859_1);
            String wanted = new String(prefix.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            return environment.startsWith(wanted) || environment.contains("\0" + wanted);
        } catch (IOException e) {
            // The process ended meanwhile, or belongs to another user: not a container of ours.
            return false;
        }
    }

    private static Optional<ProcessHandle> liveProcess(Path process) {
        long pid = Long.parseLong(process.getFileName().toString());
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    }
}
