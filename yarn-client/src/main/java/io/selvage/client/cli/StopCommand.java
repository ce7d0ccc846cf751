package io.selvage.client.cli;

import io.selvage.client.JobObserver;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.JobDescription;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** Stops a session, or one of its jobs with a savepoint. */
final class StopCommand implements Command {
    static final String JOB_PREFIX = "job-";
    private static final Option SAVEPOINT = Option.builder()
            .longOpt("savepoint")
            .optionalArg(true)
            .argName("=DIR")
            .desc("stop the job and not the session; DIR: the HDFS directory to make the savepoint in, else the job's"
                    + " selvage.savepoint.directory")
            .get();
    private static final Option DRAIN = Option.builder()
            .longOpt("drain")
            .desc("with a job: end event time first, so that all windows fire; not for a job that is to go on later")
            .get();

    @Override
    public String name() {
        return "selvage stop";
    }

    @Override
    public String synopsis() {
        return "[options] [SESSION | JOB_ID]";
    }

    @Override
    public String summary() {
        return "stop a session with all its jobs, or a job with a savepoint";
    }

    @Override
    public String details() {
        return "Without an id, your newest session that runs. Its files in HDFS are deleted, but for cached libraries and\n"
                + "savepoints. A job processes no record after its savepoint, commits its output, and finishes; if the\n"
                + "savepoint can't be taken, it goes on. To end a job without one: selvage cancel.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(Arguments.SESSION)
                .addOption(SAVEPOINT)
                .addOption(DRAIN)
                .addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        Target target = Target.of(arguments);
        return target.isJob() ? stopJob(target, arguments, host, console) : stopSession(arguments, host, console);
    }

    /**
     * What is to be stopped.
     *
     * @param job null: the only one that runs, if it is a job
     * @param directory for the savepoint; null: the job's own setting
     */
    record Target(
            boolean isJob, @Nullable String job, @Nullable String directory) {
        static Target of(Arguments arguments) {
            String named = arguments.rest().isEmpty() ? null : arguments.only("one session's or job's id");
            String directory = arguments.valueOf(SAVEPOINT);
            if (named == null && directory != null && directory.startsWith(JOB_PREFIX)) {
                // "--savepoint JOB_ID": what follows an option is its value, if it may have one.
                named = directory;
                directory = null;
            }
            boolean isNamed = named != null && named.startsWith(JOB_PREFIX);
            boolean isJob = isNamed || arguments.has(SAVEPOINT) || arguments.has(DRAIN);
            if (isJob && named != null && !isNamed) {
                throw arguments.usage("--savepoint and --drain are for a job, and \"" + named + "\" is none's id.");
            }
            return new Target(isJob, named, directory);
        }
    }

    private static ExitCode stopJob(Target target, Arguments arguments, Host host, Console console) {
        try (SelvageClient client = host.connect(console);
                Session session = host.sessionOf(client, arguments.valueOf(Arguments.SESSION), target.job())) {
            String jobId = RunningJob.of(session, target.job());
            if (console.isLive()) {
                console.progress("stopping " + jobId + " with a savepoint");
            }
            String path = session.stopWithSavepoint(jobId, target.directory(), arguments.has(DRAIN));
            JobDescription end = session.awaitEnd(jobId, JobObserver.SILENT);
            console.clearProgress();
            if (arguments.has(Arguments.JSON)) {
                console.result(Json.write(Reports.job(end)));
            } else {
                console.result(JobEnd.inWords(end, arguments.has(Arguments.VERBOSE)));
                console.result("Its savepoint: " + path);
            }
            return JobEnd.exitCode(end);
        }
    }

    static ExitCode stopSession(Arguments arguments, Host host, Console console) {
        String id = arguments.sessionId();
        try (SelvageClient client = host.connect(console);
                Session session = host.sessionForJobs(client, id)) {
            console.progress("stopping " + session.applicationId());
            Optional<String> left = session.stop("stopped with selvage stop");
            console.clearProgress();
            console.result(
                    arguments.has(Arguments.JSON)
                            ? Json.write(Map.of("application_id", session.applicationId(), "state", "STOPPED"))
                            : "The session " + session.applicationId() + " is stopped.");
            left.ifPresent(console::say);
            return ExitCode.OK;
        }
    }
}
