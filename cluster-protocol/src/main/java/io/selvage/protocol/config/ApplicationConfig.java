package io.selvage.protocol.config;

import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * What YARN is told about a session's application, beside its name, queue and attempts, and the files of the user's
 * that it hands to the session's processes.
 *
 * @param nodeLabel of all containers that ask for no other; empty for the queue's own
 * @param priority empty for the queue's own
 * @param viewAcl who may see the application and its logs, beside the submitter: YARN's form, users and then groups
 * @param modifyAcl who may kill it, likewise
 * @param rolledLogsInclude a pattern of the logs that are collected while it runs; empty for none
 * @param rolledLogsExclude of these, the ones that are not
 * @param shippedPaths of the client's host: files and folders for the working directory of every process
 * @param userJars of the client's host: jars that all jobs' programs find
 */
public record ApplicationConfig(
        String type,
        String nodeLabel,
        OptionalInt priority,
        List<String> tags,
        String viewAcl,
        String modifyAcl,
        String rolledLogsInclude,
        String rolledLogsExclude,
        List<String> shippedPaths,
        List<String> userJars) {
    private static final String ACL_NAMES = "[\\w.@$][-\\w.@$]*(,[\\w.@$][-\\w.@$]*)*";
    private static final ValueType<String> ACL = ValueType.text(
            "* for everybody, or users and then groups, each parted by commas, the groups after a blank, such as"
                    + " \"anna,bert operators\"",
            Pattern.compile("|\\*|" + ACL_NAMES + "( " + ACL_NAMES + ")?"));

    /** YARN's own bounds. */
    private static final ValueType<List<String>> TAG_LIST = ValueType.list(
            "up to 10 tags of at most 100 ASCII characters, parted by commas",
            Pattern.compile("[!-~&&[^,]]([ -~&&[^,]]{0,98}[!-~&&[^,]])?"),
            10);

    private static final ValueType<List<String>> PATHS =
            ValueType.list("up to 1000 paths on this host, parted by commas", Pattern.compile("[^,\\p{Cntrl}]+"), 1000);

    static final ValueType<String> LABEL = ValueType.text(
            "the name of one node label: letters, digits, - and _",
            Pattern.compile("|[A-Za-z0-9][-A-Za-z0-9_]{0,254}"));

    public static final ConfigKey<String> TYPE = ConfigKey.session(
            "selvage.application.type",
            // YARN cuts off what is longer.
            ValueType.text(
                    "1 to 20 letters, digits, blanks and any of -_.",
                    Pattern.compile("[A-Za-z0-9][-A-Za-z0-9_. ]{0,19}")),
            "Selvage",
            "The session's type in YARN's list of applications, by which the list can be filtered.");
    public static final ConfigKey<String> NODE_LABEL = ConfigKey.session(
            "selvage.application.node-label",
            LABEL,
            "",
            "The label of the nodes that master and executors run on; empty for the queue's own.");
    public static final ConfigKey<OptionalInt> PRIORITY = ConfigKey.session(
            "selvage.application.priority",
            ValueType.optionalInteger(0),
            OptionalInt.empty(),
            "The application's priority in its queue, higher first, capped by the cluster; empty for the queue's own.");
    public static final ConfigKey<List<String>> TAGS = ConfigKey.session(
            "selvage.application.tags",
            TAG_LIST,
            List.of(),
            "Tags of the application, parted by commas, by which YARN's list can be filtered; YARN keeps them in lower"
                    + " case.");
    public static final ConfigKey<String> VIEW_ACL = ConfigKey.session(
            "selvage.application.view-acl",
            ACL,
            "",
            "Who, beside you, may see the application and its logs where `yarn.acl.enable` is on: users, a blank, and"
                    + " groups, each parted by commas, or * for everybody; for groups alone, name yourself first.");
    public static final ConfigKey<String> MODIFY_ACL = ConfigKey.session(
            "selvage.application.modify-acl",
            ACL,
            "",
            "Who, beside you, may kill the application or move it to another queue, written likewise.");
    public static final ConfigKey<String> ROLLED_LOGS_INCLUDE = ConfigKey.session(
            "selvage.application.rolled-logs.include",
            ValueType.regularExpression(),
            "",
            "A regular expression of the names of logs that YARN collects while the session runs, where it has"
                    + " `yarn.nodemanager.log-aggregation.roll-monitoring-interval-seconds`; it deletes what it has"
                    + " collected, so name only files that are not written any more.");
    public static final ConfigKey<String> ROLLED_LOGS_EXCLUDE = ConfigKey.session(
            "selvage.application.rolled-logs.exclude",
            ValueType.regularExpression(),
            "",
            "Of the logs that the setting above names, those that are left out after all: a regular expression of their"
                    + " names.");
    public static final ConfigKey<List<String>> SHIPPED_PATHS = ConfigKey.session(
            "selvage.application.ship",
            PATHS,
            List.of(),
            "Files and folders of the host that opens the session, parted by commas, which master and executors find by"
                    + " their names in their working directories.");
    public static final ConfigKey<List<String>> USER_JARS = ConfigKey.session(
            "selvage.application.jars",
            PATHS,
            List.of(),
            "Jars of the host that opens the session, parted by commas, whose classes all jobs find on executors, after"
                    + " those of their own jars.");

    public ApplicationConfig {
        tags = List.copyOf(tags);
        shippedPaths = List.copyOf(shippedPaths);
        userJars = List.copyOf(userJars);
        if (rolledLogsInclude.isEmpty() && !rolledLogsExclude.isEmpty()) {
            // YARN would take all others, and delete each after it has taken it: also those that are being written.
            throw new ConfigException(ROLLED_LOGS_EXCLUDE.name() + " leaves out logs of those that "
                    + ROLLED_LOGS_INCLUDE.name() + " names, and that is not set: no log is collected before the end.");
        }
    }

    static ApplicationConfig from(Configuration configuration) {
        return new ApplicationConfig(
                configuration.get(TYPE),
                configuration.get(NODE_LABEL),
                configuration.get(PRIORITY),
                configuration.get(TAGS),
                configuration.get(VIEW_ACL),
                configuration.get(MODIFY_ACL),
                configuration.get(ROLLED_LOGS_INCLUDE),
                configuration.get(ROLLED_LOGS_EXCLUDE),
                configuration.get(SHIPPED_PATHS),
                configuration.get(USER_JARS));
    }

    /**
     * YARN's own form of an ACL of groups alone begins with a blank, which would be lost, and a group become a user.
     */
    static void requireUserBeforeGroups(ConfigKey<?> key, String text, String origin) {
        boolean isAcl = key.equals(VIEW_ACL) || key.equals(MODIFY_ACL);
        if (isAcl && text.startsWith(" ") && !text.isBlank()) {
            throw new ConfigException(key.name() + " is \"" + text + "\" (" + origin
                    + "): it names groups alone. Name yourself before them, such as \"anna operators\".");
        }
    }
}
