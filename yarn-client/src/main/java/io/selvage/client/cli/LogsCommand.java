package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.connect.ContainerLogs;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.SessionRecord;
import io.selvage.protocol.threads.SubtaskThread;
import io.selvage.protocol.wire.ExecutorDescription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** Shows the ends of logs, and what is added to them: of the master, of an executor, or of the executors of a job. */
final class LogsCommand implements Command {
    private static final Option TAIL = Option.builder("n")
            .longOpt("tail")
            .hasArg()
            .argName("N")
            .desc("so many of the last lines; default: 200")
            .get();
    private static final Option FILE = Option.builder()
            .longOpt("file")
            .hasArg()
            .argName("NAME")
            .desc("another file of the log directory, such as stderr")
            .get();
    private static final Option FOLLOW = Option.builder("f")
            .longOpt("follow")
            .desc("go on with what is added, over restarts, until Ctrl-C or the end")
            .get();
    private static final int DEFAULT_LINES = 200;
    private static final String MASTER = "master";
    private static final Pattern CONTAINER = Pattern.compile("container_[e0-9_]{1,80}");
    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,100}");

    @Override
    public String name() {
        return "selvage logs";
    }

    @Override
    public String synopsis() {
        return "[options] [master | EXECUTOR_ID | JOB_ID]";
    }

    @Override
    public String summary() {
        return "show the end of the log of the master, an executor or a job's executors";
    }

    @Override
    public String details() {
        return "While the session runs, from the nodes; of a session that has ended, which --session names, from HDFS, if\n"
                + "the cluster collects logs. A job's executors are those that run a part of it now. Exit code 17: a log\n"
                + "could not be had.\n"
                + "With -f, each second what is new: from one master to the next, and of executors that join the job. A\n"
                + "node or ResourceManager that is away is waited for. It ends with the session, the job or the executor.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(Arguments.SESSION)
                .addOption(TAIL)
                .addOption(FILE)
                .addOption(FOLLOW)
                .addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    /**
     * What is to be shown.
     *
     * @param container null: the master's
     * @param job null: not a job's executors
     * @param file null: the process's log
     */
    record Target(
            @Nullable String container,
            @Nullable String job,
            int lines,
            @Nullable String file) {
        static Target of(Arguments arguments) {
            String named =
                    arguments.rest().isEmpty() ? MASTER : arguments.only("\"master\", one executor's or one job's id");
            String file = arguments.valueOf(FILE);
            if (file != null && !FILE_NAME.matcher(file).matches()) {
                throw arguments.usage("--file is \"" + file + "\", and must be the name of a file, such as stderr.");
            }
            String tail = arguments.valueOf(TAIL);
            if (tail != null && !tail.matches("[1-9]\\d{0,5}")) {
                throw arguments.usage("--tail is \"" + tail + "\", and must be a number from 1 to 999999.");
            }
            int lines = tail == null ? DEFAULT_LINES : Integer.parseInt(tail);
            if (named.equals(MASTER)) {
                return new Target(null, null, lines, file);
            }
            return CONTAINER.matcher(named).matches()
                    ? new Target(named, null, lines, file)
                    : new Target(null, named, lines, file);
        }
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        Target target = Target.of(arguments);
        String sessionId = arguments.valueOf(Arguments.SESSION);
        try (SelvageClient client = host.connect(console)) {
            String application = sessionOf(sessionId, target.job(), host, client);
            ContainerLogs logs = client.logs();
            if (arguments.has(FOLLOW) && logs.places(application).end() == null) {
                return follow(target, application, client, logs, arguments, console);
            }
            List<String> containers = containers(target, application, client, logs);
            List<Map<String, Object>> results = new ArrayList<>();
            ExitCode end = ExitCode.OK;
            for (String container : containers) {
                try {
                    ContainerLogs.Tail tail = logs.tail(application, container, fileOf(target), target.lines());
                    results.add(json(tail));
                    if (!arguments.has(Arguments.JSON)) {
                        console.result(inWords(tail, containers.size() > 1));
                    }
                } catch (ClientException absent) {
                    if (absent.exitCode() != ExitCode.NOT_SHOWN || containers.size() == 1) {
                        throw absent;
                    }
                    console.error(String.valueOf(absent.getMessage()));
                    end = ExitCode.NOT_SHOWN;
                }
            }
            if (arguments.has(Arguments.JSON)) {
                console.result(Json.write(results));
            }
            return end;
        }
    }

    private static ExitCode follow(
            Target target,
            String application,
            SelvageClient client,
            ContainerLogs logs,
            Arguments arguments,
            Console console) {
        String container = target.container();
        String jobId = target.job();
        String file = fileOf(target);
        if (container != null) {
            return follow(
                    LogSight.ofContainer(logs, application, file, container), target, application, arguments, console);
        }
        if (jobId == null) {
            return follow(LogSight.ofMaster(logs, application, file), target, application, arguments, console);
        }
        try (Session session = client.session(application)) {
            String job = session.job(jobId).getJobId();
            return follow(LogSight.ofJob(logs, session, file, job), target, application, arguments, console);
        }
    }

    private static ExitCode follow(
            LogFollow.Sight sight, Target target, String application, Arguments arguments, Console console) {
        AtomicBoolean isLeft = new AtomicBoolean();
        LogFollow follow = new LogFollow(
                sight, application, fileOf(target), target.lines(), arguments.has(Arguments.JSON), console);
        try (Interruption interruption = new Interruption(byExit -> isLeft.set(true))) {
            return follow.untilEnd(isLeft::get);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        } catch (RuntimeException failed) {
            // Whoever leaves has the connections closed under a look, which is no news to anybody.
            if (isLeft.get()) {
                return ExitCode.INTERRUPTED;
            }
            throw failed;
        }
    }

    /** One that is named by its id may have ended. */
    private static String sessionOf(@Nullable String named, @Nullable String job, Host host, SelvageClient client) {
        if (named != null && SessionRecord.isId(named)) {
            return named;
        }
        try (Session session = host.sessionOf(client, named, job)) {
            return session.applicationId();
        }
    }

    private static String fileOf(Target target) {
        String named = target.file();
        if (named != null) {
            return named;
        }
        return target.container() == null && target.job() == null ? "master.log" : "executor.log";
    }

    private static List<String> containers(
            Target target, String application, SelvageClient client, ContainerLogs logs) {
        String container = target.container();
        String jobId = target.job();
        if (container != null) {
            return List.of(container);
        }
        if (jobId == null) {
            return List.of(logs.masterContainer(application));
        }
        try (Session session = client.session(application)) {
            String prefix = SubtaskThread.prefixOf(session.job(jobId).getJobId());
            List<String> ofJob = session.describe().getExecutorsList().stream()
                    .map(ExecutorDescription::getExecutorId)
                    // One that does not answer may well be the one that is looked for.
                    .filter(executor -> {
                        var answer = session.threads(executor, prefix, true);
                        return !answer.getSilence().isEmpty()
                                || answer.getDump().getThreadsCount() > 0;
                    })
                    .toList();
            if (ofJob.isEmpty()) {
                throw new ClientException(
                        ExitCode.NOT_SHOWN,
                        "No part of " + jobId + " runs on an executor now. See why with selvage status --job " + jobId
                                + ", and the master's log with selvage logs.");
            }
            return ofJob;
        }
    }

    @Override
    public List<String> words() {
        return List.of(MASTER);
    }

    static String inWords(ContainerLogs.Tail tail, boolean isOneOfSeveral) {
        String heading = isOneOfSeveral ? "==> " + tail.container() + " " + tail.file() + " <==\n" : "";
        return heading + tail.text();
    }

    static Map<String, Object> json(ContainerLogs.Tail tail) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("container_id", tail.container());
        json.put("file", tail.file());
        json.put("is_cut", tail.isCut());
        json.put("lines", tail.text().lines().toList());
        return json;
    }
}
