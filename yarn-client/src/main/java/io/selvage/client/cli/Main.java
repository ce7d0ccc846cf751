package io.selvage.client.cli;

import io.selvage.client.connect.Login;
import io.selvage.client.deploy.Version;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.Secrets;
import io.selvage.protocol.transport.ControlTransport;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.help.HelpFormatter;
import org.apache.commons.cli.help.TextHelpAppendable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process that the scripts start: picks the command, and turns whatever goes wrong into a sentence and a code. */
public final class Main {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);
    private static final int HELP_COLUMNS = 110;

    private static final Command OPEN = new OpenCommand();
    private static final List<Command> COMMANDS = List.of(
            new RunCommand(),
            new SessionsCommand(),
            new ListCommand(),
            new AttachCommand(),
            new SavepointCommand(),
            new CheckpointCommand(),
            new FsckCommand(),
            new RescaleCommand(),
            new CancelCommand(),
            new StatusCommand(),
            new WatchCommand(),
            new ThreadsCommand(),
            new LogsCommand(),
            new ConfigCommand(),
            new DoctorCommand(),
            new ShareCommand(),
            new DrillCommand(),
            new StopCommand(),
            new ShutdownCommand(),
            new CompletionCommand());

    /** Other names under which people look for a command, each with the command's own. */
    private static final Map<String, String> ALIASES =
            Map.of("session", "status", "stop-session", "shutdown", "ls", "list", "info", "status", "sweep", "fsck");

    private Main() {}

    public static void main(String[] arguments) {
        List<String> words = List.of(arguments);
        Console console = Console.ofProcess(words.contains("--json"));
        ExitCode exitCode = run(words, System.getenv(), console);
        System.out.flush();
        ControlTransport.endChannels();
        // Hadoop's clients leave threads that would hold the process for a while.
        System.exit(exitCode.code());
    }

    private static List<String> shown(List<String> words) {
        return words.stream().map(word -> Secrets.hide("", word)).toList();
    }

    static ExitCode run(List<String> words, Map<String, String> environment, Console console) {
        boolean verbose = words.contains("--verbose") || words.contains("-v");
        try {
            return dispatch(words, environment, console);
        } catch (ClientException refused) {
            LOG.info("The command {} was refused.", shown(words), refused);
            return tell(refused.exitCode(), String.valueOf(refused.getMessage()), refused, verbose, console);
        } catch (ConfigException refused) {
            return tell(ExitCode.BAD_INPUT, String.valueOf(refused.getMessage()), refused, verbose, console);
        } catch (RuntimeException | Error defect) {
            LOG.error("The command {} met a defect.", shown(words), defect);
            return tell(
                    ExitCode.INTERNAL,
                    "A defect of Selvage: " + defect + ". Please report it with the end of " + Host.logFile(environment)
                            + ".",
                    defect,
                    verbose,
                    console);
        }
    }

    private static ExitCode tell(ExitCode code, String message, Throwable thrown, boolean verbose, Console console) {
        console.error(message);
        if (verbose) {
            console.stackTrace(thrown);
        }
        return code;
    }

    private static ExitCode dispatch(List<String> words, Map<String, String> environment, Console console) {
        if (words.isEmpty() || List.of("-h", "--help", "help").contains(words.get(0))) {
            console.result(overview());
            return words.isEmpty() ? ExitCode.USAGE : ExitCode.OK;
        }
        if (List.of("--version", "version").contains(words.get(0))) {
            console.result("selvage " + Version.current());
            return ExitCode.OK;
        }
        Command command = command(words.get(0))
                .orElseThrow(() -> new ClientException(
                        ExitCode.USAGE,
                        "There is no command \"" + words.get(0) + "\". The commands are "
                                + String.join(
                                        ", ", COMMANDS.stream().map(Main::word).toList())
                                + ". See: selvage --help"));
        Options options = optionsOf(command);
        Arguments arguments = Arguments.parse(
                command.name(), options, words.subList(1, words.size()), command.takesOptionsAnywhere());
        if (arguments.has(Arguments.HELP)) {
            console.result(help(command, options));
            return ExitCode.OK;
        }
        String proxyUser = arguments.valueOf(Arguments.PROXY_USER);
        if (proxyUser != null) {
            Login.actFor(proxyUser);
        }
        return command.run(arguments, Host.ofEnvironment(environment), console);
    }

    private static Optional<Command> command(String typed) {
        String word = ALIASES.getOrDefault(typed, typed);
        return Stream.concat(Stream.of(OPEN), COMMANDS.stream())
                .filter(command -> word(command).equals(word))
                .findFirst();
    }

    private static String word(Command command) {
        return command == OPEN ? "yarn-session" : command.name().replaceFirst("selvage ", "");
    }

    /** Every command by the word that it is called by, the one of yarn-session.sh first. */
    static Map<String, Command> commands() {
        Map<String, Command> commands = new LinkedHashMap<>();
        commands.put(word(OPEN), OPEN);
        COMMANDS.forEach(command -> commands.put(word(command), command));
        return commands;
    }

    /** The other words by which a command is called, in their order. */
    static List<String> aliasesOf(String word) {
        return ALIASES.entrySet().stream()
                .filter(alias -> alias.getValue().equals(word))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** A command's own options, and those that all have. */
    static Options optionsOf(Command command) {
        return command.options()
                .addOption(Arguments.PROXY_USER)
                .addOption(Arguments.VERBOSE)
                .addOption(Arguments.HELP);
    }

    static String overview() {
        StringBuilder text = new StringBuilder("selvage COMMAND [options]\n\n");
        text.append(Table.of(COMMANDS.stream()
                .map(command -> List.of("  " + word(command), command.summary() + also(word(command))))
                .toList()));
        text.append("\n\nA session is opened with scripts/yarn-session.sh. Each command explains itself with --help.");
        return text.toString();
    }

    private static String also(String word) {
        List<String> aliases = aliasesOf(word);
        return aliases.isEmpty() ? "" : " (also: " + String.join(", ", aliases) + ")";
    }

    static String help(Command command, Options options) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        out.println(command.name() + " " + command.synopsis() + "\n");
        String summary = command.summary();
        out.println(Character.toUpperCase(summary.charAt(0)) + summary.substring(1) + also(word(command)) + ".");
        if (!command.details().isEmpty()) {
            out.println(command.details());
        }
        out.println();
        TextHelpAppendable appendable = new TextHelpAppendable(out);
        appendable.setMaxWidth(HELP_COLUMNS);
        try {
            HelpFormatter.builder()
                    .setHelpAppendable(appendable)
                    .setShowSince(false)
                    .get()
                    .printOptions(options);
        } catch (IOException impossible) {
            throw new IllegalStateException("Writing into memory failed.", impossible);
        }
        out.flush();
        return text.toString().stripTrailing();
    }
}
