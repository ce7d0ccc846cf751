package io.selvage.client.doctor;

import io.selvage.checkpoint.library.SharedLibraries;
import io.selvage.client.deploy.ClusterLimits;
import io.selvage.client.deploy.Queues;
import io.selvage.client.deploy.Version;
import io.selvage.protocol.config.SessionConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;

/** From facts to findings; pure. */
final class Judgement {
    static final String SHARED_RUNTIME = "shared runtime";
    static final int LEAST_JAVA = 17;
    /** Clocks that differ by less are as good as equal for everything that Selvage does with them. */
    static final Duration TOLERABLE_SKEW = Duration.ofSeconds(2);
    /** Kerberos refuses tickets at five minutes. */
    static final Duration HARMFUL_SKEW = Duration.ofMinutes(4);
    /** A command may be still at it when it is over. */
    static final Duration SHORT_TICKET = Duration.ofMinutes(10);
    /** A JVM reserves addresses that it never touches: for classes, compiled code and stacks. */
    static final float LEAST_VIRTUAL_RATIO = 6;

    private static final List<String> NEEDED_FILES = List.of("core-site.xml", "yarn-site.xml");
    private static final String HDFS_FILE = "hdfs-site.xml";

    private Judgement() {}

    static Finding java(int version, String home) {
        String here = "Java " + version + " in " + home;
        return version >= LEAST_JAVA
                ? Finding.ok("Java", here + "; containers use the one of their node")
                : Finding.problem("Java", here + ". Set JAVA_HOME to a JDK " + LEAST_JAVA + " or newer.");
    }

    /** @param files the names of those that are there */
    static Finding hadoopFiles(Path folder, Set<String> files) {
        String check = "Hadoop configuration";
        List<String> missing =
                NEEDED_FILES.stream().filter(file -> !files.contains(file)).toList();
        if (!missing.isEmpty()) {
            return Finding.problem(
                    check,
                    folder + " holds no " + String.join(" and no ", missing)
                            + ". Copy the cluster's, or name another folder with HADOOP_CONF_DIR.");
        }
        return files.contains(HDFS_FILE)
                ? Finding.ok(check, folder + " with " + String.join(", ", new TreeSet<>(files)))
                : Finding.warning(
                        check,
                        folder + " holds no " + HDFS_FILE
                                + ": that is enough only for an HDFS with one NameNode and no settings of its own."
                                + " Copy the cluster's.");
    }

    /**
     * Sessions can be opened without it, too.
     *
     * @param root as the setting says it
     */
    static Finding sharedRuntime(String root, SharedLibraries.Seen seen) {
        String where = seen.where();
        String share = " Have its owner run, from this installation: selvage share " + root;
        return switch (seen.standing()) {
            case FOR_ALL ->
                Finding.ok(
                        SHARED_RUNTIME, where + " is this installation's, and everybody may read it, NodeManagers too");
            case FOR_SOME -> {
                boolean isFile = seen.file() != null && where.equals(seen.file().getPath());
                yield Finding.warning(
                        SHARED_RUNTIME,
                        "not everybody may " + (isFile ? "read " : "enter ") + where
                                + ": nodes fetch the runtime for each user, and whoever may not has his own in his state"
                                + " root. Have its owner run: hdfs dfs -chmod " + (isFile ? "o+r " : "o+x ") + where);
            }
            case NO_ROOT ->
                notTaken(
                        "there is no " + where + " (" + SessionConfig.LIBRARY_ROOT.name() + ")",
                        " Have an administrator make it with: selvage share " + root);
            case ABSENT ->
                notTaken(
                        where + " has not the runtime of this installation (" + Version.current()
                                + " with the jars of its lib folder), but that of others, or none",
                        share);
            case DAMAGED ->
                notTaken(
                        where + " is longer or shorter than the archive that was put there",
                        " Have its owner delete it when no session uses it." + share);
            case REPLACEABLE ->
                notTaken(
                        "anybody may write to " + where + ", and so could replace what all users run",
                        " Have its owner see what is there, and run: hdfs dfs -chmod o-w " + where);
            case PUBLIC_ROOT ->
                notTaken(
                        where + " (" + SessionConfig.LIBRARY_ROOT.name()
                                + ") is where all users put what is their own, and anybody could be the first to put"
                                + " what all run",
                        " Have an administrator choose a directory of the runtime's own in it, and run: selvage share "
                                + root + (root.endsWith("/") ? "" : "/") + "selvage");
            case MOVABLE ->
                notTaken(
                        "anybody may write to " + where + ", and so could put something else in the place of " + root,
                        " Have its owner run: hdfs dfs -chmod +t " + where
                                + " (all go on putting things there, and nobody moves what is another's), or, if nobody"
                                + " else is to put anything there: hdfs dfs -chmod o-w " + where);
            case CLOSED ->
                notTaken(
                        "you may not read or enter " + where,
                        " Have its owner run: hdfs dfs -chmod a+rX " + where + "   Then look again.");
        };
    }

