package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.wire.CheckpointDescription;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.commons.cli.Options;

/** Whatever is done with the checkpoints of a job, by a word of its own. */
final class CheckpointCommand implements Command {
    /** What is done: each word with the rest of the arguments that it takes. */
    private enum Word {
        TRIGGER("[JOB_ID]", 1, "take a checkpoint at once, and wait until it is complete") {
            @Override
            ExitCode run(Session session, List<String> rest, Arguments arguments, Console console) {
                return trigger(
                        RunningJob.of(session, rest.isEmpty() ? null : rest.get(0)), session, arguments, console);
            }
        };

        private final String takes;
        private final int most;
        private final String does;

        /** @param most arguments after the word */
        Word(String takes, int most, String does) {
            this.takes = takes;
            this.most = most;
            this.does = does;
        }

        /** @param rest the arguments after the word */
        abstract ExitCode run(Session session, List<String> rest, Arguments arguments, Console console);

        String typed() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Word> of(String typed) {
            return Arrays.stream(values())
                    .filter(word -> word.typed().equals(typed))
                    .findFirst();
        }

        static String all() {
            return Arrays.stream(values()).map(Word::typed).collect(Collectors.joining(", "));
        }
    }

    @Override
    public String name() {
        return "selvage checkpoint";
    }

    @Override
    public String synopsis() {
        return Arrays.stream(Word.values()).map(Word::typed).collect(Collectors.joining("|"))
                + " [options] [arguments]";
    }

    @Override
    public String summary() {
        return "take a checkpoint of a job at once";
    }

    @Override
    public String details() {
        return Table.of(Arrays.stream(Word.values())
                        .map(word -> List.of("  " + word.typed() + " " + word.takes, word.does))
                        .toList())
                + "\nWithout a job's id, the one job that runs. How checkpoints went: selvage status --job JOB_ID";
    }

    @Override
    public Options options() {
        return new Options().addOption(Arguments.SESSION).addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        List<String> typed = arguments.rest();
        if (typed.isEmpty()) {
            throw arguments.usage("it needs to be told what to do: " + Word.all() + ".");
        }
        Word word = Word.of(typed.get(0))
                .orElseThrow(() ->
                        arguments.usage("it can't \"" + typed.get(0) + "\"; what it can do: " + Word.all() + "."));
        List<String> rest = typed.subList(1, typed.size());
        if (rest.size() > word.most) {
            throw arguments.usage(word.typed() + " takes " + word.takes + " and nothing more.");
        }
        try (SelvageClient client = host.connect();
                Session session = host.session(client, arguments.valueOf(Arguments.SESSION))) {
            return word.run(session, rest, arguments, console);
        }
    }

    private static ExitCode trigger(String jobId, Session session, Arguments arguments, Console console) {
        if (console.isLive()) {
            console.progress("taking a checkpoint of " + jobId);
        }
        CheckpointDescription taken = session.checkpoint(jobId);
        console.clearProgress();
        console.result(arguments.has(Arguments.JSON) ? Json.write(inJson(jobId, taken)) : inWords(taken));
        return ExitCode.OK;
    }

    static String inWords(CheckpointDescription taken) {
        return "Checkpoint " + taken.getCheckpoint() + " is complete after "
                + Words.duration(TimeUnit.MICROSECONDS.toMillis(taken.getDurationMicros())) + ": "
                + Words.bytes(taken.getBytes()) + " added, " + Words.bytes(taken.getStateBytes()) + " in all. "
                + taken.getSlowest();
    }

    static Map<String, Object> inJson(String jobId, CheckpointDescription taken) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("job_id", jobId);
        json.putAll(Reports.checkpoint(taken));
        return json;
    }
}
