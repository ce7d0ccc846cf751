package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.drill.Attempts;
import io.selvage.client.drill.DrillFigures;
import io.selvage.client.drill.Fault;
import io.selvage.client.drill.FaultDrill;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.JobPhase;
import io.selvage.protocol.wire.SessionDescription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** Does to a session what a fault would, and tells how its job took it. */
final class DrillCommand implements Command {
    private static final Option COUNT = Option.builder()
            .longOpt("count")
            .hasArg()
            .argName("N")
            .desc("how often; default 1")
            .get();
    private static final Option EVERY = Option.builder()
            .longOpt("every")
            .hasArg()
            .argName("TIME")
            .desc("from one fault to the next, if the job is back by then; default 30s")
            .get();
    private static final Option PATIENCE = Option.builder()
            .longOpt("patience")
            .hasArg()
            .argName("TIME")
            .desc("within which the job must be back; default 2min")
            .get();
    private static final Option JOB = Option.builder()
            .longOpt("job")
            .hasArg()
            .argName("ID")
            .desc("the job that is watched; else the newest one that runs")
            .get();
    private static final Pattern TIME = Pattern.compile("(\\d{1,6})(ms|s|min)");
    private static final int MOST = 1000;

    @Override
    public String name() {
        return "selvage drill";
    }

    @Override
    public String synopsis() {
        return Arrays.stream(Fault.values()).map(Fault::word).collect(Collectors.joining("|")) + " [options]";
    }

    @Override
    public String summary() {
        return "make a process of a session fail, and show how its job took it";
    }

    @Override
    public String details() {
        return Arrays.stream(Fault.values())
                        .map(fault -> "  " + fault.word() + ": " + fault.inWords())
                        .collect(Collectors.joining("\n"))
                + "\nThe faults are real. Asks before it acts. Docs: docs/operations.md.";
    }

    @Override
    public List<String> words() {
        return Arrays.stream(Fault.values()).map(Fault::word).toList();
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(Arguments.SESSION)
                .addOption(JOB)
                .addOption(COUNT)
                .addOption(EVERY)
                .addOption(PATIENCE)
                .addOption(Arguments.YES)
                .addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        String word = arguments.only("a fault");
        Fault fault = Fault.of(word)
                .orElseThrow(() -> arguments.usage("there is no fault \"" + word + "\"; there are "
                        + Arrays.stream(Fault.values()).map(Fault::word).collect(Collectors.joining(", ")) + "."));
        int count = count(arguments);
        Duration every = time(arguments, EVERY, Duration.ofSeconds(30));
        Duration patience = time(arguments, PATIENCE, Duration.ofMinutes(2));
        boolean asks = !arguments.has(Arguments.YES);
        if (asks && !console.canAsk()) {
            throw new ClientException(
                    ExitCode.USAGE,
                    "A drill makes a process of a running session fail, and asks before it does; nobody can be asked"
                            + " here. Say --yes if that is what you want.");
        }
        try (SelvageClient client = host.connect(console);
                Session session =
                        host.sessionOf(client, arguments.valueOf(Arguments.SESSION), arguments.valueOf(JOB))) {
            JobDescription job = job(session, arguments.valueOf(JOB));
            if (fault.isOfMaster()) {
                requireAttempts(session, count, every);
            }
            FaultDrill drill = new FaultDrill(session, job.getJobId(), fault, patience);
            Supplier<ExitCode> faults = () -> run(drill, count, every, arguments.has(Arguments.JSON), console);
            return asks
                    ? afterYes(console, question(session, job, fault, count, every, drill.nextVictim()), faults)
                    : faults.get();
        }
    }

    /** What is to follow only if the person says yes. */
    static ExitCode afterYes(Console console, String question, Supplier<ExitCode> faults) {
        if (console.ask(question)) {
            return faults.get();
        }
        console.say("Nothing was done.");
        return ExitCode.OK;
    }

