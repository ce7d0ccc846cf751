package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.JobDescription;
import io.selvage.protocol.wire.VertexDescription;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.commons.cli.Options;

/** Gives a job that runs another parallelism. */
final class RescaleCommand implements Command {
    private static final Pattern NUMBER = Pattern.compile("[1-9]\\d{0,5}");
    private static final Pattern OF_STEP = Pattern.compile("(.+)=([1-9]\\d{0,5})");

    @Override
    public String name() {
        return "selvage rescale";
    }

    @Override
    public String synopsis() {
        return "[options] JOB_ID PARALLELISM | UID=PARALLELISM ...";
    }

    @Override
    public String summary() {
        return "give a job that runs another parallelism";
    }

    @Override
    public String details() {
        return "A checkpoint is taken for it once there are enough slots, and the job goes on from it; no record is lost\n"
                + "or counted twice. PARALLELISM is for the steps that had the highest when the job was submitted; of\n"
                + "others, and to differ, name the step's uid, such as windows=4. If there are not enough slots in time, the\n"
                + "job goes on as it is (exit code 18). Returns when all of it runs.";
    }

    @Override
    public Options options() {
        return new Options().addOption(Arguments.SESSION).addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    /**
     * What is wanted.
     *
     * @param parallelism 0: of steps alone
     */
    record Wanted(String job, int parallelism, Map<String, Integer> ofUid) {
        static Wanted of(Arguments arguments) {
            List<String> rest = arguments.rest();
            if (rest.size() < 2) {
                throw arguments.usage("it needs a job's id, and a parallelism, or a step's uid with one.");
            }
            int parallelism = 0;
            Map<String, Integer> ofUid = new LinkedHashMap<>();
            for (String word : rest.subList(1, rest.size())) {
                Matcher step = OF_STEP.matcher(word);
                if (step.matches()) {
                    ofUid.put(step.group(1), Integer.parseInt(step.group(2)));
                } else if (NUMBER.matcher(word).matches() && parallelism == 0) {
                    parallelism = Integer.parseInt(word);
                } else {
                    throw arguments.usage("\"" + word + "\" is no parallelism, and no step's uid with one, such as 4 or"
                            + " windows=4.");
                }
            }
            return new Wanted(rest.get(0), parallelism, ofUid);
        }
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        Wanted wanted = Wanted.of(arguments);
        try (SelvageClient client = host.connect(console);
                Session session = host.sessionOf(client, arguments.valueOf(Arguments.SESSION), wanted.job())) {
            if (console.isLive()) {
                console.progress("rescaling " + wanted.job());
            }
            session.rescale(wanted.job(), wanted.parallelism(), wanted.ofUid());
            JobDescription job = session.job(wanted.job());
            console.clearProgress();
            console.result(
                    arguments.has(Arguments.JSON)
                            ? Json.write(Reports.job(job))
                            : "Job " + job.getJobId() + " runs with "
                                    + job.getVerticesList().stream()
                                            .map(RescaleCommand::inWords)
                                            .collect(Collectors.joining(", "))
                                    + ".");
            return ExitCode.OK;
        }
    }

    private static String inWords(VertexDescription vertex) {
        return Words.times(vertex.getParallelism(), "subtask") + " of \"" + vertex.getName() + "\"";
    }
}
