package io.selvage.client.cli;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.Scope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.AmbiguousOptionException;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

/**
 * The parsed arguments of one command. Options end at the first argument that is none, so that a program's are its own.
 */
final class Arguments {
    static final Option HELP =
            Option.builder("h").longOpt("help").desc("this text").get();
    static final Option PROXY_USER = Option.builder()
            .longOpt("proxy-user")
            .hasArg()
            .argName("USER")
            .desc("act for that user, if the cluster lets you (hadoop.proxyuser.*)")
            .get();
    static final Option VERBOSE =
            Option.builder("v").longOpt("verbose").desc("stack traces too").get();
    static final Option JSON =
            Option.builder().longOpt("json").desc("results as JSON").get();
    static final Option YES =
            Option.builder("y").longOpt("yes").desc("does not ask").get();
    static final Option SESSION = Option.builder("s")
            .longOpt("session")
            .hasArg()
            .argName("SESSION")
            .desc("the session, by its application id or its name; else the job's own application, or your newest"
                    + " session that runs")
            .get();
    static final Option SETTING = Option.builder("D")
            .hasArg()
            .argName("key=value")
            .desc("a setting of docs/configuration.md; may be repeated")
            .get();

    private final CommandLine line;
    private final String command;

    private Arguments(CommandLine line, String command) {
        this.line = line;
        this.command = command;
    }

    /** @param command as typed, for messages */
    static Arguments parse(String command, Options options, List<String> arguments) {
        return parse(command, options, arguments, false);
    }

    /** @param anywhere options may follow what is none */
    static Arguments parse(String command, Options options, List<String> arguments, boolean anywhere) {
        List<String> separated = separateSettings(options, arguments);
        try {
            CommandLine line = new DefaultParser(false).parse(options, separated.toArray(new String[0]), !anywhere);
            Arguments parsed = new Arguments(line, command);
            List<String> rest = line.getArgList();
            if (!rest.isEmpty() && rest.get(0).startsWith("-") && rest.get(0).length() > 1) {
                throw parsed.usage("there is no option " + rest.get(0) + "." + suggestion(options, rest.get(0)));
            }
            return parsed;
        } catch (MissingArgumentException missing) {
            throw usage(command, "the option " + nameOf(missing.getOption()) + " needs a value.", missing);
        } catch (AmbiguousOptionException ambiguous) {
            throw usage(command, "the option " + ambiguous.getOption() + " is ambiguous.", ambiguous);
        } catch (ParseException malformed) {
            throw usage(command, malformed.getMessage() + ".", malformed);
        }
    }

    /** {@code -Dkey=value} becomes {@code -D key=value}, up to the first argument that is no option. */
    private static List<String> separateSettings(Options options, List<String> arguments) {
        List<String> separated = new ArrayList<>();
        for (int index = 0; index < arguments.size(); index++) {
            String argument = arguments.get(index);
            if (argument.equals("--") || !argument.startsWith("-")) {
                separated.addAll(arguments.subList(index, arguments.size()));
                break;
            }
            if (argument.startsWith("-D") && argument.length() > 2 && options.hasShortOption("D")) {
                separated.add("-D");
                separated.add(argument.substring(2));
                continue;
            }
            separated.add(argument);
            Option option = options.getOption(argument);
            if (option != null && option.hasArg() && index + 1 < arguments.size()) {
                index++;
                separated.add(arguments.get(index));
            }
        }
        return separated;
    }

    private static String suggestion(Options options, String unknown) {
        String name = unknown.replaceFirst("^-+", "").replaceFirst("=.*", "");
        Optional<String> nearest = options.getOptions().stream()
                .map(Option::getLongOpt)
                .filter(known -> known != null && (known.startsWith(name) || name.startsWith(known)))
                .min(Comparator.comparingInt(known -> Math.abs(known.length() - name.length())));
        return nearest.map(known -> " Did you mean --" + known + "?").orElse("");
    }

    boolean has(Option option) {
        return line.hasOption(option);
    }

    @Nullable
    String valueOf(Option option) {
        return line.getOptionValue(option);
    }

    /** All of an option that may be repeated, in their order. */
    List<String> valuesOf(Option option) {
        String[] values = line.getOptionValues(option);
        return values == null ? List.of() : List.of(values);
    }

    /** What is not an option. */
    List<String> rest() {
        return line.getArgList();
    }

    /** The one argument that there must be. */
    String only(String what) {
        if (rest().size() != 1) {
            throw usage(rest().isEmpty() ? "it needs " + what + "." : "it takes " + what + " and nothing more.");
        }
        return rest().get(0);
    }

    /** The session that is named as the one argument, or else by its option; null for the newest. */
    @Nullable
    String sessionId() {
        return rest().isEmpty() ? valueOf(SESSION) : only("one session's id or name");
    }

    void requireNoRest() {
        if (!rest().isEmpty()) {
            throw usage("it does not take \"" + rest().get(0) + "\".");
        }
    }

    /** The settings of all -D options, which must be of that scope or for jobs. */
    Configuration settings(Configuration below, Scope scope) {
        List<String> options = valuesOf(SETTING);
        if (scope == Scope.JOB) {
            Configuration.defaults().withOptions(options).settings(Scope.SESSION).keySet().stream()
                    .findFirst()
                    .ifPresent(key -> {
                        throw new ConfigException(key + " (from -D) belongs to the session. Set it when you open the"
                                + " session: scripts/yarn-session.sh -D " + key + "=VALUE");
                    });
        }
        return below.withOptions(options);
    }

    ClientException usage(String sentence) {
        return usage(command, sentence, null);
    }

    private static ClientException usage(String command, String sentence, @Nullable Exception cause) {
        String message = command + ": " + sentence + " See: " + command + " --help";
        return cause == null
                ? new ClientException(ExitCode.USAGE, message)
                : new ClientException(ExitCode.USAGE, message, cause);
    }

    private static String nameOf(Option option) {
        return option.getLongOpt() == null ? "-" + option.getOpt() : "--" + option.getLongOpt();
    }
}
