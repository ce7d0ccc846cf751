package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.connect.SessionState;
import io.selvage.client.deploy.ClusterResources;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.Scope;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.wire.SessionDescription;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** Opens a session, or attaches to one, and stays with it unless told otherwise; or shows what the cluster has. */
final class OpenCommand implements Command {
    private static final Option DETACHED = Option.builder("d")
            .longOpt("detached")
            .desc("return when the session is open; else the command stays until the session ends")
            .get();
    private static final Option QUERY = Option.builder("q")
            .longOpt("query")
            .desc("show the cluster's nodes and queues, and open nothing")
            .get();
    private static final Option ATTACH = SessionOptions.valued(
            "id", "application-id", "APPLICATION_ID", "attach to that session of yours, which runs, and open none");
    private static final SessionOptions SETTINGS = SessionOptions.all();
    private static final long POLL_MILLIS = 1_000;

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
        return "open a session on YARN, or attach to one that runs";
    }

    @Override
    public String details() {
        return "The cluster is the one of HADOOP_CONF_DIR. Executors are started when a job needs them.\n"
                + "Without -d the command stays and shows the session. Ctrl-C leaves it running, as it does its jobs; on a\n"
                + "terminal, \"stop\" and Enter stop it. While it is still being opened, Ctrl-C gives it up.";
    }

    @Override
    public Options options() {
        Options options = new Options();
        options.addOption(QUERY);
        options.addOption(ATTACH);
        options.addOption(DETACHED);
        SETTINGS.options().forEach(options::addOption);
        options.addOption(Arguments.SETTING);
        options.addOption(Arguments.JSON);
        return options;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        arguments.requireNoRest();
        String attachTo = arguments.valueOf(ATTACH);
        if (attachTo != null) {
            refuseBesideAttach(arguments);
        }
        if (arguments.has(QUERY)) {
            return query(arguments, host, console);
        }
        return attachTo == null ? open(arguments, host, console) : attach(attachTo, arguments, host, console);
    }

    private static void refuseBesideAttach(Arguments arguments) {
        List<Option> others = new ArrayList<>(SETTINGS.options());
        others.addAll(List.of(QUERY, DETACHED, Arguments.SETTING));
        for (Option other : others) {
            if (arguments.has(other)) {
                throw arguments.usage(
                        "-id attaches to a session that was opened already, and takes no -" + other.getOpt() + ".");
            }
        }
    }

    private static ExitCode query(Arguments arguments, Host host, Console console) {
        try (SelvageClient client = host.connect(console)) {
            ClusterResources resources = client.resources();
            console.result(
                    arguments.has(Arguments.JSON)
                            ? Json.write(ResourceTexts.json(resources))
                            : ResourceTexts.inWords(resources));
            return ExitCode.OK;
        }
    }

    private static ExitCode open(Arguments arguments, Host host, Console console) {
        Configuration settings = settings(arguments, host);
        long startedNanos = System.nanoTime();
        try (SelvageClient client = host.connectForFiles(settings, console)) {
            Session session;
            try (Interruption interruption = new Interruption(byExit -> giveUp(client, console))) {
                session = client.open(settings, progress(console, startedNanos));
            }
            try (session) {
                console.clearProgress();
                long millis = millisSince(startedNanos);
                SessionDescription description = session.describe();
                if (arguments.has(Arguments.JSON)) {
                    Map<String, Object> json = json(session, description);
                    json.put("open_millis", millis);
                    console.result(Json.write(json));
                } else {
                    announce(
                            "is open after " + Words.duration(millis),
                            session,
                            description,
                            settings.get(SessionConfig.MAX_ATTEMPTS),
                            console);
                }
                return arguments.has(DETACHED) ? ExitCode.OK : stay(session, console);
            }
        }
    }

    static OpenObserver progress(Console console, long startedNanos) {
        return (stage, detail) -> console.progress(
                console.isLive() ? stage + "  " + detail + "  " + Words.duration(millisSince(startedNanos)) : stage);
    }

    private static ExitCode attach(String id, Arguments arguments, Host host, Console console) {
        try (SelvageClient client = host.connect(console);
                Session session = client.session(id)) {
            SessionDescription description = session.describe();
            if (arguments.has(Arguments.JSON)) {
                console.result(Json.write(json(session, description)));
            } else {
                long openMillis = Math.max(0, System.currentTimeMillis() - session.openedMillis());
                announce(
                        "has been open for " + Words.duration(openMillis),
                        session,
                        description,
                        description.getMaxAttempts(),
                        console);
            }
            return stay(session, console);
        }
    }

    static Configuration settings(Arguments arguments, Host host) {
        return arguments.settings(SETTINGS.above(host.settings(), arguments), Scope.SESSION);
    }

    private static void giveUp(SelvageClient client, Console console) {
        console.say(givenUp(client, "session"));
    }

    /**
     * Takes back what was begun, from a hook that runs as the process ends; answers in words what is left.
     *
     * @param what is being opened
     */
    static String givenUp(SelvageClient client, String what) {
        if (client.abandonOpening()) {
            return "Interrupted: the " + what
                    + " is given up, and nothing is left on the cluster but cached libraries.";
        }
        return "Interrupted. "
                + client.goingOn()
                        .orElse("If the " + what + " had been submitted by then, it may run: see yarn application"
                                + " -list, and end it with yarn application -kill ID.");
    }

    private static Map<String, Object> json(Session session, SessionDescription description) {
        Map<String, Object> json = Reports.session(description, session.webPage());
        json.put("state_root", session.stateRoot());
        return json;
    }

    private static void announce(
            String since, Session session, SessionDescription description, int attemptsAsked, Console console) {
        console.result("Session " + session.applicationId() + " " + since + ".");
        console.result("  web page    " + session.webPage());
        console.result("  master      " + description.getMasterHost() + ","
                + attempts(description.getMaxAttempts(), attemptsAsked));
        console.result("  state root  " + session.stateRoot());
        if (description.getTokensEndMillis() > 0) {
            console.result("  no keytab   its tokens end at " + Instant.ofEpochMilli(description.getTokensEndMillis())
                    + ", and it can't use HDFS from then on: see docs/security.md#kerberos");
        }
        console.result("Run a job:    scripts/selvage run [-d] app.jar [arguments]");
        console.result("See the jobs: scripts/selvage list");
        console.result("Stop it:      scripts/selvage stop " + session.applicationId());
    }

    /** @param effective what the cluster allows of what was asked for */
    static String attempts(int effective, int asked) {
        String again = " started again by YARN up to " + Words.times(Math.max(0, effective - 1), "time");
        return effective >= asked
                ? again
                : again + ": this cluster allows " + Words.times(effective, "attempt") + " of the " + asked + " of "
                        + SessionConfig.MAX_ATTEMPTS.name() + " (yarn.resourcemanager.am.global.max-attempts)";
    }

    private static ExitCode stay(Session session, Console console) {
        console.say(
                console.canAsk()
                        ? "Ctrl-C leaves the session running; \"stop\" and Enter stop it with all its jobs."
                        : "This command shows the session until it ends. Ctrl-C leaves it running.");
        SessionWatch.End end;
        try (Interruption interruption = new Interruption(byExit -> console.say(leftRunning(session)))) {
            end = SessionWatch.of(session, console, POLL_MILLIS).untilEnd();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, leftRunning(session), interrupted);
        }
        return switch (end) {
            case SESSION_ENDED -> tellEnd(session, console);
            case STOP_WANTED -> stop(session, console);
        };
    }

    private static ExitCode tellEnd(Session session, Console console) {
        SessionState state = session.state();
        console.say("The session has ended: " + session.end());
        session.settle().ifPresent(console::say);
        return codeOf(state);
    }

    /** Of a session that has ended while somebody looked on. */
    static ExitCode codeOf(SessionState end) {
        return end == SessionState.STOPPED ? ExitCode.OK : ExitCode.SESSION_FAILED;
    }

    private static ExitCode stop(Session session, Console console) {
        console.say("Stopping the session with all its jobs ...");
        Optional<String> left = session.stop("stopped by a word at the terminal of yarn-session.sh");
        console.say("The session " + session.applicationId() + " is stopped.");
        left.ifPresent(console::say);
        return ExitCode.OK;
    }

    private static String leftRunning(Session session) {
        return "The session goes on, with its jobs. Come back: scripts/yarn-session.sh -id " + session.applicationId()
                + "   Stop it: scripts/selvage stop " + session.applicationId();
    }

    private static long millisSince(long startedNanos) {
        return (System.nanoTime() - startedNanos) / 1_000_000;
    }
}
