package io.selvage.protocol.failure;

import io.selvage.protocol.config.ConfigKey;
import io.selvage.protocol.config.MemorySize;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.process.ProcessRole;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The exit status of a container in words, the same for whoever tells of it; pure. It is YARN's own (below zero), a
 * shell's, a JVM's, or one of Selvage's, which {@code docs/operations.md} lists with the others.
 */
public final class ExitWords {
    /** Statuses above it are signals, as shells have it. */
    private static final int SIGNALS = 128;

    private static final int MOST_SIGNALS = 64;

    /** What to do where a node has no Java: its commands are looked for by the node's own variable. */
    private static final String JAVA_HOME = "set JAVA_HOME of the NodeManagers, or "
            + SessionConfig.MASTER_ENVIRONMENT.prefix() + ".JAVA_HOME and "
            + SessionConfig.EXECUTOR_ENVIRONMENT.prefix() + ".JAVA_HOME, to a JDK 17 or newer that is there";

    /** Of a master's process. */
    private static final Map<Integer, String> OF_MASTER = Map.ofEntries(
            Map.entry(20, "could not start: a setting, or what it was to start with, is missing or not allowed"),
            Map.entry(
                    21,
                    "could not start: it was given no identity of the application; open sessions with Selvage's"
                            + " own client"),
            Map.entry(
                    22,
                    "could not start: the state root can't be read or written, or its file system is no arbiter"
                            + " between masters"),
            Map.entry(23, "has ended because a newer attempt has taken over"),
            Map.entry(24, "has ended because it could not read or write its journal: check HDFS"),
            Map.entry(25, "has ended because the ResourceManager refuses it, or can't be reached"),
            Map.entry(
                    26,
                    "could not start: it could open no port; check selvage.network.bind-host and the host's free"
                            + " ports"),
            Map.entry(27, "has ended because a bounded queue inside it ran full"),
            Map.entry(28, "has ended because of a broken invariant"),
            Map.entry(29, "could not start: Kerberos does not let it log in with its keytab"));

    /** Of an executor's process. */
    private static final Map<Integer, String> OF_EXECUTOR = Map.of(
            40, "could not start its executor",
            41, "has ended because it found no master",
            42, "has ended because a subtask did not end when it was told to",
            43, "has ended because of a broken invariant",
            44, "was ended by a user's function, which has called System.exit",
            45, "has ended because its node's local disk, on which state lies, is full or has failed: make room there");

    /** What the shell says that is to start a JVM, if there is none. */
    private static final String NO_JVM = "\\S*sh: .*/bin/java: .*";

    private static final String NO_MEMORY = "Terminating due to java\\.lang\\.OutOfMemoryError.*";

    private ExitWords() {}

    /** What comes after "The container": what happened, the remedy where there is one, and the status itself. */
    public static String of(ProcessRole role, int status) {
        return words(role, status) + " (exit status " + status + ")";
    }

    private static String words(ProcessRole role, int status) {
        @Nullable String own = (role == ProcessRole.MASTER ? OF_MASTER : OF_EXECUTOR).get(status);
        if (own != null) {
            return own;
        }
        String memory = memoryKey(role).name();
        return switch (status) {
            case 0 -> "ended by itself";
            case 1 ->
                "has ended with an error, as a JVM does that does not start; see its stderr and log, "
                        + jvmOptionsKey(role).name() + ", and docs/operations.md";
            case 3 ->
                "has ended because its JVM ran out of memory: raise " + memory
                        + (role == ProcessRole.EXECUTOR ? ", or let functions keep less" : "");
            case 126 -> "could not start: $JAVA_HOME/bin/java on its node is no program that may be run; " + JAVA_HOME;
            case 127 -> "could not start: there is no $JAVA_HOME/bin/java on its node; " + JAVA_HOME;
            case 132, 134, 135, 136, 139 -> "has crashed, in its JVM or in a native library; see the end of its log";
            case 137 -> "was killed by signal 9 (SIGKILL): by someone, or by the kernel for want of memory";
            case 143 -> "was ended by signal 15 (SIGTERM)";
            case -100 -> "was aborted by YARN: its node is lost, or it was released";
            case -101 -> "was ended because the disks of its node have failed";
            case -102 -> "was preempted: another queue needed its resources";
            case -103 ->
                "was killed because it used more virtual memory than YARN allows: raise " + memory
                        + ", or have yarn.nodemanager.vmem-check-enabled switched off";
            case -104 -> "was killed because it used more memory than it asked for: raise " + memory;
            case -105 -> "was killed because the master gave it back";
            case -106 -> "was killed by the ResourceManager";
            case -107 -> "was killed because the application has ended";
            case -108 -> "was killed by its node to make room for guaranteed containers";
            case -109 -> "was killed because it logged more than YARN allows";
            case -1000 -> "was not started: its node could not fetch its files, or not make its directory";
            default -> others(role, status);
        };
    }

    private static String others(ProcessRole role, int status) {
        if (status > SIGNALS && status <= SIGNALS + MOST_SIGNALS) {
            return "was ended by signal " + (status - SIGNALS);
        }
        return "has ended with a status that is none of Selvage's"
                + (role == ProcessRole.EXECUTOR ? ": a user's function may have called Runtime.halt" : "")
                + "; see its log and docs/operations.md";
    }

    private static ConfigKey<MemorySize> memoryKey(ProcessRole role) {
        return role == ProcessRole.MASTER ? SessionConfig.MASTER_MEMORY : SessionConfig.EXECUTOR_MEMORY;
    }

    private static ConfigKey<String> jvmOptionsKey(ProcessRole role) {
        return role == ProcessRole.MASTER ? SessionConfig.MASTER_JVM_OPTIONS : SessionConfig.EXECUTOR_JVM_OPTIONS;
    }

    /**
     * What the process has said at its end, of what YARN passes on of its standard error: by itself, by its JVM, or by
     * the shell that was to start it.
     */
    public static Optional<String> lastWords(ProcessRole role, String diagnostics) {
        Matcher words = Pattern.compile(
                        "(?m)^(?:selvage " + role.lowerCase() + ": (.*)|(" + NO_MEMORY + "|" + NO_JVM + "))$")
                .matcher(diagnostics);
        if (!words.find()) {
            return Optional.empty();
        }
        return Optional.of(words.group(1) == null ? words.group(2) : words.group(1));
    }
}
