package io.selvage.client.cli;

import io.selvage.client.exit.ExitCode;
import java.util.List;
import org.apache.commons.cli.Options;

/** A command of the command line. */
interface Command {
    /** As typed: {@code selvage run}. */
    String name();

    /** What comes after the name, for the help. */
    String synopsis();

    /** For the list of commands. */
    String summary();

    /** What the help says below the options. */
    String details();

    Options options();

    /** Else they end at the first argument that is none, so that those of a program are its own. */
    default boolean takesOptionsAnywhere() {
        return false;
    }

    /** What its first argument can be, of what is known beforehand; for completion. */
    default List<String> words() {
        return List.of();
    }

    /** Does it, on the calling thread. */
    ExitCode run(Arguments arguments, Host host, Console console);
}
