package io.selvage.master.http;

import io.selvage.protocol.failure.FailureWords;
import io.selvage.protocol.wire.CheckpointDescription;
import io.selvage.protocol.wire.CheckpointState;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.Failure;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.SourceLatency;
import io.selvage.protocol.wire.SubtaskDescription;
import io.selvage.protocol.wire.VertexDescription;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** The page as text. Pure; every text that is not the page's own is escaped, and every link is relative. */
final class StatusPage {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final int REFRESH_SECONDS = 2;
    /** Of each job, the newest; all that are known are in the JSON. */
    private static final int CHECKPOINTS_SHOWN = 3;
    /** A subtask with more records than so many times its share stands out, unless all have few. */
    private static final int SKEWED = 2;

    private static final long LEAST_SKEWED_RECORDS = 1_000;

    private static final String STYLE = """
            :root { color-scheme: light dark; --line: #8884; --soft: #8881; --good: #2a7d46; --bad: #b3362b; --busy: #8a6d00; }
            body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
            h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
            .facts { color: #888; margin: .2rem 0 0; }
            table { border-collapse: collapse; width: 100%; }
            th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
            th { font-weight: 600; color: #888; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
            tr.vertex td { background: var(--soft); font-size: .92em; border-bottom: 0; }
            .phase { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); } .busy { color: var(--busy); }
            .failure { color: var(--bad); white-space: pre-wrap; overflow-wrap: anywhere; }
            meter { width: 4.5rem; height: .8em; } .use { white-space: nowrap; }
            code { font-size: .92em; }
            """;

    private StatusPage() {}

