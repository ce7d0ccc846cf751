package io.selvage.minicluster;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the user asked for, read off the arguments; pure.
 *
 * @param settings of the cluster to start; for other commands only its folder counts
 * @param arguments the arguments after the command, as they came
 */
record CommandLine(Command command, MiniClusterSettings settings, boolean json, List<String> arguments) {

    /** What the program can do. */
    enum Command {
        /** Starts a cluster in the background and waits for it. */
        START("start"),
        /** Stops the cluster of a folder and everything that it started. */
        STOP("stop"),
        /** Tells what runs. */
        STATUS("status"),
        /** Prints how to use the program. */
        HELP("help"),
        /** Is the cluster: the process that {@code start} puts into the background. */
        DAEMON("daemon");

        private final String word;

        Command(String word) {
            this.word = word;
        }
    }

    static final String USAGE = """
            Usage: mini-cluster.sh start|stop|status [options]

            HDFS (one DataNode) and YARN (two NodeManagers) in one process on this machine's loopback.

              start     start a cluster in the background, and wait until it can be used
              stop      stop it, and every process that its applications left
              status    tell its addresses, nodes and running applications

            Options
              --dir D             the folder of the cluster (default: .selvage/mini-cluster in the project)
              --node-managers N   start: number of NodeManagers (default: 2)
              --memory MIB        start: memory that each NodeManager offers (default: 8192)
              --vcores N          start: virtual cores that each NodeManager offers (default: 8)
              -D key=value        start: a Hadoop setting that wins over the cluster's own; may be repeated
              --json              status: as one line of JSON

            Exit codes: 0 done, 1 failed, 2 the command line is wrong, 3 (status) no cluster runs.
            """;

    private static final Set<String> START_OPTIONS = Set.of("--dir", "--node-managers", "--memory", "--vcores", "-D");

    /** A command line that cannot be understood; its message is a sentence for the user. */
    static final class Wrong extends Exception {
        private static final long serialVersionUID = 1L;

        Wrong(String message) {
            super(message);
        }
    }

    static CommandLine parse(List<String> words, Path defaultFolder) throws Wrong {
        if (words.isEmpty()) {
            throw new Wrong("There is no command: give one of start, stop, status.");
        }
        if (words.contains("--help") || words.contains("-h")) {
            return new CommandLine(Command.HELP, MiniClusterSettings.in(defaultFolder), false, List.of());
        }
        Command command = command(words.get(0));
        List<String> arguments = List.copyOf(words.subList(1, words.size()));
        Deque<String> left = new ArrayDeque<>(arguments);
        boolean json = false;
        List<String[]> options = new ArrayList<>();
        while (!left.isEmpty()) {
            String option = left.pop();
            if (option.equals("--json") && command == Command.STATUS) {
                json = true;
            } else if (takes(command, option)) {
                options.add(new String[] {option, value(option, left)});
            } else if (option.startsWith("-D") && takes(command, "-D")) {
                options.add(new String[] {"-D", option.substring(2)});
            } else {
                throw new Wrong("'" + option + "' is not an option of " + command.word + ": it takes "
                        + optionsOf(command) + ".");
            }
        }
        MiniClusterSettings settings = MiniClusterSettings.in(defaultFolder);
        for (String[] option : options) {
            settings = with(settings, option[0], option[1]);
        }
        return new CommandLine(command, settings, json, arguments);
    }

    private static Command command(String word) throws Wrong {
        return Arrays.stream(Command.values())
                .filter(command -> command.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new Wrong("'" + word + "' is not a command: give one of start, stop, status."));
    }

    private static boolean takes(Command command, String option) {
        return switch (command) {
            case START, DAEMON -> START_OPTIONS.contains(option);
            case STOP, STATUS -> option.equals("--dir");
            case HELP -> false;
        };
    }

    private static String optionsOf(Command command) {
        Stream<String> valued = START_OPTIONS.stream().sorted().filter(option -> takes(command, option));
        Stream<String> flags = command == Command.STATUS ? Stream.of("--json") : Stream.empty();
        List<String> all = Stream.concat(valued, flags).toList();
        return all.isEmpty() ? "none" : String.join(", ", all);
    }

    private static String value(String option, Deque<String> left) throws Wrong {
        if (left.isEmpty()) {
            throw new Wrong("The option " + option + " needs a value after it.");
        }
        return left.pop();
    }

    private static MiniClusterSettings with(MiniClusterSettings settings, String option, String value) throws Wrong {
        try {
            return switch (option) {
                case "--dir" ->
                    new MiniClusterSettings(
                            folder(value),
                            settings.nodeManagerCount(),
                            settings.nodeMemoryMib(),
                            settings.nodeVcores(),
                            settings.maxAppAttempts(),
                            settings.hostForEachNode(),
                            settings.hadoopOverrides());
                case "--node-managers" -> settings.withNodeManagerCount(number(option, value));
                case "--memory" -> settings.withNodeMemoryMib(number(option, value));
                case "--vcores" -> settings.withNodeVcores(number(option, value));
                case "-D" -> withOverride(settings, value);
                default -> throw new IllegalStateException("No such option: " + option);
            };
        } catch (IllegalArgumentException e) {
            throw new Wrong(option + " " + value + ": " + e.getMessage());
        }
    }

    private static MiniClusterSettings withOverride(MiniClusterSettings settings, String value) throws Wrong {
        int equals = value.indexOf('=');
        if (equals < 1) {
            throw new Wrong("'" + value + "' is not a setting: write -D key=value.");
        }
        return settings.withHadoopOverride(value.substring(0, equals), value.substring(equals + 1));
    }

    private static Path folder(String value) throws Wrong {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new Wrong("'" + value + "' cannot be a folder's name: " + e.getReason() + ".");
        }
    }

    private static int number(String option, String value) throws Wrong {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new Wrong("'" + value + "' is not a whole number: " + option + " needs one.");
        }
    }
}
