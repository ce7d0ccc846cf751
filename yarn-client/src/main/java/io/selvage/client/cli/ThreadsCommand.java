package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.threads.SubtaskThread;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.SessionDescription;
import io.selvage.protocol.wire.ShowThreadsResponse;
import io.selvage.protocol.wire.VertexDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** Shows what threads of the master, of an executor or of a job's subtasks do at this moment. */
final class ThreadsCommand implements Command {
    private static final Option EXECUTOR = Option.builder()
            .longOpt("executor")
            .hasArg()
            .argName("ID")
            .desc("all threads of this executor, by its container's id")
            .get();
    private static final Option SUBTASK = Option.builder()
            .longOpt("subtask")
            .hasArg()
            .argName("V.I")
            .desc("of the job, this subtask alone: the vertex's number and the subtask's, such as 2.0")
            .get();
    private static final Pattern SUBTASK_FORM = Pattern.compile("v?(\\d{1,9})\\.(\\d{1,9})");

    @Override
    public String name() {
        return "selvage threads";
    }

    @Override
    public String synopsis() {
        return "[options] [JOB_ID]";
    }

    @Override
    public String summary() {
        return "show what threads of the master, an executor or a job's subtasks do now";
    }

    @Override
    public String details() {
        return "Without a job and --executor, all threads of the master. An executor that does not answer within a few\n"
                + "seconds is said not to. Repeat it: a thread that is where it was does not get on.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(Arguments.SESSION)
                .addOption(EXECUTOR)
                .addOption(SUBTASK)
                .addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    /**
     * Whose threads are wanted.
     *
     * @param job null: not a job's
     * @param executor null: not an executor's
     * @param subtask null: all of the job's
     */
    record Target(
            @Nullable String job, @Nullable String executor, @Nullable Subtask subtask) {
        static Target of(Arguments arguments) {
            String job = arguments.rest().isEmpty() ? null : arguments.only("one job's id");
            String executor = arguments.valueOf(EXECUTOR);
            String subtask = arguments.valueOf(SUBTASK);
            if (job != null && executor != null) {
                throw arguments.usage("it takes a job or --executor, and not both.");
            }
            if (subtask == null) {
                return new Target(job, executor, null);
            }
            if (job == null) {
                throw arguments.usage("--subtask is of a job: name that too.");
            }
            Matcher form = SUBTASK_FORM.matcher(subtask);
            if (!form.matches()) {
                throw arguments.usage("--subtask is \"" + subtask
                        + "\", and must be a vertex's number and a subtask's, such as 2.0.");
            }
            return new Target(
                    job, null, new Subtask(Integer.parseInt(form.group(1)), Integer.parseInt(form.group(2))));
        }
    }

    record Subtask(int vertex, int index) {}

    /** The name of the threads that are wanted; empty: all. */
    record Wanted(String name, boolean isPrefix) {
        static final Wanted ALL = new Wanted("", false);
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        Target target = Target.of(arguments);
        String jobId = target.job();
        try (SelvageClient client = host.connect();
                Session session = host.session(client, arguments.valueOf(Arguments.SESSION))) {
            Wanted wanted = jobId == null ? Wanted.ALL : ofJob(session.job(jobId), target.subtask());
            SessionDescription description = session.describe();
            List<ThreadTexts.Process> processes = new ArrayList<>();
            for (ThreadTexts.Process asked : processes(target, description)) {
                ShowThreadsResponse answer = session.threads(asked.executorId(), wanted.name(), wanted.isPrefix());
                processes.add(asked.with(answer));
            }
            List<ThreadTexts.Process> shown = processes.stream()
                    .filter(process -> jobId == null || !process.isEmpty())
                    .toList();
            if (arguments.has(Arguments.JSON)) {
                console.result(
                        Json.write(shown.stream().map(ThreadTexts::json).toList()));
            } else if (shown.isEmpty()) {
                console.result(
                        "No thread of " + jobId + " runs on an executor now. See: selvage status --job " + jobId);
            } else {
                console.result(shown.stream().map(ThreadTexts::inWords).collect(Collectors.joining("\n\n")));
            }
            return shown.stream().anyMatch(ThreadTexts.Process::isSilent) ? ExitCode.NOT_SHOWN : ExitCode.OK;
        }
    }

    private static List<ThreadTexts.Process> processes(Target target, SessionDescription session) {
        String named = target.executor();
        if (target.job() == null && named == null) {
            return List.of(ThreadTexts.Process.master(session.getMasterHost(), session.getMasterPid()));
        }
        List<ThreadTexts.Process> executors = session.getExecutorsList().stream()
                .filter(executor ->
                        named == null || executor.getExecutorId().equals(named))
                .map(executor -> ThreadTexts.Process.executor(
                        executor.getExecutorId(), executor.getHost(), executor.getPid()))
                .toList();
        if (named != null && executors.isEmpty()) {
            throw new ClientException(ExitCode.NO_SESSION, unknownExecutor(named, session.getExecutorsList()));
        }
        return executors;
    }

    static String unknownExecutor(String named, List<ExecutorDescription> executors) {
        return "The session has no executor \"" + named + "\". "
                + (executors.isEmpty()
                        ? "It has none now."
                        : "It has "
                                + executors.stream()
                                        .map(ExecutorDescription::getExecutorId)
                                        .collect(Collectors.joining(", "))
                                + ".");
    }

    /** @param subtask null: all of them */
    static Wanted ofJob(JobDescription job, @Nullable Subtask subtask) {
        if (subtask == null) {
            return new Wanted(SubtaskThread.prefixOf(job.getJobId()), true);
        }
        VertexDescription vertex = job.getVerticesList().stream()
                .filter(each -> each.getId() == subtask.vertex())
                .findFirst()
                .orElse(null);
        if (vertex == null || subtask.index() >= vertex.getParallelism()) {
            String known = job.getVerticesList().stream()
                    .map(each -> each.getId() + ".0 to " + each.getId() + "." + (each.getParallelism() - 1) + " ("
                            + each.getName() + ")")
                    .collect(Collectors.joining(", "));
            throw new ClientException(
                    ExitCode.NO_SESSION,
                    "The job " + job.getJobId() + " has no subtask " + subtask.vertex() + "." + subtask.index()
                            + ". It has " + (known.isEmpty() ? "none yet" : known) + ".");
        }
        return new Wanted(SubtaskThread.nameOf(job.getJobId(), vertex.getName(), subtask.index()), false);
    }
}
