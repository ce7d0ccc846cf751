package io.selvage.protocol.config;

import java.util.Optional;

/** Settings of one prefix whose last part is a name that somebody else has given: of a variable, of a resource type. */
public sealed interface NamedKeys permits EnvironmentKeys, ResourceKeys {
    /** Without the dot before the name. */
    String prefix();

    /** One sentence for the documentation. */
    String meaning();

    /** What a value is, as in {@link ValueType#unit()}. */
    String unit();

    /** @throws ConfigException if the name is none, or is taken */
    ConfigKey<?> keyOrThrow(String name, String origin);

    /** The name in a key, if it is one of these. */
    default Optional<String> nameIn(String key) {
        return key.startsWith(prefix() + ".") ? Optional.of(key.substring(prefix().length() + 1)) : Optional.empty();
    }

    /** How all of these are written in the documentation. */
    default String pattern() {
        return prefix() + ".NAME";
    }
}
