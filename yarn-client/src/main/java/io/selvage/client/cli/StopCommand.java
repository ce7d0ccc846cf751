package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import java.util.Map;
import org.apache.commons.cli.Options;

/** Stops a session. */
final class StopCommand implements Command {
    @Override
    public String name() {
        return "selvage stop";
    }

    @Override
    public String synopsis() {
        return "[options] [SESSION_ID]";
    }

    @Override
    public String summary() {
        return "stop a session with all its jobs";
    }

    @Override
    public String details() {
        return "Without an id, your newest session that runs. Its files in HDFS are deleted, but for cached libraries.";
    }

    @Override
    public Options options() {
        return new Options().addOption(Arguments.SESSION).addOption(Arguments.JSON);
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        String id = arguments.sessionId();
        try (SelvageClient client = host.connect();
                Session session = host.session(client, id)) {
            console.progress("stopping " + session.applicationId());
            session.stop("stopped with selvage stop");
            console.clearProgress();
            console.result(
                    arguments.has(Arguments.JSON)
                            ? Json.write(Map.of("application_id", session.applicationId(), "state", "STOPPED"))
                            : "The session " + session.applicationId() + " is stopped.");
            return ExitCode.OK;
        }
    }
}
