package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.Session.Status;
import io.selvage.client.connect.MasterAbsentException;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.commons.cli.Options;

/** Shows a session and its jobs until the session ends, or until the person has seen enough. */
final class WatchCommand implements Command {
    private static final long INTERVAL_MILLIS = 1_000;

    @Override
    public String name() {
        return "selvage watch";
    }

    @Override
    public String synopsis() {
        return "[options] [SESSION]";
    }

    @Override
    public String summary() {
        return "show a session, its processes and its jobs live";
    }

    @Override
    public String details() {
        return "On a terminal, drawn anew each second; elsewhere, and with --json, a line whenever the master, an executor\n"
                + "or the phase of a job has changed. Ctrl-C leaves, and the session goes on; it returns when that ends.";
    }

    @Override
    public Options options() {
        return new Options().addOption(Arguments.SESSION).addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        String id = arguments.sessionId();
        int rows = Console.rowsOf(host.environment().get("LINES"));
        try (SelvageClient client = host.connect(console);
                Session session = host.session(client, id)) {
            View view = new View(session, arguments.has(Arguments.JSON), rows, console);
            while (true) {
                try {
                    view.onStatus(session.look(), System.currentTimeMillis());
                } catch (MasterAbsentException absent) {
                    view.onAbsence(String.valueOf(absent.getMessage()));
                } catch (ClientException sentence) {
                    if (sentence.exitCode() == ExitCode.NO_SESSION) {
                        return ended(session, console);
                    }
                    if (sentence.exitCode() != ExitCode.NO_CLUSTER) {
                        throw sentence;
                    }
                    view.onAbsence(String.valueOf(sentence.getMessage()));
                }
                Thread.sleep(INTERVAL_MILLIS);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        }
    }

    private static ExitCode ended(Session session, Console console) {
        console.say("The session " + session.applicationId() + " has ended: " + session.end());
        return OpenCommand.codeOf(session.state());
    }

    /** Owned by the command's thread: what was shown last, and what is worth being shown. */
    private static final class View {
        private final Session session;
        private final boolean isJson;
        private final int rows;
        private final Console console;
        private String shown = "";

        View(Session session, boolean isJson, int rows, Console console) {
            this.session = session;
            this.isJson = isJson;
            this.rows = rows;
            this.console = console;
        }

        void onStatus(Status status, long nowMillis) {
            if (console.isLive()) {
                console.screen(
                        StatusCommand.text(session, status.session(), status.jobs(), nowMillis) + "\n\n"
                                + Words.time(nowMillis) + " UTC. Ctrl-C leaves; the session goes on.",
                        rows);
                return;
            }
            String line = line(status);
            if (!line.equals(shown)) {
                shown = line;
                console.result(
                        isJson
                                ? Json.write(json(status, session.webPage(), nowMillis))
                                : Words.time(nowMillis) + "  " + line);
            }
        }

        void onAbsence(String reason) {
            String line = "no master: " + reason;
            if (console.isLive()) {
                console.screen("Session " + session.applicationId() + "\n\n" + line, rows);
            } else if (!line.equals(shown)) {
                shown = line;
                console.say(line);
            }
        }
    }

    /** What a person wants to hear of when it changes; pure. */
    static String line(Status status) {
        List<ExecutorDescription> executors = status.session().getExecutorsList();
        long standbys =
                executors.stream().filter(ExecutorDescription::getStandby).count();
        return "master " + status.session().getMasterPid() + " on "
                + status.session().getMasterHost() + ", attempt "
                + status.session().getEpoch() + "; "
                + Words.times(executors.size(), "executor")
                + (standbys > 0 ? " (" + standbys + " standby)" : "")
                + status.jobs().stream().map(WatchCommand::part).collect(Collectors.joining());
    }

    private static String part(JobDescription job) {
        return "; " + job.getJobId() + " " + Words.phase(job.getPhase())
                + (job.getRestarts() > 0 ? ", " + Words.times(job.getRestarts(), "restart") : "")
                + (job.getAlarm().isEmpty() ? "" : ", ALARM: " + job.getAlarm());
    }

    static Map<String, Object> json(Status status, String webPage, long nowMillis) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("time_millis", nowMillis);
        json.putAll(Reports.session(status.session(), webPage));
        json.put("jobs", Reports.jobs(status.jobs()));
        return json;
    }
}
