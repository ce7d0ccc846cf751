package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.threads.SubtaskThread;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
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
            @Nullable String job,
            @Nullable String executor,
            @Nullable Subtask subtask) {
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
            return new Target(job, null, new Subtask(Integer.parseInt(form.group(1)), Integer.parseInt(form.group(2))));
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
        try (SelvageClient client = host.connect(console);
                Session session = host.sessionOf(client, arguments.valueOf(Arguments.SESSION), jobId)) {
            Wanted wanted = jobId == null ? Wanted.ALL : ofJob(session.job(jobId), target.subtask());
            List<ThreadTexts.Process> processes = new ArrayList<>();
            for (String executorId : executors(target, session)) {
                processes.add(new ThreadTexts.Process(
                        executorId, session.threads(executorId, wanted.name(), wanted.isPrefix())));
            }
            List<ThreadTexts.Process> shown = processes.stream()
                    .filter(process -> jobId == null || !process.isEmpty())
                    .toList();
            if (arguments.has(Arguments.JSON)) {
                console.result(Json.write(shown.stream().map(ThreadTexts::json).toList()));
            } else if (shown.isEmpty()) {
                console.result(
                        "No thread of " + jobId + " runs on an executor now. See: selvage status --job " + jobId);
            } else {
                console.result(shown.stream().map(ThreadTexts::inWords).collect(Collectors.joining("\n\n")));
            }
            return shown.stream().anyMatch(ThreadTexts.Process::isSilent) ? ExitCode.NOT_SHOWN : ExitCode.OK;
        }
    }

    /** The ids of those that are asked, empty for the master. Only for a job must its loop say which there are. */
    private static List<String> executors(Target target, Session session) {
        String named = target.executor();
        if (named != null) {
            return List.of(named);
        }
        return target.job() == null
                ? List.of("")
                : session.describe().getExecutorsList().stream()
                        .map(ExecutorDescription::getExecutorId)
                        .toList();
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
