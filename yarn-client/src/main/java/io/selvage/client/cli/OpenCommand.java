package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.connect.SessionState;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ConfigKey;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.Scope;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.wire.SessionDescription;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** Opens a session, and stays with it unless told otherwise. */
final class OpenCommand implements Command {
    private static final Option DETACHED = Option.builder("d")
            .longOpt("detached")
            .desc("return when the session is open; else the command stays until the session ends")
            .get();
    private static final Map<Option, ConfigKey<?>> SETTINGS = settings();
    private static final long POLL_MILLIS = 1_000;

    private static Map<Option, ConfigKey<?>> settings() {
        Map<Option, ConfigKey<?>> settings = new LinkedHashMap<>();
        settings.put(valued("nm", "name", "NAME", "the name in YARN"), SessionConfig.APPLICATION_NAME);
        settings.put(valued("qu", "queue", "QUEUE", "the YARN queue"), SessionConfig.QUEUE);
        settings.put(
                valued("jm", "master-memory", "SIZE", "the master's container, such as 1g (a bare number is MiB)"),
                SessionConfig.MASTER_MEMORY);
        settings.put(
                valued("tm", "executor-memory", "SIZE", "each executor's container, such as 2g (a bare number is MiB)"),
                SessionConfig.EXECUTOR_MEMORY);
        settings.put(valued("s", "slots", "N", "the slots of each executor"), SessionConfig.EXECUTOR_SLOTS);
        return settings;
    }

    private static Option valued(String name, String longName, String argument, String description) {
        return Option.builder(name)
                .longOpt(longName)
                .hasArg()
                .argName(argument)
                .desc(description)
                .get();
    }

    @Override
    public String name() {
        return "yarn-session.sh";
    }

    @Override
    public String synopsis() {
        return "[options]";
    }

    @Override
    public String summary() {
        return "open a session on YARN";
    }

    @Override
    public String details() {
        return "The cluster is the one of HADOOP_CONF_DIR. Executors are started when a job needs them.\n"
                + "Without -d, Ctrl-C stops the session with all its jobs.";
    }

    @Override
    public Options options() {
        Options options = new Options();
        options.addOption(DETACHED);
        SETTINGS.keySet().forEach(options::addOption);
        options.addOption(Arguments.SETTING);
        options.addOption(Arguments.JSON);
        return options;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        arguments.requireNoRest();
        Configuration settings = settings(arguments, host);
        long startedNanos = System.nanoTime();
        try (SelvageClient client = host.connect()) {
            Session session;
            try (Interruption interruption = new Interruption(byExit -> giveUp(client, console))) {
                session = client.open(
                        settings,
                        (stage, detail) -> console.progress(
                                console.isLive()
                                        ? stage + "  " + detail + "  " + Words.duration(millisSince(startedNanos))
                                        : stage));
            }
            try (session) {
                console.clearProgress();
                announce(settings, session.describe(), session, millisSince(startedNanos), arguments, console);
                return arguments.has(DETACHED) ? ExitCode.OK : stay(session, console);
            }
        }
    }

    private static Configuration settings(Arguments arguments, Host host) {
        Configuration settings = host.settings();
        for (Map.Entry<Option, ConfigKey<?>> entry : SETTINGS.entrySet()) {
            String value = arguments.valueOf(entry.getKey());
            if (value != null) {
                boolean bareMebibytes = entry.getValue().type().unit().equals("memory") && value.matches("\\d+");
                settings = settings.with(
                        Map.of(entry.getValue().name(), bareMebibytes ? value + "m" : value),
                        "from -" + entry.getKey().getOpt());
            }
        }
        return arguments.settings(settings, Scope.SESSION);
    }

    private static void giveUp(SelvageClient client, Console console) {
        console.say("Interrupted: the session is given up.");
        if (client.abandonOpening()) {
            console.say("What had been begun is undone: nothing is left on the cluster but cached libraries.");
        }
    }

    private static void announce(
            Configuration settings,
            SessionDescription description,
            Session session,
            long millis,
            Arguments arguments,
            Console console) {
        if (arguments.has(Arguments.JSON)) {
            Map<String, Object> json = Reports.session(description);
            json.put("state_root", session.stateRoot());
            json.put("open_millis", millis);
            console.result(Json.write(json));
            return;
        }
        console.result("Session " + session.applicationId() + " is open after " + Words.duration(millis) + ".");
        console.result("  web page    " + description.getTrackingUrl());
        console.result("  master      " + description.getMasterHost()
                + attempts(description.getMaxAttempts(), settings.get(SessionConfig.MAX_ATTEMPTS)));
        console.result("  state root  " + session.stateRoot());
        console.result("Run a job:    scripts/selvage run [-d] app.jar [arguments]");
        console.result("See the jobs: scripts/selvage list");
        console.result("Stop it:      scripts/selvage stop " + session.applicationId());
    }

    /** @param effective what the cluster allows of what was asked for */
    static String attempts(int effective, int asked) {
        String again = ", started again by YARN up to " + Words.times(Math.max(0, effective - 1), "time");
        return effective >= asked
                ? again
                : again + ": this cluster allows " + Words.times(effective, "attempt") + " of the " + asked + " of "
                        + SessionConfig.MAX_ATTEMPTS.name() + " (yarn.resourcemanager.am.global.max-attempts)";
    }

    private static ExitCode stay(Session session, Console console) {
        console.say("This command stays until the session ends. Ctrl-C stops the session.");
        try (Interruption interruption = new Interruption(byExit -> stop(session, console))) {
            while (true) {
                SessionState state = stateOf(session, console);
                if (state.hasEnded()) {
                    String end = session.end();
                    session.forget();
                    console.say("The session has ended: " + end);
                    return state == SessionState.STOPPED ? ExitCode.OK : ExitCode.SESSION_FAILED;
                }
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        }
    }

    /** A ResourceManager that is away for a while is no reason to leave the session. */
    private static SessionState stateOf(Session session, Console console) {
        try {
            return session.state();
        } catch (ClientException unreachable) {
            if (unreachable.exitCode() != ExitCode.NO_CLUSTER) {
                throw unreachable;
            }
            console.progress(unreachable.getMessage() + " Trying again; the session may go on meanwhile.");
            return SessionState.RUNNING;
        }
    }

    private static void stop(Session session, Console console) {
        console.say("Stopping the session with all its jobs ...");
        session.stop("stopped with Ctrl-C by the command that opened it");
        console.say("The session " + session.applicationId() + " is stopped.");
    }

    private static long millisSince(long startedNanos) {
        return (System.nanoTime() - startedNanos) / 1_000_000;
    }
}