    static Finding sharedRuntimeUnanswered(String root, String reason) {
        return notTaken(
                root + " could not be looked at: " + reason,
                " See whether " + SessionConfig.LIBRARY_ROOT.name() + " names the right HDFS.");
    }

    private static Finding notTaken(String why, String remedy) {
        return Finding.warning(SHARED_RUNTIME, why + ": each user has the runtime in his own state root." + remedy);
    }

    /**
     * How far a clock is from this host's, as far as it can be told from an answer.
     *
     * @param beforeMillis when it was asked, by this host's clock
     * @param afterMillis when its answer was there
     * @param toleranceMillis by how much its own time may be off, as it is written
     */
    static Finding clock(
            String check, String whose, long beforeMillis, long theirMillis, long afterMillis, long toleranceMillis) {
        long behind = Math.max(0, beforeMillis - toleranceMillis - theirMillis);
        long ahead = Math.max(0, theirMillis - toleranceMillis - afterMillis);
        Duration skew = Duration.ofMillis(Math.max(behind, ahead));
        if (skew.compareTo(TOLERABLE_SKEW) <= 0) {
            return Finding.ok(check, whose + " and this host's agree");
        }
        String sentence = whose + " is " + skew.toSeconds() + " s " + (behind > 0 ? "behind" : "ahead of")
                + " this host's. Have both follow the same time server (chronyc tracking shows this host's).";
        return skew.compareTo(HARMFUL_SKEW) < 0
                ? Finding.warning(check, sentence)
                : Finding.problem(check, sentence + " Tickets of Kerberos are refused at 5 minutes.");
    }

    /** @param asked as the settings name it */
    static Finding queue(String asked, Queues.Choice queue, String user) {
        if (queue.doubt().isEmpty()) {
            return Finding.ok(
                    "queue",
                    "\"" + asked + "\" takes applications of " + user
                            + (queue.isLeftToYarn() ? ", unless YARN's placement rules choose another one" : ""));
        }
        return Finding.warning(
                "queue",
                queue.doubt()
                        + (queue.isLeftToYarn()
                                ? " A session opens only if YARN's placement rules choose another queue for you."
                                : " A session opens only if YARN makes that queue for it."));
    }

    /** @param isOfKeytab it was got with a keytab, and so can be got again */
    static Finding ticket(Ticket ticket, boolean isOfKeytab, long nowMillis) {
        String whose = "a ticket of " + ticket.principal();
        Duration left = Duration.ofMillis(ticket.endMillis() - nowMillis);
        String sentence = whose + ", for another " + left.toHours() + " h " + left.toMinutesPart() + " min";
        if (isOfKeytab) {
            return Finding.ok("Kerberos", sentence + "; the keytab gets others");
        }
        return left.compareTo(SHORT_TICKET) < 0
                ? Finding.warning("Kerberos", sentence + ". Get a new one with kinit.")
                : Finding.ok("Kerberos", sentence);
    }

    /** Of limits that a session of these settings is within. */
    static Finding containers(SessionConfig session, ClusterLimits limits) {
        return Finding.ok(
                "containers",
                "master " + session.masterMemory() + ", executors " + session.executorMemory() + "; up to "
                        + limits.largestMemoryMib() + "m and " + limits.largestVcores() + " virtual cores on "
                        + (limits.nodes().size() == 1
                                ? "the one node that runs"
                                : limits.nodes().size() + " nodes that run"));
    }

