package io.selvage.client.cli;

import io.selvage.protocol.config.ApplicationConfig;
import io.selvage.protocol.config.ConfigKey;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.KerberosConfig;
import io.selvage.protocol.config.SessionConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** Immutable. The options that are names for settings of a session, or of an application for one job. */
final class SessionOptions {
    private final Map<Option, ConfigKey<?>> settings;

    private SessionOptions(Map<Option, ConfigKey<?>> settings) {
        this.settings = settings;
    }

    /** As yarn-session.sh has them. */
    static SessionOptions all() {
        Map<Option, ConfigKey<?>> settings = new LinkedHashMap<>();
        settings.put(valued("nm", "name", "NAME", "the name in YARN"), SessionConfig.APPLICATION_NAME);
        settings.put(valued("at", "application-type", "TYPE", "the type in YARN"), ApplicationConfig.TYPE);
        settings.put(valued("qu", "queue", "QUEUE", "the YARN queue"), SessionConfig.QUEUE);
        settings.put(
                valued("pr", "priority", "N", "the priority in the queue, higher first"), ApplicationConfig.PRIORITY);
        settings.put(valued("tg", "tags", "TAGS", "tags in YARN, parted by commas"), ApplicationConfig.TAGS);
        settings.put(
                valued("nl", "node-label", "LABEL", "the label of the nodes for master and executors"),
                ApplicationConfig.NODE_LABEL);
        settings.put(
                valued("tnl", "executor-node-label", "LABEL", "the label of the nodes for executors, if another"),
                SessionConfig.EXECUTOR_NODE_LABEL);
        settings.put(
                valued("jm", "master-memory", "SIZE", "the master's container, such as 1g (a bare number is MiB)"),
                SessionConfig.MASTER_MEMORY);
        settings.put(valued("jmc", "master-cores", "N", "the master's virtual cores"), SessionConfig.MASTER_VCORES);
        settings.put(
                valued("tm", "executor-memory", "SIZE", "each executor's container, such as 2g (a bare number is MiB)"),
                SessionConfig.EXECUTOR_MEMORY);
        settings.put(
                valued("tmc", "executor-cores", "N", "each executor's virtual cores"), SessionConfig.EXECUTOR_VCORES);
        settings.put(valued("s", "slots", "N", "the slots of each executor"), SessionConfig.EXECUTOR_SLOTS);
        settings.put(
                valued(
                        "t",
                        "ship",
                        "PATH",
                        "a file or folder for the working directories of master and executors; may be repeated"),
                ApplicationConfig.SHIPPED_PATHS);
        settings.put(
                valued("j", "jar", "JAR", "a jar whose classes all jobs find on executors; may be repeated"),
                ApplicationConfig.USER_JARS);
        settings.put(
                valued("va", "view-acl", "ACL", "who else may see it: \"users groups\", each parted by commas, or *"),
                ApplicationConfig.VIEW_ACL);
        settings.put(valued("ma", "modify-acl", "ACL", "who else may kill it, likewise"), ApplicationConfig.MODIFY_ACL);
        settings.put(
                valued("ra", "attempts", "N", "how often YARN may start the master within the failure window"),
                SessionConfig.MAX_ATTEMPTS);
        settings.put(
                valued("rw", "failure-window", "TIME", "failures of the master longer ago do not count, such as 10min"),
                SessionConfig.ATTEMPT_FAILURE_WINDOW);
        settings.put(
                valued(
                        "kt",
                        "keytab",
                        "FILE",
                        "with Kerberos: the keytab with which you and the master log in, so that the session outlives its"
                                + " first tokens"),
                KerberosConfig.KEYTAB);
        settings.put(
                valued("kp", "principal", "PRINCIPAL", "whose keys it holds, such as anna@EXAMPLE.COM"),
                KerberosConfig.PRINCIPAL);
        return new SessionOptions(settings);
    }

    /**
     * The same for a command that has options of its own: short forms that it knows otherwise are left to it.
     *
     * @param condition put before each explanation
     */
    SessionOptions beside(Options taken, String condition) {
        Map<Option, ConfigKey<?>> beside = new LinkedHashMap<>();
        settings.forEach((option, key) -> beside.put(
                valued(
                        taken.hasShortOption(option.getOpt()) ? null : option.getOpt(),
                        option.getLongOpt(),
                        option.getArgName(),
                        condition + option.getDescription()),
                key));
        return new SessionOptions(beside);
    }

    /** @param name the short form; null: it has none */
    static Option valued(@Nullable String name, String longName, String argument, String description) {
        return Option.builder(name)
                .longOpt(longName)
                .hasArg()
                .argName(argument)
                .desc(description)
                .get();
    }

    Set<Option> options() {
        return settings.keySet();
    }

    /** The first of them that is among the arguments, as it is typed. */
    Optional<String> firstOf(Arguments arguments) {
        return settings.keySet().stream()
                .filter(arguments::has)
                .map(SessionOptions::typed)
                .findFirst();
    }

    /** What the arguments set, above that. */
    Configuration above(Configuration below, Arguments arguments) {
        Configuration merged = below;
        for (Map.Entry<Option, ConfigKey<?>> entry : settings.entrySet()) {
            ConfigKey<?> key = entry.getValue();
            List<String> values = arguments.valuesOf(entry.getKey());
            if (values.isEmpty()) {
                continue;
            }
            // What can't be repeated is what the last one says, as in the shell's own commands.
            String value = isList(key) ? String.join(",", values) : values.get(values.size() - 1);
            boolean bareMebibytes = key.type().unit().equals("memory") && value.matches("\\d+");
            merged = merged.with(
                    Map.of(key.name(), bareMebibytes ? value + "m" : value), "from " + typed(entry.getKey()));
        }
        return merged;
    }

    private static String typed(Option option) {
        return option.getOpt() == null ? "--" + option.getLongOpt() : "-" + option.getOpt();
    }

    private static boolean isList(ConfigKey<?> key) {
        return key.defaultValue() instanceof List<?>;
    }
}
