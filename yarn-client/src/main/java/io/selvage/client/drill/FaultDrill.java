package io.selvage.client.drill;

import io.selvage.client.Session;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.OutputDescription;
import io.selvage.protocol.wire.SessionDescription;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Faults on a session, one after the other; used by one thread, the command's. */
public final class FaultDrill {
    private static final long POLL_MILLIS = 100;
    /** Heartbeats carry what sinks have written: two of them later all of it is known. */
    private static final long FIGURES_MILLIS = 2_500;
    /** An executor that hung, and was replaced, is gone by then, or something is wrong. */
    private static final Duration EVICTION_PATIENCE = Duration.ofSeconds(30);

    private final Session session;
    private final String jobId;
    private final Fault fault;
    private final Duration patience;
    private int done;

    /** @param patience for the job's return */
    public FaultDrill(Session session, String jobId, Fault fault, Duration patience) {
        this.session = session;
        this.jobId = jobId;
        this.fault = fault;
        this.patience = patience;
    }

    /** Who would be hit now, in words: {@code process 4711 on host-1}. */
    public String nextVictim() {
        Look look = look();
        return victimOf(look).map(FaultDrill::process).orElseGet(() -> master(look.session()));
    }

    /** Does it once, and returns when the job is back or the patience is over. */
    public DrillFigures once() {
        Look before = look();
        if (before.job().getPhase() != JobPhase.RUNNING) {
            throw new ClientException(
                    ExitCode.DRILL_FAILED,
                    "The job " + jobId + " does not run (" + before.job().getPhase()
                            + "): a drill on it would show nothing. See: selvage list");
        }
        Optional<ExecutorDescription> victim = victimOf(before);
        String victimId = victim.map(ExecutorDescription::getExecutorId).orElse("");
        String process = victim.map(FaultDrill::process).orElseGet(() -> master(before.session()));
        long faultMillis = inject(victimId);
        done++;
        Long checkpointMillis = awaitCheckpoint(before);
        pause(FIGURES_MILLIS);
        DrillFigures figures = DrillFigures.of(fault, process, victimId, faultMillis, before, look(), checkpointMillis);
        if (fault == Fault.HANG_TASK && figures.isRecovered()) {
            requireEvicted(victimId, process);
        }
        return figures;
    }

    private long inject(String victimId) {
        if (fault == Fault.FAIL_ATTEMPT) {
            long nowMillis = System.currentTimeMillis();
            session.failAttempt();
            return nowMillis;
        }
        return session.drill(fault.kind(), victimId);
    }

    /** In turn one of those that write the job's output, or, if it is not known who does, that run something. */
    private Optional<ExecutorDescription> victimOf(Look look) {
        if (fault.isOfMaster()) {
            return Optional.empty();
        }
        Set<String> writing = look.job().getOutputsList().stream()
                .map(OutputDescription::getExecutorId)
                .collect(Collectors.toSet());
        List<ExecutorDescription> busy = look.session().getExecutorsList().stream()
                .filter(each -> each.getBusySlots() > 0)
                .filter(each -> writing.isEmpty() || writing.contains(each.getExecutorId()))
                .toList();
        if (busy.isEmpty()) {
            throw new ClientException(
                    ExitCode.DRILL_FAILED,
                    "No executor runs a part of " + jobId + ": there is none to hit. See: selvage status");
        }
        return Optional.of(busy.get(done % busy.size()));
    }

    private static String process(ExecutorDescription executor) {
        return "process " + executor.getPid() + " on " + executor.getHost();
    }

    private static String master(SessionDescription session) {
        return "process " + session.getMasterPid() + " on " + session.getMasterHost();
    }

    private Look look() {
        return new Look(session.describe(), session.job(jobId));
    }

    /** When it was seen that the job is back and has completed a checkpoint; null: not in time. */
    private @Nullable Long awaitCheckpoint(Look before) {
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        while (System.nanoTime() - deadlineNanos < 0) {
            Look now = look();
            requireAlive(now.job());
            if (isBack(before, now)) {
                return System.currentTimeMillis();
            }
            pause(POLL_MILLIS);
        }
        return null;
    }

    private boolean isBack(Look before, Look now) {
        if (fault.isOfMaster()) {
            return now.session().getEpoch() > before.session().getEpoch()
                    && now.job().getFirstCheckpointMillis() > 0
                    && now.job().getPhase() == JobPhase.RUNNING;
        }
        return now.job().getIncarnation() > before.job().getIncarnation()
                && now.job().getPhase() == JobPhase.RUNNING
                && now.job().getLastCheckpoint() > before.job().getLastCheckpoint();
    }

    private void requireAlive(JobDescription job) {
        if (Session.isEnd(job.getPhase())) {
            throw new ClientException(
                    ExitCode.DRILL_FAILED,
                    "The job " + jobId + " has ended under the drill (" + job.getPhase() + "): "
                            + job.getFailure().getMessage() + " See: selvage attach " + jobId);
        }
    }

    private void requireEvicted(String executorId, String process) {
        long deadlineNanos = System.nanoTime() + EVICTION_PATIENCE.toNanos();
        while (session.liveContainers().contains(executorId)) {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new ClientException(
                        ExitCode.DRILL_FAILED,
                        "The job is back, but the container " + executorId + " (" + process
                                + "), which hangs, is still there after " + EVICTION_PATIENCE.toSeconds()
                                + " s. End it with: yarn container -signal " + executorId + " FORCEFUL_SHUTDOWN");
            }
            pause(POLL_MILLIS);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        }
    }
}
