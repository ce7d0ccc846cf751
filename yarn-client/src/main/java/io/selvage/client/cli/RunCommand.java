package io.selvage.client.cli;

import io.selvage.checkpoint.restore.RestorePlan;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.deploy.OpenObserver;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.Scope;
import io.selvage.protocol.config.SessionConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** Runs a program here, which submits its job, and stays with the job unless told otherwise. */
final class RunCommand implements Command {
    private static final Option DETACHED = Option.builder("d")
            .longOpt("detached")
            .desc("return when the job is submitted; else the command stays until the job ends")
            .get();
    private static final Option PARALLELISM = Option.builder("p")
            .longOpt("parallelism")
            .hasArg()
            .argName("N")
            .desc("the parallelism of operators that set none")
            .get();
    private static final Option MAIN_CLASS = Option.builder("c")
            .longOpt("class")
            .hasArg()
            .argName("CLASS")
            .desc("the class whose main is run; else the jar's Main-Class")
            .get();

    private static final Option FROM = Option.builder()
            .longOpt("from")
            .hasArg()
            .argName("PATH")
            .desc("the savepoint, or checkpoint that was left, from which the job goes on; it is left as it is")
            .get();
    private static final Option CLAIM = Option.builder()
            .longOpt("claim")
            .desc("with --from: it is the job's from then on, which deletes it once it has a checkpoint of its own")
            .get();
    private static final Option ALLOW_DROPPED_STATE = Option.builder()
            .longOpt("allow-dropped-state")
            .desc(
                    "with --from: drop the state that the program has no place for: of operators that it does not have, of"
                            + " steps that are of another kind now, and what it does not declare any more, be it with keys or"
                            + " broadcast")
            .get();

    private static final Option DRY_RUN = Option.builder()
            .longOpt("dry-run")
            .desc("with --from: tell what would become of each state, and submit nothing")
            .get();

    private static final Option APPLICATION = Option.builder()
            .longOpt("application")
            .desc("run it in no session, but open an application on YARN for this job, which ends with it")
            .get();

    private static final Options OWN = new Options()
            .addOption(APPLICATION)
            .addOption(Arguments.SESSION)
            .addOption(DETACHED)
            .addOption(PARALLELISM)
            .addOption(MAIN_CLASS)
            .addOption(FROM)
            .addOption(CLAIM)
            .addOption(ALLOW_DROPPED_STATE)
            .addOption(DRY_RUN)
            .addOption(Arguments.SETTING)
            .addOption(Arguments.JSON);
    private static final SessionOptions OF_APPLICATION = SessionOptions.all().beside(OWN, "with --application: ");

    @Override
    public String name() {
        return "selvage run";
    }

    @Override
    public String synopsis() {
        return "[options] app.jar [arguments of the program]";
    }

    @Override
    public String summary() {
        return "run a program, which submits its job to a session or has an application of its own";
    }

    @Override
    public String details() {
        return "The program's main runs in this command and ends with env.execute(\"name\"). Options come before the\n"
                + "jar; everything after it is the program's. Ctrl-C leaves the job running.\n"
                + "With --application the program has one job, and the application on YARN begins and ends with it:\n"
                + "SUCCEEDED if it has finished or was stopped with a savepoint, KILLED if it was canceled, FAILED if it\n"
                + "has failed for good. What yarn-session.sh takes, -D of a session's settings too, is for it then.";
    }

    @Override
    public Options options() {
        Options options = new Options();
        OWN.getOptions().forEach(options::addOption);
        OF_APPLICATION.options().forEach(options::addOption);
        return options;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        List<String> rest = arguments.rest();
        if (rest.isEmpty()) {
            throw arguments.usage("it needs the jar that holds the program.");
        }
        boolean isAlone = arguments.has(APPLICATION);
        refuseContradictions(isAlone, arguments);
        StartPoint from = startPoint(arguments);
        ProgramJar jar = ProgramJar.open(Path.of(rest.get(0)), arguments.valueOf(MAIN_CLASS));
        Program program = new Program(jar, rest.subList(1, rest.size()));
        Configuration settings = settings(isAlone, arguments, host);
        JobConfig.from(settings);
        if (isAlone) {
            SessionConfig.from(settings);
        }
        try (SelvageClient client = isAlone ? host.connectForFiles(settings, console) : host.connectForFiles(console)) {
            return isAlone
                    ? runAlone(client, program, settings, from, arguments, console)
                    : runInSession(client, host, program, settings, from, arguments, console);
        }
    }

    private static void refuseContradictions(boolean isAlone, Arguments arguments) {
        if (isAlone && arguments.has(Arguments.SESSION)) {
            throw arguments.usage("--session names a session, and with --application the job runs in none.");
        }
        OF_APPLICATION.firstOf(arguments).filter(any -> !isAlone).ifPresent(option -> {
            throw arguments.usage(option + " is for an application that is opened for the job: say --application too,"
                    + " or give it to yarn-session.sh.");
        });
    }

    private static ExitCode runInSession(
            SelvageClient client,
            Host host,
            Program program,
            Configuration settings,
            @Nullable StartPoint from,
            Arguments arguments,
            Console console) {
        try (Session session = host.sessionForJobs(client, arguments.valueOf(Arguments.SESSION))) {
            if (from != null && arguments.has(DRY_RUN)) {
                session.plan(program, settings, from, plan -> tell(plan, arguments, console));
                return ExitCode.OK;
            }
            List<String> jobs = submit(session, program, settings, from, console);
            if (arguments.has(DETACHED)) {
                return detach(session, jobs, arguments, console);
            }
            ExitCode worst = ExitCode.OK;
            for (String job : jobs) {
                ExitCode exitCode = Following.untilEnd(session, job, arguments, console);
                worst = worst == ExitCode.OK ? exitCode : worst;
            }
            return worst;
        }
    }

