package io.selvage.client.cli;

import io.selvage.client.exit.ExitCode;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** Looks into checkpoints and savepoints, or takes one; what is to be done is its first word. */
final class CheckpointCommand implements Command {
    private static final List<Verb> VERBS =
            List.of(new TriggerCheckpoint(), new ListCheckpoints(), new ShowCheckpoint(), new VerifyCheckpoint());

    /** What can be done. */
    interface Verb {
        String word();

        /** What it is done to, for the help. */
        String operand();

        /** For the help. */
        String summary();

        /** Its own options, beside those that all have. */
        default Options options() {
            return new Options();
        }

        /**
         * Does it, on the calling thread.
         *
         * @param operand null: none was named
         */
        ExitCode run(Arguments arguments, @Nullable String operand, Host host, Console console);
    }

    @Override
    public String name() {
        return "selvage checkpoint";
    }

    @Override
    public String synopsis() {
        return words("|") + " [options] [JOB_ID|PATH]";
    }

    @Override
    public String summary() {
        return "take a checkpoint at once; list, show and verify checkpoints and savepoints";
    }

    @Override
    public String details() {
        return Table.of(VERBS.stream()
                        .map(verb -> List.of("  " + verb.word() + " " + verb.operand(), verb.summary()))
                        .toList())
                + "\nA path is the directory of a savepoint or checkpoint, or the _metadata in it; to list, also a state"
                + " root, an\napplication's or a job's directory, or one with savepoints. A path needs no session. Without a job's\nid, a checkpoint is taken of the one job that runs. Docs:"
                + " docs/operations.md.";
    }

    @Override
    public Options options() {
        Options options = new Options().addOption(Arguments.SESSION).addOption(Arguments.JSON);
        VERBS.forEach(verb -> options.addOptions(verb.options()));
        return options;
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        List<String> rest = arguments.rest();
        if (rest.isEmpty()) {
            throw arguments.usage("it needs one of " + words(", ") + ".");
        }
        Verb verb = VERBS.stream()
                .filter(each -> each.word().equals(rest.get(0)))
                .findFirst()
                .orElseThrow(() -> arguments.usage("\"" + rest.get(0) + "\" is none of " + words(", ") + "."));
        if (rest.size() > 2) {
            throw arguments.usage("it does not take \"" + rest.get(2) + "\".");
        }
        return verb.run(arguments, rest.size() > 1 ? rest.get(1) : null, host, console);
    }

    @Override
    public List<String> words() {
        return VERBS.stream().map(Verb::word).toList();
    }

    private static String words(String between) {
        return VERBS.stream().map(Verb::word).collect(Collectors.joining(between));
    }

    /** The path that there must be. */
    static String pathOrThrow(Arguments arguments, @Nullable String operand) {
        if (operand == null) {
            throw arguments.usage("it needs the path of a checkpoint or savepoint.");
        }
        return operand;
    }
}
