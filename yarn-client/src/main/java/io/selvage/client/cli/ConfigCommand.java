package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ConfigKey;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.KnownKeys;
import io.selvage.protocol.config.Scope;
import io.selvage.protocol.config.Secrets;
import io.selvage.protocol.config.SessionConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** Shows each setting's value and where it is from: of a new session, or of one that runs. */
final class ConfigCommand implements Command {
    private static final Option SESSION = Option.builder("s")
            .longOpt("session")
            .hasArg()
            .argName("ID")
            .desc("what this session was opened with; else what a new one would be opened with")
            .get();
    private static final Option CHANGED = Option.builder()
            .longOpt("changed")
            .desc("only what is not the default")
            .get();
    private static final List<String> HEADINGS = List.of("SETTING", "VALUE", "FROM");
    private static final String DEFAULT = "default";

    @Override
    public String name() {
        return "selvage config";
    }

    @Override
    public String synopsis() {
        return "[options]";
    }

    @Override
    public String summary() {
        return "show each setting, its value and where it is from";
    }

    @Override
    public String details() {
        return "Without --session, what a session would be opened with now: defaults, conf/selvage.yaml and -D, in rising\n"
                + "order; no cluster is needed. A program may set for its jobs what belongs to jobs. What settings mean:\n"
                + "docs/configuration.md.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(SESSION)
                .addOption(Arguments.SETTING)
                .addOption(CHANGED)
                .addOption(Arguments.JSON);
    }

    /**
     * A setting as it is shown.
     *
     * @param from where it was set, as a configuration says it; null: nowhere
     */
    record Shown(
            String key,
            String scope,
            String value,
            @Nullable String from) {
        static Shown of(ConfigKey<?> key, @Nullable String value, @Nullable String origin) {
            String text = value == null ? key.defaultText() : value;
            return new Shown(key.name(), key.scope().name(), Secrets.hide(key.name(), text), origin);
        }

        String fromInWords() {
            return from == null ? DEFAULT : from.replaceFirst("^(in|from) ", "");
        }
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        arguments.requireNoRest();
        String sessionId = arguments.valueOf(SESSION);
        if (sessionId != null && arguments.has(Arguments.SETTING)) {
            throw arguments.usage("-D is for a session that is to be opened, and --session for one that is.");
        }
        List<Shown> all = sessionId == null
                ? ofNew(arguments.settings(host.settings(), Scope.SESSION))
                : ofRunning(sessionId, host, console);
        List<Shown> shown = all.stream()
                .filter(each -> !arguments.has(CHANGED) || each.from() != null)
                .toList();
        if (arguments.has(Arguments.JSON)) {
            console.result(Json.write(shown.stream().map(ConfigCommand::json).toList()));
        } else {
            console.result(inWords(shown));
        }
        return ExitCode.OK;
    }

    static List<Shown> ofNew(Configuration configuration) {
        // What does not go together is refused as it would be when the session is opened.
        SessionConfig.from(configuration);
        JobConfig.from(configuration);
        return rows(configuration.settings(), configuration.origins());
    }

    private static List<Shown> ofRunning(String sessionId, Host host, Console console) {
        try (SelvageClient client = host.connect(console);
                Session session = client.session(sessionId)) {
            var spec = session.spec();
            return rows(spec.getConfigurationMap(), spec.getOriginsMap());
        }
    }

    /** Every known setting in the order of the documentation, then those of another version. */
    static List<Shown> rows(Map<String, String> settings, Map<String, String> origins) {
        List<Shown> rows = new ArrayList<>();
        Map<String, String> unknown = new LinkedHashMap<>(settings);
        for (ConfigKey<?> key : KnownKeys.all()) {
            String value = unknown.remove(key.name());
            rows.add(Shown.of(key, value, value == null ? null : origin(key.name(), origins)));
        }
        unknown.forEach((name, value) ->
                rows.add(new Shown(name, scopeOf(name), Secrets.hide(name, value), origin(name, origins))));
        return rows;
    }

    private static String scopeOf(String name) {
        boolean isNamed = KnownKeys.families().stream()
                .anyMatch(family -> family.nameIn(name).isPresent());
        return isNamed ? Scope.SESSION.name() : "UNKNOWN";
    }

    private static String origin(String name, Map<String, String> origins) {
        return origins.getOrDefault(name, "from when the session was opened");
    }

    static String inWords(List<Shown> settings) {
        if (settings.isEmpty()) {
            return "Every setting is at its default.";
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADINGS);
        for (Shown setting : settings) {
            rows.add(List.of(setting.key(), setting.value().isEmpty() ? "-" : setting.value(), setting.fromInWords()));
        }
        return Table.of(rows);
    }

    private static Map<String, Object> json(Shown setting) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("key", setting.key());
        json.put("scope", setting.scope());
        json.put("value", setting.value());
        json.put("from", setting.fromInWords());
        json.put("is_default", setting.from() == null);
        return json;
    }
}
