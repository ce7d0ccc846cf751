package io.selvage.protocol.process;

import java.util.ArrayList;
import java.util.List;

/**
 * When each step of a process's start was done, in milliseconds since its virtual machine started. Steps run side by
 * side, so any thread may report one: synchronized, because the list is all that they share.
 */
public final class StartSteps {
    private final long machineStartMillis;
    private final List<String> done = new ArrayList<>();

    /** @param machineStartMillis wall clock */
    StartSteps(long machineStartMillis) {
        this.machineStartMillis = machineStartMillis;
    }

    /** Of this process. */
    public static StartSteps ofThisProcess() {
        // The process handle's start is one of the kernel's clock ticks of 10 ms; RuntimeMXBean would load all of JMX.
        long started = ProcessHandle.current()
                .info()
                .startInstant()
                .map(instant -> instant.toEpochMilli())
                .orElseGet(System::currentTimeMillis);
        return new StartSteps(started);
    }

    public void done(String step) {
        done(step, System.currentTimeMillis());
    }

    synchronized void done(String step, long nowMillis) {
        done.add(step + " " + (nowMillis - machineStartMillis));
    }

    /** Each step with its milliseconds, in the order of their ends. */
    @Override
    public synchronized String toString() {
        return String.join(", ", done);
    }
}
