package io.selvage.examples;

import io.selvage.api.graph.InvalidProgramException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Options of an example as they stand on its command line, each with a value. What can't be understood is refused with
 * a sentence and the usage.
 */
public record CommandLine(Map<String, String> options, String usage) {
    /** @param names of the options that there are */
    public static CommandLine parse(List<String> arguments, List<String> names, String usage) {
        CommandLine given = new CommandLine(new LinkedHashMap<>(), usage);
        for (int i = 0; i < arguments.size(); i += 2) {
            String name = arguments.get(i);
            if (!names.contains(name)) {
                throw given.refused(
                        name.equals("--help") ? "These are the options." : "There is no option " + name + ".");
            }
            if (i + 1 == arguments.size()) {
                throw given.refused("The option " + name + " needs a value.");
            }
            if (given.options.put(name, arguments.get(i + 1)) != null) {
                throw given.refused("The option " + name + " is given twice.");
            }
        }
        return given;
    }

    public String required(String name) {
        String value = options.get(name);
        if (value == null) {
            throw refused("The option " + name + " is missing.");
        }
        return value;
    }

    public String text(String name, String otherwise) {
        return options.getOrDefault(name, otherwise);
    }

    /** A whole number from 1. */
    public long number(String name, long otherwise, long most) {
        String value = text(name, Long.toString(otherwise));
        try {
            long number = Long.parseLong(value);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw refused("The option " + name + " is a whole number, which " + value + " is not.");
        }
        throw refused("The option " + name + " is from 1 to " + most + ", and not " + value + ".");
    }

    /** So many a second; 0, if nothing is given: no limit. */
    public double rate(String name, String what) {
        String value = text(name, "0");
        try {
            double rate = Double.parseDouble(value);
            if (rate >= 0 && rate < Double.POSITIVE_INFINITY) {
                return rate;
            }
        } catch (NumberFormatException e) {
            throw refused("A " + name + " is a number of " + what + " a second, which " + value + " is not.");
        }
        throw refused("A " + name + " is not below 0, as " + value + " is.");
    }

    public InvalidProgramException refused(String why) {
        return new InvalidProgramException(why + "\n" + usage);
    }
}
