package io.selvage.client.cli;

import io.selvage.client.Session;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SessionDescription;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A session as one line on the console; owned by the thread that stays with the session. Where a line can't be written
 * over, one is written at each change.
 */
final class SessionLine {
    private final Console console;
    private final LongSupplier nanoTime;
    private boolean isAbsent;
    private long absentSinceNanos;

    SessionLine(Console console, LongSupplier nanoTime) {
        this.console = console;
        this.nanoTime = nanoTime;
    }

    void show(SessionDescription session, List<JobDescription> jobs) {
        isAbsent = false;
        console.progress(text(session, jobs));
    }

    /** @param reason why there is nobody to ask */
    void showAbsent(String reason) {
        long now = nanoTime.getAsLong();
        if (!isAbsent) {
            isAbsent = true;
            absentSinceNanos = now;
        }
        String text = "no master: " + reason + "; tasks go on meanwhile";
        console.progress(
                console.isLive() ? text + " (" + Words.duration((now - absentSinceNanos) / 1_000_000) + ")" : text);
    }

    static String text(SessionDescription session, List<JobDescription> jobs) {
        List<ExecutorDescription> executors = session.getExecutorsList();
        long standbys =
                executors.stream().filter(ExecutorDescription::getStandby).count();
        int slots = executors.stream().mapToInt(ExecutorDescription::getSlots).sum();
        int busy =
                executors.stream().mapToInt(ExecutorDescription::getBusySlots).sum();
        StringBuilder line = new StringBuilder("executors ").append(executors.size());
        if (standbys > 0) {
            line.append(" (").append(standbys).append(" on standby)");
        }
        line.append("  slots ").append(busy).append(" of ").append(slots).append(" busy");
        line.append("  jobs ").append(jobs(jobs));
        line.append("  attempt ").append(session.getEpoch());
        for (JobDescription job : jobs) {
            if (!job.getAlarm().isEmpty()) {
                line.append("  ALARM ").append(job.getJobId()).append(": ").append(job.getAlarm());
            }
        }
        return line.toString();
    }

    private static String jobs(List<JobDescription> jobs) {
        Map<JobPhase, Integer> phases = new EnumMap<>(JobPhase.class);
        int ended = 0;
        for (JobDescription job : jobs) {
            if (Session.isEnd(job.getPhase())) {
                ended++;
            } else {
                phases.merge(job.getPhase(), 1, Integer::sum);
            }
        }
        List<String> parts = new ArrayList<>();
        phases.forEach((phase, count) -> parts.add(count + " " + Words.phase(phase)));
        if (ended > 0) {
            parts.add(ended + " ended");
        }
        return parts.isEmpty() ? "none" : String.join(", ", parts);
    }
}
