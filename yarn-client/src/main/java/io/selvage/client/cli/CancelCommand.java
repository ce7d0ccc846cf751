package io.selvage.client.cli;

import io.selvage.client.JobObserver;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import org.apache.commons.cli.Options;

/** Cancels a job. */
final class CancelCommand implements Command {
    @Override
    public String name() {
        return "selvage cancel";
    }

    @Override
    public String synopsis() {
        return "[options] JOB_ID";
    }

    @Override
    public String summary() {
        return "cancel a job";
    }

    @Override
    public String details() {
        return "Returns when the job has ended. Output that is not committed by then never appears. With\n"
                + "selvage.checkpoint.on-cancel: retain, its last checkpoint stays, and its directory is printed.";
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
            session.cancel(session.job(jobId).getJobId());
            console.progress("canceling " + jobId);
            JobDescription end = session.awaitEnd(jobId, JobObserver.SILENT);
            console.clearProgress();
            console.result(
                    arguments.has(Arguments.JSON)
                            ? Json.write(Reports.job(end))
                            : JobEnd.inWords(end, arguments.has(Arguments.VERBOSE)));
            // A job that ended by itself a moment earlier tells so in its words; the command did what it could.
            return end.getPhase() == JobPhase.FAILED ? ExitCode.JOB_FAILED : ExitCode.OK;
        }
    }
}