    private static ExitCode runAlone(
            SelvageClient client,
            Program program,
            Configuration settings,
            @Nullable StartPoint from,
            Arguments arguments,
            Console console) {
        if (from != null && arguments.has(DRY_RUN)) {
            client.plan(program, settings, from, plan -> tell(plan, arguments, console));
            return ExitCode.OK;
        }
        try (Session application = open(client, program, settings, from, console)) {
            String job = Objects.requireNonNull(application.onlyJob());
            // One that has ended already, as a job does that is refused at its start, is not left running.
            if (arguments.has(DETACHED) && !application.hasEnded()) {
                return detach(application, List.of(job), arguments, console);
            }
            ExitCode exitCode = Following.untilEnd(application, job, arguments, console);
            if (!application.awaitOwnEnd()) {
                console.say("The application " + application.applicationId()
                        + " has not ended yet; see: yarn application -status " + application.applicationId());
            }
            return exitCode;
        }
    }

    private static Session open(
            SelvageClient client, Program program, Configuration settings, @Nullable StartPoint from, Console console) {
        // Read by a shutdown hook, which runs if the program exits.
        List<String> submitted = new CopyOnWriteArrayList<>();
        AtomicBoolean isBegun = new AtomicBoolean(); // Likewise.
        OpenObserver progress = OpenCommand.progress(console, System.nanoTime());
        Interruption.Action onEnd = byExit -> {
            if (isBegun.get() && submitted.isEmpty() && !byExit) {
                console.say(OpenCommand.givenUp(client, "application"));
            } else {
                ended(byExit, program, submitted, console);
            }
        };
        try (Interruption interruption = new Interruption(onEnd)) {
            return client.run(
                    program,
                    settings,
                    new OpenObserver() {
                        @Override
                        public void onStage(String stage, String detail) {
                            isBegun.set(true);
                            progress.onStage(stage, detail);
                        }

                        @Override
                        public void onAttempts(int effective, int asked) {
                            console.clearProgress();
                            console.say("Its master is" + OpenCommand.attempts(effective, asked) + ".");
                        }
                    },
                    application -> {
                        String job = Objects.requireNonNull(application.onlyJob());
                        submitted.add(job);
                        console.clearProgress();
                        console.say("Job " + job + " is submitted in an application of its own, "
                                + application.applicationId()
                                + (from == null ? "." : ", and goes on from " + from.path() + "."));
                    },
                    from);
        }
    }

    private static Configuration settings(boolean isAlone, Arguments arguments, Host host) {
        Configuration settings = OF_APPLICATION.above(host.settings(), arguments);
        String parallelism = arguments.valueOf(PARALLELISM);
        if (parallelism != null) {
            settings = settings.with(Map.of(JobConfig.DEFAULT_PARALLELISM.name(), parallelism), "from -p");
        }
        return arguments.settings(settings, isAlone ? Scope.SESSION : Scope.JOB);
    }

    private static @Nullable StartPoint startPoint(Arguments arguments) {
        String path = arguments.valueOf(FROM);
        for (Option option : List.of(CLAIM, ALLOW_DROPPED_STATE, DRY_RUN)) {
            if (path == null && arguments.has(option)) {
                throw arguments.usage("--" + option.getLongOpt() + " is only of use with --from.");
            }
        }
        return path == null ? null : new StartPoint(path, arguments.has(ALLOW_DROPPED_STATE), arguments.has(CLAIM));
    }

    private static void tell(RestorePlan plan, Arguments arguments, Console console) {
        console.result(arguments.has(Arguments.JSON) ? RestorePlanText.json(plan) : RestorePlanText.of(plan));
    }

    private static List<String> submit(
            Session session, Program program, Configuration settings, @Nullable StartPoint from, Console console) {
        // Read by a shutdown hook, which runs if the program exits.
        List<String> submitted = new CopyOnWriteArrayList<>();
        try (Interruption interruption = new Interruption(byExit -> ended(byExit, program, submitted, console))) {
            return session.submit(
                    program,
                    settings,
                    job -> {
                        submitted.add(job);
                        console.say("Job " + job + " is submitted to " + session.applicationId()
                                + (from == null ? "." : ", and goes on from " + from.path() + "."));
                    },
                    from);
        }
    }

    private static void ended(boolean byExit, Program program, List<String> submitted, Console console) {
        String main = "The main of " + program.jar().mainClass();
        if (!byExit) {
            console.say(submitted.isEmpty() ? "Interrupted before a job was submitted." : leftRunning(submitted));
        } else if (submitted.isEmpty()) {
            console.error(main + " has called System.exit without a job. End it with env.execute(\"name\").");
            Runtime.getRuntime().halt(ExitCode.PROGRAM_FAILED.code());
        } else {
            // The exit code is the program's own: it was its main that ended the command.
            console.say(main + " has called System.exit. " + leftRunning(submitted));
        }
    }

    static String leftRunning(List<String> jobs) {
        String job = jobs.get(jobs.size() - 1);
        return "The job goes on. Follow it: scripts/selvage attach " + job + "   Cancel it: scripts/selvage cancel "
                + job;
    }

    private static ExitCode detach(Session session, List<String> jobs, Arguments arguments, Console console) {
        if (arguments.has(Arguments.JSON)) {
            console.result(Json.write(Map.of("application_id", session.applicationId(), "job_ids", jobs)));
        } else {
            console.say(leftRunning(jobs));
        }
        return ExitCode.OK;
    }
}
