package io.selvage.protocol.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * When each step of a process's start was done, in milliseconds since that start. Steps run side by side, so any thread
 * may report one: synchronized, because the list is all that they share.
 */
public final class StartSteps {
    private static final Path STAT = Path.of("/proc/self/stat");
    private static final Path UPTIME = Path.of("/proc/uptime");
    private static final int START_FIELD = 22;
    /** What the kernel tells programs is in hundredths of a second, whatever it counts in itself. */
    private static final long TICK_MILLIS = 10;

    private final long processStartMillis;
    private final List<String> done = new ArrayList<>();

    /** @param processStartMillis wall clock */
    StartSteps(long processStartMillis) {
        this.processStartMillis = processStartMillis;
    }

    /** Of this process, which in a container began as YARN's launch script. */
    public static StartSteps ofThisProcess() {
        long nowMillis = System.currentTimeMillis();
        try {
            return new StartSteps(nowMillis - ageMillis(Files.readString(STAT), Files.readString(UPTIME)));
        } catch (IOException | RuntimeException noLinux) {
            return new StartSteps(nowMillis);
        }
    }

    /**
     * From two times since the host's start, in the words of proc(5): {@link ProcessHandle.Info#startInstant} adds the
     * first to a time of the host's start in whole seconds, and RuntimeMXBean would load all of JMX.
     *
     * @return in steps of 10 ms
     */
    static long ageMillis(String stat, String uptime) {
        // The name of the program, in parentheses, may hold blanks; what is behind it begins with the third field.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long startTicks = Long.parseLong(fields[START_FIELD - 3]);
        double upSeconds = Double.parseDouble(uptime.substring(0, uptime.indexOf(' ')));
        return Math.max(0, Math.round(upSeconds * 1_000) - startTicks * TICK_MILLIS);
    }

    public void done(String step) {
        done(step, System.currentTimeMillis());
    }

    synchronized void done(String step, long nowMillis) {
        done.add(step + " " + (nowMillis - processStartMillis));
    }

    /** Each step with its milliseconds, in the order of their ends. */
    @Override
    public synchronized String toString() {
        return String.join(", ", done);
    }
}