    private static void requireAttempts(Session session, int count, Duration every) {
        SessionDescription now = session.describe();
        long windowMillis = now.getAttemptFailureWindowMillis();
        int failed = session.failedAttemptsSince(System.currentTimeMillis() - windowMillis);
        new Attempts(now.getMaxAttempts(), failed, Duration.ofMillis(windowMillis))
                .refusal(count, every)
                .ifPresent(refusal -> {
                    throw new ClientException(ExitCode.DRILL_FAILED, refusal);
                });
    }

    private ExitCode run(FaultDrill drill, int count, Duration every, boolean json, Console console) {
        List<DrillFigures> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long startNanos = System.nanoTime();
            console.progress("fault " + (i + 1) + " of " + count + ": waiting for the job to be back");
            DrillFigures figures = drill.once();
            console.clearProgress();
            all.add(figures);
            console.result(json ? Json.write(DrillTexts.json(figures, i + 1)) : DrillTexts.line(figures, i + 1));
            if (!figures.isRecovered()) {
                console.error("The job was not back in time. Faults after this one are left out. See how it stands:"
                        + " selvage status");
                return ExitCode.DRILL_FAILED;
            }
            if (i + 1 < count) {
                await(every.minusNanos(System.nanoTime() - startNanos), console, i + 2, count);
            }
        }
        if (!json) {
            console.result("\n" + DrillTexts.table(all));
        }
        return ExitCode.OK;
    }

    private static JobDescription job(Session session, @Nullable String id) {
        if (id != null) {
            return session.job(id);
        }
        return session.jobs().stream()
                .filter(job -> job.getPhase() == JobPhase.RUNNING)
                .findFirst()
                .orElseThrow(() -> new ClientException(
                        ExitCode.NO_SESSION,
                        "No job runs in " + session.applicationId()
                                + ": a drill on it would show nothing. Submit one with: selvage run"));
    }

    private static String question(
            Session session, JobDescription job, Fault fault, int count, Duration every, String victim) {
        SessionDescription now = session.describe();
        StringBuilder text = new StringBuilder();
        text.append("A drill on the session ").append(session.applicationId()).append(" \"");
        text.append(session.name())
                .append("\", while its job \"")
                .append(job.getName())
                .append("\" runs:\n  ");
        text.append(fault.inWords()).append(", first ").append(victim);
        if (count > 1) {
            text.append(",\n  ").append(count).append(" times, ").append(Words.duration(every.toMillis()));
            text.append(" apart");
        }
        text.append(".\n");
        if (fault.isOfMaster()) {
            text.append("YARN counts each as a failed attempt, and ends the session at ");
            text.append(now.getMaxAttempts()).append(" of them within its window; this is attempt ");
            text.append(now.getEpoch()).append(".\n");
        }
        return text.append("Other jobs of the session are hit as well. Go on? [y/N] ")
                .toString();
    }

    private static int count(Arguments arguments) {
        String value = arguments.valueOf(COUNT);
        if (value == null) {
            return 1;
        }
        if (!value.matches("[1-9]\\d{0,3}") || Integer.parseInt(value) > MOST) {
            throw arguments.usage("--count is a number from 1 to " + MOST + ", which " + value + " is not.");
        }
        return Integer.parseInt(value);
    }

    private static Duration time(Arguments arguments, Option option, Duration otherwise) {
        String value = arguments.valueOf(option);
        if (value == null) {
            return otherwise;
        }
        Matcher matcher = TIME.matcher(value);
        if (!matcher.matches()) {
            throw arguments.usage(
                    "--" + option.getLongOpt() + " is a time such as 30s or 2min, which " + value + " is not.");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            default -> Duration.ofMinutes(number);
        };
    }

    private static void await(Duration rest, Console console, int next, int count) {
        if (rest.isNegative() || rest.isZero()) {
            return;
        }
        console.progress("fault " + next + " of " + count + " follows in " + Words.duration(rest.toMillis()));
        try {
            Thread.sleep(rest.toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        }
    }
}
