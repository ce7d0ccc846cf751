package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import org.apache.commons.cli.Options;

/** Follows a job that runs. */
final class AttachCommand implements Command {
    @Override
    public String name() {
        return "selvage attach";
    }

    @Override
    public String synopsis() {
        return "[options] JOB_ID";
    }

    @Override
    public String summary() {
        return "follow a job until it ends";
    }

    @Override
    public String details() {
        return "The exit code tells how the job has ended. Ctrl-C leaves the job running.";
    }

    @Override
    public Options options() {
        return new Options().addOption(Arguments.SESSION).addOption(Arguments.JSON);
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        String jobId = arguments.only("a job's id");
        try (SelvageClient client = host.connect(console);
                Session session = host.sessionOf(client, arguments.valueOf(Arguments.SESSION), jobId)) {
            return Following.untilEnd(session, session.job(jobId).getJobId(), arguments, console);
        }
    }
}
