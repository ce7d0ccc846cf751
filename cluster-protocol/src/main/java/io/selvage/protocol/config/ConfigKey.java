package io.selvage.protocol.config;

/**
 * A setting: its name, what it may be, its default and what it means, in one place.
 *
 * @param name the full key, {@code selvage.<component>.<setting>}; of a variable or a resource type with its name
 *     behind
 * @param meaning one sentence for the documentation
 */
public record ConfigKey<T>(String name, Scope scope, ValueType<T> type, T defaultValue, String meaning) {
    public ConfigKey {
        if (!name.matches("selvage(\\.[a-z][a-z-]*)+(\\.[A-Za-z0-9_][A-Za-z0-9._/-]*)?")) {
            throw new IllegalArgumentException("\"" + name + "\" does not have the form of a key.");
        }
        if (!meaning.endsWith(".")) {
            throw new IllegalArgumentException("The meaning of " + name + " is not a sentence.");
        }
    }

    static <T> ConfigKey<T> session(String name, ValueType<T> type, T defaultValue, String meaning) {
        return new ConfigKey<>(name, Scope.SESSION, type, defaultValue, meaning);
    }

    static <T> ConfigKey<T> job(String name, ValueType<T> type, T defaultValue, String meaning) {
        return new ConfigKey<>(name, Scope.JOB, type, defaultValue, meaning);
    }

    /** The default in the form that a setting is written in. */
    public String defaultText() {
        return type.printer().apply(defaultValue);
    }

    T parse(String text, String origin) {
        try {
            return type.parser().apply(text);
        } catch (IllegalArgumentException notAllowed) {
            throw new ConfigException(
                    name + " is \"" + Secrets.hide(name, text) + "\" (" + origin + "), and must be " + type.allowed()
                            + ".",
                    notAllowed);
        }
    }
}
