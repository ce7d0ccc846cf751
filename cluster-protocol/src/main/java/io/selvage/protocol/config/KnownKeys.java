package io.selvage.protocol.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Every key that there is, in the order of the documentation; beside them, there are variables' keys. */
public final class KnownKeys {
    private static final List<ConfigKey<?>> ALL =
            Stream.concat(SessionConfig.KEYS.stream(), JobConfig.KEYS.stream()).toList();
    private static final Map<String, ConfigKey<?>> BY_NAME = byName();

    private static final List<EnvironmentKeys> ENVIRONMENTS =
            List.of(SessionConfig.MASTER_ENVIRONMENT, SessionConfig.EXECUTOR_ENVIRONMENT);

    private KnownKeys() {}

    public static List<ConfigKey<?>> all() {
        return ALL;
    }

    /** Of these, each variable has a key of its own. */
    public static List<EnvironmentKeys> environments() {
        return ENVIRONMENTS;
    }

    /** The key of that name, or a refusal that names the nearest one. */
    static ConfigKey<?> keyOrThrow(String name, String origin) {
        ConfigKey<?> key = BY_NAME.get(name);
        if (key != null) {
            return key;
        }
        for (EnvironmentKeys family : ENVIRONMENTS) {
            Optional<String> variable = family.variableOf(name);
            if (variable.isPresent()) {
                return family.keyOrThrow(variable.get(), origin);
            }
        }
        String remedy = Nearest.of(name, BY_NAME.keySet())
                .map(known -> "Did you mean " + known + "?")
                .orElse("All keys are listed in docs/configuration.md.");
        throw new ConfigException("There is no setting \"" + name + "\" (" + origin + "). " + remedy);
    }

    private static Map<String, ConfigKey<?>> byName() {
        Map<String, ConfigKey<?>> keys = new LinkedHashMap<>();
        for (ConfigKey<?> key : ALL) {
            if (keys.put(key.name(), key) != null) {
                throw new IllegalStateException("The key " + key.name() + " is declared twice.");
            }
        }
        return keys;
    }
}
