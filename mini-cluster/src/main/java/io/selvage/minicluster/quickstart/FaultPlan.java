package io.selvage.minicluster.quickstart;

import io.selvage.client.Session;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SessionDescription;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Owned by the thread of the quickstart. Kills a task executor and, once output has flowed again for a while, the
 * ApplicationMaster; as {@code kill -9} does, so neither can say a word to anyone.
 */
final class FaultPlan {
    /** What the faults are, in their order. */
    private enum Step {
        KILL_EXECUTOR,
        KILL_MASTER,
        DONE
    }

    private final Session session;
    private final OutputWatch output;
    private final Screen screen;
    private final long submittedNanos;
    private final long undisturbedNanos;
    private final List<Fault> faults = new ArrayList<>();
    private Step next = Step.KILL_EXECUTOR;

    /** @param undisturbed output has to come for so long before the next process is killed */
    FaultPlan(Session session, OutputWatch output, Screen screen, long submittedNanos, Duration undisturbed) {
        this.session = session;
        this.output = output;
        this.screen = screen;
        this.submittedNanos = submittedNanos;
        this.undisturbedNanos = undisturbed.toNanos();
    }

    List<Fault> faults() {
        return List.copyOf(faults);
    }

    boolean isDone() {
        return next == Step.DONE;
    }

    /** Kills what is due. */
    void onProgress(JobDescription job) throws IOException {
        if (next == Step.DONE || job.getPhase() != JobPhase.RUNNING || !isUndisturbed()) {
            return;
        }
        SessionDescription processes = session.describe();
        if (next == Step.KILL_EXECUTOR) {
            ExecutorDescription executor = busyExecutor(processes);
            kill("a task container", executor.getPid());
            next = Step.KILL_MASTER;
        } else {
            kill("the ApplicationMaster", processes.getMasterPid());
            next = Step.DONE;
        }
    }

    /** Output has come for long enough since the last fault, or since it first came. */
    private boolean isUndisturbed() throws IOException {
        long since = faults.isEmpty()
                ? Long.MIN_VALUE
                : faults.get(faults.size() - 1).atNanos();
        return output.seenNanos().stream()
                .filter(seen -> since == Long.MIN_VALUE || seen > since)
                .findFirst()
                .map(seen -> System.nanoTime() - seen >= undisturbedNanos)
                .orElse(false);
    }

    private static ExecutorDescription busyExecutor(SessionDescription processes) throws IOException {
        return processes.getExecutorsList().stream()
                .filter(executor -> executor.getBusySlots() > 0)
                .findFirst()
                .orElseThrow(
                        () -> new IOException("The job runs, but no executor of the session is busy: " + processes));
    }

    private void kill(String victim, long pid) throws IOException {
        ProcessHandle process = ProcessHandle.of(pid)
                .orElseThrow(() -> new IOException("There is no process " + pid + " to kill as " + victim + "."));
        long now = System.nanoTime();
        if (!process.destroyForcibly()) {
            throw new IOException("The process " + pid + " (" + victim + ") could not be killed.");
        }
        faults.add(new Fault(victim, pid, now, (now - submittedNanos) / 1e9));
        screen.step("kill -9 " + pid + ": " + victim);
    }
}
