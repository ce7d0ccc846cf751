package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.JobDescription;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.Options;

/** Lists the jobs of a session. */
final class ListCommand implements Command {
    private static final List<String> HEADINGS =
            List.of("JOB", "NAME", "PHASE", "FOR", "IN", "OUT", "CHECKPOINTS", "RESTARTS");

    @Override
    public String name() {
        return "selvage list";
    }

    @Override
    public String synopsis() {
        return "[options]";
    }

    @Override
    public String summary() {
        return "list the jobs of a session";
    }

    @Override
    public String details() {
        return "Jobs that have ended are listed too, as long as the session runs.";
    }

    @Override
    public Options options() {
        return new Options().addOption(Arguments.SESSION).addOption(Arguments.JSON);
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        arguments.requireNoRest();
        try (SelvageClient client = host.connect(console);
                Session session = host.session(client, arguments.valueOf(Arguments.SESSION))) {
            List<JobDescription> jobs = session.jobs();
            if (arguments.has(Arguments.JSON)) {
                console.result(Json.write(Reports.jobs(jobs)));
            } else if (jobs.isEmpty()) {
                console.result(
                        "The session " + session.applicationId() + " has no jobs. Run one with: scripts/selvage run");
            } else {
                console.result(table(jobs, System.currentTimeMillis()));
            }
            return ExitCode.OK;
        }
    }

    static String table(List<JobDescription> jobs, long nowMillis) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADINGS);
        for (JobDescription job : jobs) {
            long end = job.getEndedMillis() == 0 ? nowMillis : job.getEndedMillis();
            rows.add(List.of(
                    job.getJobId(),
                    job.getName(),
                    Words.phase(job.getPhase()),
                    Words.duration(Math.max(0, end - job.getSubmittedMillis())),
                    Words.count(job.getRecordsRead()),
                    Words.count(job.getRecordsWritten()),
                    Long.toString(job.getCheckpointsCompleted()),
                    Integer.toString(job.getRestarts())));
        }
        return Table.of(rows);
    }
}
