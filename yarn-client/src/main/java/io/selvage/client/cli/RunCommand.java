package io.selvage.client.cli;

import io.selvage.checkpoint.restore.RestorePlan;
import io.selvage.checkpoint.restore.StartPoint;
import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.program.Program;
import io.selvage.client.program.ProgramJar;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.Scope;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
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
            .desc("with --from: drop the state of operators that the program does not have")
            .get();

    private static final Option DRY_RUN = Option.builder()
            .longOpt("dry-run")
            .desc("with --from: tell what would become of each state, and submit nothing")
            .get();

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
        return "run a program, which submits its job to a session";
    }

    @Override
    public String details() {
        return "The program's main runs in this command and ends with env.execute(\"name\"). Options come before the\n"
                + "jar; everything after it is the program's. Ctrl-C leaves the job running.";
    }

    @Override
    public Options options() {
        return new Options()
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
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        List<String> rest = arguments.rest();
        if (rest.isEmpty()) {
            throw arguments.usage("it needs the jar that holds the program.");
        }
        StartPoint from = startPoint(arguments);
        ProgramJar jar = ProgramJar.open(Path.of(rest.get(0)), arguments.valueOf(MAIN_CLASS));
        Program program = new Program(jar, rest.subList(1, rest.size()));
        Configuration settings = settings(arguments, host);
        JobConfig.from(settings);
        try (SelvageClient client = host.connect();
                Session session = host.session(client, arguments.valueOf(Arguments.SESSION))) {
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

    private static Configuration settings(Arguments arguments, Host host) {
        Configuration settings = host.settings();
        String parallelism = arguments.valueOf(PARALLELISM);
        if (parallelism != null) {
            settings = settings.with(Map.of(JobConfig.DEFAULT_PARALLELISM.name(), parallelism), "from -p");
        }
        return arguments.settings(settings, Scope.JOB);
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
