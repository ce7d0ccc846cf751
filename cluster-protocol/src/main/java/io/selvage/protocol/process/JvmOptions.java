package io.selvage.protocol.process;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The options of the user's for a JVM in a container, as words of a launch command. */
public final class JvmOptions {
    private JvmOptions() {}

    /**
     * For the shell script that YARN makes of a command, as {@link ClassArchive#optionsInShell} is: each option between
     * single quotes, so that a star in it is no pattern of files. What would end the quotes, or mean something to the
     * double ones around the command, is no character of an option.
     *
     * @param options parted by blanks; maybe none
     */
    public static String inShell(String options) {
        return Arrays.stream(options.split(" "))
                .filter(option -> !option.isEmpty())
                .map(option -> "'" + option + "'")
                .collect(Collectors.joining(" "));
    }
}
