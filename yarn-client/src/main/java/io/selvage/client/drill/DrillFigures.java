package io.selvage.client.drill;

import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.OutputDescription;
import io.selvage.protocol.wire.OutputPause;
import io.selvage.protocol.wire.Recovery;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a fault was felt; times are milliseconds since it, but for the gap, which is a length. Pure.
 *
 * @param process that was hit: its host and number
 * @param faultMillis wall clock
 * @param detected when the master knew; of its own fault, when the first executor missed it; null: nobody says
 * @param recovered when all subtasks ran again, or the next master had taken them over; null: not in time
 * @param outputGap the longest time without output of any one of the sinks' subtasks; null: no sink has told
 * @param recordsReplayed that the sources read again
 * @param checkpointsLost that were begun and not completed
 * @param restarts of the job's subtasks
 * @param processesKept executors that were there before, were not hit, and are there still
 * @param processes executors that were there before and were not hit
 */
public record DrillFigures(
        Fault fault,
        String process,
        long faultMillis,
        @Nullable Long detected,
        @Nullable Long recovered,
        @Nullable Long outputGap,
        @Nullable Long nextCheckpoint,
        long recordsReplayed,
        long checkpointsLost,
        long restarts,
        int processesKept,
        int processes,
        boolean byStandby) {

    /** The job came back. */
    public boolean isRecovered() {
        return recovered != null && nextCheckpoint != null;
    }

    /**
     * @param victim the executor that was hit; empty: the master
     * @param checkpointMillis when the next checkpoint was seen to be complete; null: not in time
     */
    static DrillFigures of(
            Fault fault,
            String process,
            String victim,
            long faultMillis,
            Look before,
            Look after,
            @Nullable Long checkpointMillis) {
        JobDescription now = after.job();
        Optional<Recovery> recovery = now.getRecoveriesList().stream()
                .filter(each -> each.getIncarnation() > before.job().getIncarnation())
                .findFirst();
        Set<Long> others = processes(before, victim);
        Set<Long> kept = new HashSet<>(others);
        kept.retainAll(processes(after, ""));
        return new DrillFigures(
                fault,
                process,
                faultMillis,
                detected(fault, faultMillis, before, after, recovery),
                recovered(fault, faultMillis, before, after, recovery),
                outputGap(faultMillis, before.job(), now),
                nextCheckpoint(fault, faultMillis, now, checkpointMillis),
                now.getRecoveriesList().stream()
                        .filter(each -> each.getIncarnation() > before.job().getIncarnation())
                        .mapToLong(Recovery::getRecordsReplayed)
                        .sum(),
                checkpointsLost(before, after),
                now.getIncarnation() - before.job().getIncarnation(),
                kept.size(),
                others.size(),
                recovery.map(Recovery::getByStandby).orElse(false));
    }

    private static Set<Long> processes(Look look, String without) {
        Set<Long> pids = new HashSet<>();
        for (ExecutorDescription executor : look.session().getExecutorsList()) {
            if (!executor.getExecutorId().equals(without)) {
                pids.add(executor.getPid());
            }
        }
        return pids;
    }

    private static @Nullable Long detected(
            Fault fault, long faultMillis, Look before, Look after, Optional<Recovery> recovery) {
        if (!fault.isOfMaster()) {
            return recovery.map(each -> since(faultMillis, each.getDetectedMillis()))
                    .orElse(null);
        }
        long missedMillis = after.session().getMasterMissedMillis();
        return missedMillis == 0 || !isNext(before, after) ? null : since(faultMillis, missedMillis);
    }

    private static boolean isNext(Look before, Look after) {
        return after.session().getEpoch() > before.session().getEpoch();
    }

    private static @Nullable Long recovered(
            Fault fault, long faultMillis, Look before, Look after, Optional<Recovery> recovery) {
        if (!fault.isOfMaster()) {
            return recovery.filter(each -> each.getRunningMillis() > 0)
                    .map(each -> since(faultMillis, each.getRunningMillis()))
                    .orElse(null);
        }
        if (!isNext(before, after)) {
            return null;
        }
        return since(
                faultMillis,
                after.job().getAdoptedMillis() > 0
                        ? after.job().getAdoptedMillis()
                        : after.session().getStartedMillis());
    }

    private static @Nullable Long nextCheckpoint(
            Fault fault, long faultMillis, JobDescription now, @Nullable Long seenMillis) {
        if (seenMillis == null) {
            return null;
        }
        boolean isExact = fault.isOfMaster() && now.getFirstCheckpointMillis() > 0;
        return since(faultMillis, isExact ? now.getFirstCheckpointMillis() : seenMillis);
    }

    /** Ids and counts both go on over masters. */
    private static long checkpointsLost(Look before, Look after) {
        long begun = after.job().getLastCheckpoint() - before.job().getLastCheckpoint();
        long completed = after.job().getCheckpointsCompleted() - before.job().getCheckpointsCompleted();
        return Math.max(0, begun - completed);
    }

    /**
     * Of a subtask that goes on, the longest pause that the fault or what followed it lies in; of one that was started
     * again, from its last output, which was no earlier than the fault if it wrote all the time, to its first one.
     */
    private static @Nullable Long outputGap(long faultMillis, JobDescription before, JobDescription now) {
        boolean isRestarted = now.getIncarnation() != before.getIncarnation();
        Map<String, OutputDescription> earlier = new HashMap<>();
        before.getOutputsList().forEach(output -> earlier.put(key(output), output));
        Long longest = null;
        for (OutputDescription output : now.getOutputsList()) {
            if (output.getFirstOutputMillis() == 0) {
                continue;
            }
            long gap = 0;
            if (isRestarted) {
                OutputDescription last = earlier.get(key(output));
                long from = Math.max(faultMillis, last == null ? faultMillis : last.getLastOutputMillis());
                gap = Math.max(0, output.getFirstOutputMillis() - from);
            }
            for (OutputPause pause : output.getPausesList()) {
                if (pause.getToMillis() >= faultMillis) {
                    gap = Math.max(gap, pause.getToMillis() - pause.getFromMillis());
                }
            }
            longest = longest == null ? gap : Math.max(longest, gap);
        }
        return longest;
    }

    private static String key(OutputDescription output) {
        return output.getVertex() + "/" + output.getSubtask();
    }

    private static long since(long faultMillis, long millis) {
        return Math.max(0, millis - faultMillis);
    }
}
