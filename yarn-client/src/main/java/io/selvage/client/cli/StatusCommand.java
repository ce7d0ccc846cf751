package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.SessionDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** Shows a session: its master, its executors with their processes, and its jobs. */
final class StatusCommand implements Command {
    private static final Option JOB = Option.builder()
            .longOpt("job")
            .hasArg()
            .argName("JOB_ID")
            .desc("this job alone, with its steps, failures and checkpoints")
            .get();
    private static final Option SUBTASKS = Option.builder()
            .longOpt("subtasks")
            .desc("with --job: also each subtask of its steps, with its bytes to and from other executors")
            .get();

    @Override
    public String name() {
        return "selvage status";
    }

    @Override
    public String synopsis() {
        return "[options] [SESSION]";
    }

    @Override
    public String summary() {
        return "show a session, its processes and its jobs";
    }

    @Override
    public String details() {
        return "With --job: what its steps do (of each the busiest, the most back-pressured and the idlest subtask, and the\n"
                + "event time of the one that is behind), its last failure with its causes, how it came back from its failures,\n"
                + "and how its checkpoints went, with what took longest; the newest that the master which runs now has seen.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(Arguments.SESSION)
                .addOption(JOB)
                .addOption(SUBTASKS)
                .addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        String id = arguments.sessionId();
        String jobId = arguments.valueOf(JOB);
        if (jobId == null && arguments.has(SUBTASKS)) {
            throw arguments.usage("--subtasks is only of use with --job.");
        }
        try (SelvageClient client = host.connect(console);
                Session session = host.sessionOf(client, id, jobId)) {
            if (jobId != null) {
                JobDescription job = session.jobInDetail(jobId);
                console.result(
                        arguments.has(Arguments.JSON)
                                ? Json.write(Reports.job(job))
                                : text(job, arguments, System.currentTimeMillis()));
                return ExitCode.OK;
            }
            SessionDescription description = session.describe();
            List<JobDescription> jobs = session.jobs();
            if (arguments.has(Arguments.JSON)) {
                Map<String, Object> json = Reports.session(description, session.webPage());
                json.put("opened_millis", session.openedMillis());
                json.put("state_root", session.stateRoot());
                json.put("jobs", Reports.jobs(jobs));
                console.result(Json.write(json));
            } else {
                console.result(text(session, description, jobs, System.currentTimeMillis()));
            }
            return ExitCode.OK;
        }
    }

    private static String text(JobDescription job, Arguments arguments, long nowMillis) {
        String text = JobHistory.inWords(job, arguments.has(Arguments.VERBOSE), nowMillis);
        return arguments.has(SUBTASKS) ? text + "\n\n" + JobSteps.subtasks(job.getVerticesList(), nowMillis) : text;
    }

    static String text(Session session, SessionDescription description, List<JobDescription> jobs, long nowMillis) {
        StringBuilder text = new StringBuilder();
        text.append("Session ")
                .append(description.getApplicationId())
                .append(" \"")
                .append(session.name());
        text.append("\" has been open for ").append(Words.duration(nowMillis - session.openedMillis()));
        text.append(".\n  web page  ").append(session.webPage());
        text.append("\n  master    process ").append(description.getMasterPid()).append(" on ");
        text.append(description.getMasterHost()).append(", attempt ").append(description.getEpoch());
        text.append(" of at most ").append(description.getMaxAttempts()).append("\n\n");
        if (description.getExecutorsCount() == 0) {
            text.append("No executors: they are started when a job needs them.");
        } else {
            text.append(executors(description.getExecutorsList()));
        }
        description.getNoticesList().forEach(notice -> text.append("\nNOTE  ").append(notice));
        text.append("\n\n").append(jobs.isEmpty() ? "No jobs." : ListCommand.table(jobs, nowMillis));
        for (JobDescription job : jobs) {
            if (!job.getAlarm().isEmpty()) {
                text.append("\nALARM  ").append(job.getJobId()).append(": ").append(job.getAlarm());
            }
        }
        return text.toString();
    }

    private static String use(ExecutorDescription executor) {
        return executor.getStandby()
                ? "standby, " + Words.bytes(executor.getStandbyBytes()) + " of state ready"
                : executor.getBusySlots() + " of " + executor.getSlots() + " busy";
    }

    private static String executors(List<ExecutorDescription> executors) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("EXECUTOR", "HOST", "PROCESS", "SLOTS", "LOG"));
        for (ExecutorDescription executor : executors) {
            rows.add(List.of(
                    executor.getExecutorId(),
                    executor.getHost(),
                    Long.toString(executor.getPid()),
                    use(executor),
                    executor.getLogUrl()));
        }
        return Table.of(rows);
    }
}