    static String of(SessionDescription session, List<JobDescription> jobs, long nowMillis) {
        StringBuilder page = new StringBuilder(8192);
        page.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta http-equiv=\"refresh\" content=\"")
                .append(REFRESH_SECONDS)
                .append("\"><meta name=\"viewport\" content=\"width=device-width\"><title>Selvage ")
                .append(escape(session.getApplicationId()))
                .append("</title><style>")
                .append(STYLE)
                .append("</style></head><body>");
        session(page, session, nowMillis);
        jobs(page, jobs, nowMillis);
        executors(page, session.getExecutorsList());
        page.append(
                "<p class=\"facts\">As JSON: <a href=\"api/session\">session</a>, <a href=\"api/jobs\">jobs</a></p>");
        return page.append("</body></html>\n").toString();
    }

    private static void session(StringBuilder page, SessionDescription session, long nowMillis) {
        page.append("<h1>Selvage session <code>")
                .append(escape(session.getApplicationId()))
                .append("</code></h1><p class=\"facts\">Master: attempt ")
                .append(session.getEpoch())
                .append(" of at most ")
                .append(session.getMaxAttempts())
                .append(", process ")
                .append(session.getMasterPid())
                .append(" on ")
                .append(escape(session.getMasterHost()))
                .append(", up for ")
                .append(duration(nowMillis - session.getStartedMillis()))
                .append("; version ")
                .append(escape(session.getVersion()))
                .append("; refused connections: ")
                .append(session.getRefusedControlConnections())
                .append(" at its port for executors and clients, ")
                .append(session.getRefusedStatusConnections())
                .append(" at that of this page</p>");
        session.getNoticesList()
                .forEach(notice ->
                        page.append("<p class=\"busy\">").append(escape(notice)).append("</p>"));
    }

    private static void jobs(StringBuilder page, List<JobDescription> jobs, long nowMillis) {
        page.append("<h2>Jobs</h2>");
        if (jobs.isEmpty()) {
            page.append("<p class=\"facts\">None yet: <code>selvage run app.jar</code> submits one.</p>");
            return;
        }
        page.append("<table><tr><th>Job</th><th>Phase</th><th>Submitted</th><th class=\"n\">Runs for</th>")
                .append("<th class=\"n\">Restarts</th><th class=\"n\">Checkpoints</th><th class=\"n\">Last</th>")
                .append("<th class=\"n\">Read</th><th class=\"n\">Written</th></tr>");
        jobs.forEach(job -> job(page, job, nowMillis));
        page.append("</table>");
    }

    private static void job(StringBuilder page, JobDescription job, long nowMillis) {
        long end = job.getEndedMillis() == 0 ? nowMillis : job.getEndedMillis();
        page.append("<tr><td>")
                .append(escape(job.getName()))
                .append("<br><code>")
                .append(escape(job.getJobId()))
                .append("</code></td><td class=\"phase ")
                .append(tone(job.getPhase()))
                .append("\">")
                .append(job.getPhase())
                .append("</td><td>")
                .append(TIME.format(Instant.ofEpochMilli(job.getSubmittedMillis())))
                .append("</td>");
        number(page, duration(end - job.getSubmittedMillis()));
        number(page, count(job.getRestarts()));
        number(
                page,
                count(job.getCheckpointsCompleted())
                        + (job.getCheckpointsFailed() == 0 ? "" : " (" + job.getCheckpointsFailed() + " failed)"));
        number(
                page,
                job.getLastCheckpoint() == 0
                        ? "-"
                        : "#" + job.getLastCheckpoint() + ", " + job.getLastCheckpointMillis() + " ms, "
                                + bytes(job.getLastCheckpointBytes()));
        number(page, count(job.getRecordsRead()));
        number(page, count(job.getRecordsWritten()));
        page.append("</tr>");
        if (job.hasFailure()) {
            page.append("<tr><td colspan=\"9\" class=\"failure\">")
                    .append(escape(inWords(job.getFailure())))
                    .append("</td></tr>");
        }
        if (!job.getAlarm().isEmpty()) {
            page.append("<tr><td colspan=\"9\" class=\"failure\">")
                    .append(escape(job.getAlarm()))
                    .append("</td></tr>");
        }
        job.getVerticesList().forEach(vertex -> vertex(page, vertex, job));
        job.getCheckpointsList().stream()
                .skip(Math.max(0, job.getCheckpointsCount() - CHECKPOINTS_SHOWN))
                .forEach(checkpoint -> checkpoint(page, checkpoint));
    }

    private static void checkpoint(StringBuilder page, CheckpointDescription checkpoint) {
        boolean failed = checkpoint.getState() == CheckpointState.CHECKPOINT_FAILED;
        page.append("<tr class=\"vertex\"><td colspan=\"2\">")
                .append(checkpoint.getSavepoint() ? "savepoint #" : "checkpoint #")
                .append(checkpoint.getCheckpoint())
                .append(failed ? " <span class=\"bad\">failed</span>" : "")
                .append("</td><td>")
                .append(TIME.format(Instant.ofEpochMilli(checkpoint.getTriggerMillis())))
                .append("</td>");
        number(page, checkpoint.getDurationMicros() / 1_000 + " ms");
        number(page, bytes(checkpoint.getBytes()));
        page.append("<td colspan=\"4\">")
                .append(failed ? escape(checkpoint.getReason()) + "<br>" : "")
                .append(escape(checkpoint.getSlowest()))
                .append("</td></tr>");
    }

    /** What happened, where, and why: a line for each cause. */
    private static String inWords(Failure failure) {
        return failure.getKind() + ": " + failure.getMessage() + FailureWords.whereAndWhy(failure, "");
    }

    private static void vertex(StringBuilder page, VertexDescription vertex, JobDescription job) {
        page.append("<tr class=\"vertex\"><td colspan=\"3\">")
                .append(escape(vertex.getName()))
                .append("</td>");
        page.append("<td class=\"n\" colspan=\"2\">")
                .append(vertex.getRunning())
                .append(" of ")
                .append(vertex.getParallelism())
                .append(" subtasks run</td><td colspan=\"2\">")
                .append(use(vertex))
                .append(skew(vertex))
                .append(latencies(vertex, job))
                .append("</td>");
        number(page, count(vertex.getRecordsIn()) + " in");
        number(page, count(vertex.getRecordsOut()) + " out");
        page.append("</tr>");
    }

    /** A bar: of the subtask with the most of each, what is busy and what is back-pressured. */
    private static String use(VertexDescription vertex) {
        int busy = vertex.getBusyPermille();
        int backPressured = vertex.getBackPressuredPermille();
        if (busy + backPressured + vertex.getIdlePermille() == 0) {
            return "";
        }
        return "<span class=\"use\">" + bar("busy", busy) + bar("back-pressured", backPressured) + "</span>";
    }

    /** A word on a subtask that has had much more of what has come in than others. */
    private static String skew(VertexDescription vertex) {
        SubtaskDescription most = vertex.getSubtasksList().stream()
                .max(Comparator.comparingLong(SubtaskDescription::getRecordsIn))
                .orElse(SubtaskDescription.getDefaultInstance());
        boolean isSkewed = most.getRecordsIn() >= LEAST_SKEWED_RECORDS
                && most.getRecordsIn() * vertex.getParallelism() > SKEWED * vertex.getRecordsIn();
        return isSkewed
                ? "subtask " + most.getSubtask() + " has had " + 100 * most.getRecordsIn() / vertex.getRecordsIn()
                        + " % of them<br>"
                : "";
    }

    /** Of a sink, if markers are sent: a line for each source. */
    private static String latencies(VertexDescription vertex, JobDescription job) {
        StringBuilder lines = new StringBuilder();
        for (SourceLatency latency : vertex.getLatenciesList()) {
            String source = job.getVerticesList().stream()
                    .filter(each -> each.getId() == latency.getSource())
                    .map(VertexDescription::getName)
                    .findFirst()
                    .orElse("vertex " + latency.getSource());
            lines.append(millis(latency.getMedianMicros()))
                    .append(" from ")
                    .append(escape(source))
                    .append(", p99 ")
                    .append(millis(latency.getP99Micros()))
                    .append("<br>");
        }
        return lines.toString();
    }

    private static String millis(long micros) {
        return String.format(Locale.ROOT, "%.1f ms", micros / 1_000.0);
    }

    private static String bar(String what, int permille) {
        String percent = (permille + 5) / 10 + " %";
        return "<meter min=\"0\" max=\"1000\" high=\"800\" optimum=\"0\" value=\"" + permille + "\">" + percent
                + "</meter> " + percent + " " + what + "<br>";
    }

    private static void executors(StringBuilder page, List<ExecutorDescription> executors) {
        page.append("<h2>Executors</h2>");
        if (executors.isEmpty()) {
            page.append("<p class=\"facts\">None: they are started for a job, and end some time after it.</p>");
            return;
        }
        page.append("<table><tr><th>Container</th><th>Host</th><th class=\"n\">Process</th>")
                .append("<th class=\"n\">Busy slots</th><th></th>")
                .append("<th class=\"n\">Refused connections</th><th>Log</th></tr>");
        for (ExecutorDescription executor : executors) {
            page.append("<tr><td><code>")
                    .append(escape(executor.getExecutorId()))
                    .append("</code></td><td>")
                    .append(escape(executor.getHost()))
                    .append("</td>");
            number(page, String.valueOf(executor.getPid()));
            number(page, executor.getBusySlots() + " of " + executor.getSlots());
            page.append("<td>")
                    .append(
                            executor.getStandby()
                                    ? "standby, " + bytes(executor.getStandbyBytes()) + " of state ready"
                                    : "")
                    .append("</td>");
            number(page, String.valueOf(executor.getRefusedConnections()));
            page.append("<td>").append(link(executor.getLogUrl())).append("</td></tr>");
        }
        page.append("</table>");
    }

    /** A link only to what is one for certain: an executor's word is not trusted with a script. */
    private static String link(String url) {
        boolean web = url.startsWith("http://") || url.startsWith("https://");
        return web ? "<a rel=\"noreferrer\" href=\"" + escape(url) + "\">log</a>" : "";
    }

    private static void number(StringBuilder page, String text) {
        page.append("<td class=\"n\">").append(escape(text)).append("</td>");
    }

    private static String tone(JobPhase phase) {
        return switch (phase) {
            case RUNNING, FINISHING, FINISHED -> "good";
            case FAILED, UNRECOGNIZED -> "bad";
            case WAITING_FOR_RESOURCES, ADOPTING, DEPLOYING, RESTARTING, CANCELING -> "busy";
            case CANCELED, JOB_PHASE_UNSPECIFIED -> "";
        };
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String bytes(long number) {
        if (number < 10_240) {
            return number + " B";
        }
        return number < 10_485_760 ? number / 1024 + " KiB" : number / 1_048_576 + " MiB";
    }

    private static String duration(long millis) {
        Duration time = Duration.ofMillis(Math.max(0, millis));
        if (time.toHours() > 0) {
            return time.toHours() + " h " + time.toMinutesPart() + " min";
        }
        return time.toMinutes() > 0
                ? time.toMinutes() + " min " + time.toSecondsPart() + " s"
                : time.toSeconds() + " s";
    }

    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
