package io.selvage.minicluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process and when it started, so that another process that got the same number later is not taken for it.
 *
 * @param startTicks the start time as the kernel tells it in field 22 of {@code /proc/<pid>/stat}: unlike a wall-clock
 *     time it does not move when the clock is set
 */
record ProcessIdentity(long pid, long startTicks) {

    private static final int START_TICKS_FIELD = 22;

    ProcessIdentity {
        if (pid < 1 || startTicks < 0) {
            throw new IllegalArgumentException("No process has the number " + pid + " and the start " + startTicks);
        }
    }

    static Optional<ProcessIdentity> of(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            // The second field is the program's name in parentheses, and may hold blanks and parentheses.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Optional.of(new ProcessIdentity(pid, Long.parseLong(fields[START_TICKS_FIELD - 3])));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static ProcessIdentity ofThisProcess() {
        long pid = ProcessHandle.current().pid();
        return of(pid).orElseThrow(() -> new IllegalStateException(
                "The start time of process " + pid + " is not in /proc: mini-cluster needs Linux."));
    }

    /** What an earlier {@link #toString} wrote; empty if there is no such file or it holds something else. */
    static Optional<ProcessIdentity> read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        String[] words = Files.readString(file).trim().split(" ");
        try {
            return words.length == 2
                    ? Optional.of(new ProcessIdentity(Long.parseLong(words[0]), Long.parseLong(words[1])))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    Optional<ProcessHandle> alive() {
        return of(pid).filter(this::equals)
                .flatMap(same -> ProcessHandle.of(pid))
                .filter(ProcessHandle::isAlive);
    }

    @Override
    public String toString() {
        return pid + " " + startTicks;
    }
}