    /** @param effective what the cluster allows of what is asked for */
    static Finding attempts(int asked, int effective) {
        String check = "attempts of the master";
        return effective >= asked
                ? Finding.ok(check, effective + ", as selvage.application.max-attempts says")
                : Finding.warning(
                        check,
                        "the cluster allows " + effective + " of the " + asked
                                + " of selvage.application.max-attempts: a session ends at so many failures of its"
                                + " master within selvage.application.attempt-failure-window. Raise"
                                + " yarn.resourcemanager.am.global.max-attempts.");
    }

    /** @param where whose settings these are */
    static Finding memoryChecks(Configuration node, String where) {
        String check = "memory checks";
        boolean isVirtualChecked = node.getBoolean(
                YarnConfiguration.NM_VMEM_CHECK_ENABLED, YarnConfiguration.DEFAULT_NM_VMEM_CHECK_ENABLED);
        boolean isPhysicalChecked = node.getBoolean(
                YarnConfiguration.NM_PMEM_CHECK_ENABLED, YarnConfiguration.DEFAULT_NM_PMEM_CHECK_ENABLED);
        float ratio = node.getFloat(YarnConfiguration.NM_VMEM_PMEM_RATIO, YarnConfiguration.DEFAULT_NM_VMEM_PMEM_RATIO);
        if (isVirtualChecked && ratio < LEAST_VIRTUAL_RATIO) {
            return Finding.warning(
                    check,
                    "containers are ended for virtual memory above " + ratio + " times their size (" + where
                            + "), which a JVM reserves and does not use. Have yarn.nodemanager.vmem-check-enabled set"
                            + " to false on the nodes, or yarn.nodemanager.vmem-pmem-ratio raised to "
                            + (int) LEAST_VIRTUAL_RATIO + ".");
        }
        return Finding.ok(
                check,
                (isPhysicalChecked
                                ? "containers are ended for physical memory above their size"
                                : "nobody ends containers for their physical memory")
                        + ", and not for virtual memory (" + where + ")");
    }

    /** @param where whose settings these are */
    static Finding restarts(Configuration resourceManager, Configuration node, String where) {
        String check = "restarts of YARN";
        boolean managerKeeps = resourceManager.getBoolean(
                YarnConfiguration.RECOVERY_ENABLED, YarnConfiguration.DEFAULT_RM_RECOVERY_ENABLED);
        boolean nodesKeep =
                node.getBoolean(YarnConfiguration.NM_RECOVERY_ENABLED, YarnConfiguration.DEFAULT_NM_RECOVERY_ENABLED);
        if (managerKeeps && nodesKeep) {
            return Finding.ok(check, "sessions outlive those of the ResourceManager and of NodeManagers");
        }
        return Finding.warning(
                check,
                (managerKeeps
                                ? ""
                                : "a restart of the ResourceManager ends sessions: have"
                                        + " yarn.resourcemanager.recovery.enabled set to true. ")
                        + (nodesKeep
                                ? ""
                                : "A restart of a NodeManager ends its containers: have"
                                        + " yarn.nodemanager.recovery.enabled set to true. ")
                        + "(" + where + ")");
    }

    static Finding logs(Configuration node, String where) {
        return node.getBoolean(
                        YarnConfiguration.LOG_AGGREGATION_ENABLED, YarnConfiguration.DEFAULT_LOG_AGGREGATION_ENABLED)
                ? Finding.ok("logs", "kept in HDFS after a session's end (" + where + ")")
                : Finding.warning(
                        "logs",
                        "after a session's end they lie on the nodes alone (" + where
                                + "), and are deleted soon. Have yarn.log-aggregation-enable set to true.");
    }

    /** @param notes what could not be judged, and why; sentences */
    static Finding leftovers(int orphans, long bytes, List<String> notes) {
        String check = "leftovers";
        if (orphans > 0) {
            return Finding.warning(
                    check,
                    orphans + " files or directories in the state root that nothing needs, " + (bytes >> 20)
                            + " MiB. See them with selvage fsck, and delete them with selvage fsck --delete.");
        }
        return notes.isEmpty()
                ? Finding.ok(check, "nothing of dead applications lies in the state root")
                : Finding.warning(
                        check,
                        "nothing that is not needed, as far as it can be judged: " + notes.get(0)
                                + (notes.size() > 1 ? " See the others with selvage fsck." : ""));
    }
}
