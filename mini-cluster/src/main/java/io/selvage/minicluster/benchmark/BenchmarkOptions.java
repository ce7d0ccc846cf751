package io.selvage.minicluster.benchmark;

import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.Configuration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Options of a benchmark as they stand on its command line. What can't be understood is an
 * {@link IllegalArgumentException} with a sentence for the user, or a {@link ConfigException} if it is a setting.
 *
 * @param given by option; of one that takes no value, an empty one
 * @param settings what {@code -D KEY=VALUE} gave, for session and job
 */
public record BenchmarkOptions(Map<String, String> given, Map<String, String> settings, String usage) {
    public static BenchmarkOptions parse(List<String> arguments, Set<String> valued, Set<String> flags, String usage) {
        Map<String, String> given = new HashMap<>();
        Map<String, String> settings = new LinkedHashMap<>();
        Deque<String> left = new ArrayDeque<>(arguments);
        while (!left.isEmpty()) {
            String option = left.pop();
            if (flags.contains(option)) {
                given.put(option, "");
                continue;
            }
            if (!option.equals("-D") && !valued.contains(option) || left.isEmpty()) {
                throw new IllegalArgumentException(
                        (valued.contains(option) || option.equals("-D") ? "No value follows " : "There is no option ")
                                + option + ". " + usage);
            }
            String value = left.pop();
            if (!option.equals("-D")) {
                given.put(option, value);
                continue;
            }
            int split = value.indexOf('=');
            if (split < 1) {
                throw new IllegalArgumentException("'" + value + "' is not a setting: write -D KEY=VALUE. " + usage);
            }
            settings.put(value.substring(0, split), value.substring(split + 1));
        }
        // Here, before there is a cluster: a session would refuse them after half a minute.
        Configuration.defaults().with(settings, "from -D");
        return new BenchmarkOptions(given, settings, usage);
    }

    public boolean has(String option) {
        return given.containsKey(option);
    }

    public String text(String option, String otherwise) {
        return given.getOrDefault(option, otherwise);
    }

    public long number(String option, long otherwise) {
        String value = given.get(option);
        try {
            return value == null ? otherwise : Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    option + " needs a whole number, and '" + value + "' is none. " + usage, e);
        }
    }

    /** @param otherwise the value if the option is not given, and the first that it may have */
    public String oneOf(String option, String otherwise, String... others) {
        List<String> possible = new ArrayList<>(List.of(others));
        possible.add(0, otherwise);
        String value = text(option, otherwise);
        if (!possible.contains(value)) {
            throw new IllegalArgumentException(
                    option + " is one of " + String.join(", ", possible) + ", and not '" + value + "'. " + usage);
        }
        return value;
    }
}
