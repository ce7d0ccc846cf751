package io.selvage.protocol.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Every key that there is, in the order of the documentation. */
public final class KnownKeys {
    private static final List<ConfigKey<?>> ALL =
            Stream.concat(SessionConfig.KEYS.stream(), JobConfig.KEYS.stream()).toList();
    private static final Map<String, ConfigKey<?>> BY_NAME = byName();

    private KnownKeys() {}

    public static List<ConfigKey<?>> all() {
        return ALL;
    }

    /** The key of that name, or a refusal that names the nearest one. */
    static ConfigKey<?> keyOrThrow(String name, String origin) {
        ConfigKey<?> key = BY_NAME.get(name);
        if (key != null) {
            return key;
        }
        String remedy = nearest(name)
                .map(known -> "Did you mean " + known + "?")
                .orElse("All keys are listed in docs/configuration.md.");
        throw new ConfigException("There is no setting \"" + name + "\" (" + origin + "). " + remedy);
    }

    private static Optional<String> nearest(String name) {
        String best = null;
        int bestDistance = Integer.MAX_VALUE;
        for (String known : BY_NAME.keySet()) {
            int distance = editDistance(name, known);
            if (distance < bestDistance) {
                best = known;
                bestDistance = distance;
            }
        }
        // Further away than half of the name, a guess would only mislead.
        return bestDistance <= name.length() / 2 ? Optional.ofNullable(best) : Optional.empty();
    }

    /** Levenshtein's distance, by the usual two rows. */
    static int editDistance(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int column = 0; column <= to.length(); column++) {
            previous[column] = column;
        }
        for (int row = 1; row <= from.length(); row++) {
            int[] current = new int[to.length() + 1];
            current[0] = row;
            for (int column = 1; column <= to.length(); column++) {
                int substitution = from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1;
                current[column] = Math.min(
                        Math.min(current[column - 1], previous[column]) + 1, previous[column - 1] + substitution);
            }
            previous = current;
        }
        return previous[to.length()];
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
