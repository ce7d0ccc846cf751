package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.SessionSummary;
import io.selvage.client.connect.SessionState;
import io.selvage.client.exit.ExitCode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** Lists the sessions of a user. */
final class SessionsCommand implements Command {
    private static final List<String> HEADINGS =
            List.of("SESSION", "NAME", "STATE", "OPENED (UTC)", "ONLY JOB", "WEB PAGE");
    private static final String NONE = "-";

    @Override
    public String name() {
        return "selvage sessions";
    }

    @Override
    public String synopsis() {
        return "[options]";
    }

    @Override
    public String summary() {
        return "list your sessions on the cluster";
    }

    @Override
    public String details() {
        return "Those that you have opened on this host, and applications for one job. One that has failed, or that YARN\n"
                + "does not know any more, is listed as long as there is something of it in HDFS. Commands take the id or\n"
                + "the name of one that runs with -s.";
    }

    @Override
    public Options options() {
        return new Options().addOption(Arguments.JSON);
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        arguments.requireNoRest();
        try (SelvageClient client = host.connect(console)) {
            List<SessionSummary> sessions = client.sessions();
            console.result(
                    arguments.has(Arguments.JSON)
                            ? Json.write(
                                    sessions.stream().map(SessionsCommand::json).toList())
                            : inWords(sessions));
            return ExitCode.OK;
        }
    }

    static String inWords(List<SessionSummary> sessions) {
        if (sessions.isEmpty()) {
            return "You have no sessions on this cluster. Open one with: scripts/yarn-session.sh -d";
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADINGS);
        for (SessionSummary session : sessions) {
            rows.add(List.of(
                    session.applicationId(),
                    session.name(),
                    state(session.state()).toLowerCase(Locale.ROOT),
                    Words.time(session.openedMillis()),
                    Objects.requireNonNullElse(session.onlyJob(), NONE),
                    Objects.requireNonNullElse(session.webPage(), NONE)));
        }
        return Table.of(rows);
    }

    static Map<String, Object> json(SessionSummary session) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("application_id", session.applicationId());
        json.put("name", session.name());
        json.put("state", state(session.state()));
        json.put("opened_millis", session.openedMillis());
        json.put("only_job", session.onlyJob());
        json.put("tracking_url", session.webPage());
        return json;
    }

    private static String state(@Nullable SessionState state) {
        return state == null ? "UNKNOWN" : state.name();
    }
}
