package io.selvage.protocol.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Every key that there is, in the order of the documentation; beside them, there are keys of variables and of resource
 * types.
 */
public final class KnownKeys {
    private static final List<ConfigKey<?>> ALL =
            Stream.concat(SessionConfig.KEYS.stream(), JobConfig.KEYS.stream()).toList();
    private static final Map<String, ConfigKey<?>> BY_NAME = byName();

    private static final List<NamedKeys> FAMILIES = List.of(
            SessionConfig.MASTER_ENVIRONMENT, SessionConfig.EXECUTOR_ENVIRONMENT, SessionConfig.EXECUTOR_RESOURCES);

    private KnownKeys() {}

    public static List<ConfigKey<?>> all() {
        return ALL;
    }

    /** Of these, each variable and each resource type has a key of its own. */
    public static List<NamedKeys> families() {
        return FAMILIES;
    }

    /** The key of that name, or a refusal that names the nearest one. */
    static ConfigKey<?> keyOrThrow(String name, String origin) {
        ConfigKey<?> key = BY_NAME.get(name);
        if (key != null) {
            return key;
        }
        for (NamedKeys family : FAMILIES) {
            Optional<String> named = family.nameIn(name);
            if (named.isPresent()) {
                return family.keyOrThrow(named.get(), origin);
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
