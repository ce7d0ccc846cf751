package io.selvage.protocol.config;

import java.util.regex.Pattern;

/**
 * The settings of one prefix whose last part is the name of a resource type of the cluster, as in
 * {@code selvage.executor.resource.yarn.io/gpu}; of the session.
 */
public record ResourceKeys(String prefix, String meaning) implements NamedKeys {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?");
    /** They have settings of their own. */
    private static final Pattern TAKEN = Pattern.compile("memory|memory-mb|vcores");

    private static final ValueType<Integer> VALUE = ValueType.integer(1, Integer.MAX_VALUE);

    @Override
    public String unit() {
        return VALUE.unit();
    }

    @Override
    public ConfigKey<?> keyOrThrow(String name, String origin) {
        String key = prefix + "." + name;
        if (!NAME.matcher(name).matches()) {
            throw new ConfigException(key + " (" + origin + ") names no resource type: \"" + name
                    + "\" must be letters, digits, and any of ._-, with one / at most, as in yarn.io/gpu.");
        }
        if (TAKEN.matcher(name).matches()) {
            throw new ConfigException(key + " (" + origin + ") can't be set: use "
                    + SessionConfig.EXECUTOR_MEMORY.name() + " and " + SessionConfig.EXECUTOR_VCORES.name() + ".");
        }
        return ConfigKey.session(key, VALUE, 1, meaning);
    }
}
