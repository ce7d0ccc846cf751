package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import java.util.Map;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** Takes a savepoint of a job, which goes on. */
final class SavepointCommand implements Command {
    private static final Option TO = Option.builder()
            .longOpt("to")
            .hasArg()
            .argName("DIR")
            .desc("the HDFS directory to make it in; else the job's selvage.savepoint.directory")
            .get();

    @Override
    public String name() {
        return "selvage savepoint";
    }

    @Override
    public String synopsis() {
        return "[options] [JOB_ID]";
    }

    @Override
    public String summary() {
        return "take a savepoint of a job, which goes on";
    }

    @Override
    public String details() {
        return "Prints its directory when it is complete. A job starts from it with: selvage run --from DIR. Without an\n"
                + "id, the one job that runs. It is yours: no job and no session deletes it.";
    }

    @Override
    public Options options() {
        return new Options().addOption(Arguments.SESSION).addOption(TO).addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        String named = arguments.rest().isEmpty() ? null : arguments.only("one job's id");
        try (SelvageClient client = host.connect(console);
                Session session = host.sessionOf(client, arguments.valueOf(Arguments.SESSION), named)) {
            String jobId = RunningJob.of(session, named);
            if (console.isLive()) {
                console.progress("taking a savepoint of " + jobId);
            }
            String path = session.savepoint(jobId, arguments.valueOf(TO));
            console.clearProgress();
            console.result(
                    arguments.has(Arguments.JSON) ? Json.write(Map.of("job_id", jobId, "savepoint", path)) : path);
            return ExitCode.OK;
        }
    }
}
