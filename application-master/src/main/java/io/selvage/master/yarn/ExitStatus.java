package io.selvage.master.yarn;

import io.selvage.protocol.config.SessionConfig;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.yarn.api.records.ContainerExitStatus;

/** Puts the exit status of a container into words. */
final class ExitStatus {
    // Of the executor's process; docs/operations.md has a line for each.
    private static final int OUT_OF_MEMORY = 3;
    private static final int BAD_START = 40;
    private static final int LEASE_EXPIRED = 41;
    private static final int SUBTASK_STUCK = 42;
    private static final int FATAL = 43;
    private static final int EXITED_BY_FUNCTION = 44;
    private static final int LOCAL_DISK_FAILED = 45;

    private static final int GENERAL_ERROR = 1;
    private static final int SIGABRT = 134;
    private static final int SIGSEGV = 139;
    private static final int SIGKILL = 137;
    private static final int SIGTERM = 143;
    private static final int MAX_DIAGNOSTICS = 300;
    /** What the process has written to its standard error for this, or its JVM. */
    private static final Pattern LAST_WORDS =
            Pattern.compile("(?m)^(?:selvage executor: (.*)|(Terminating due to java\\.lang\\.OutOfMemoryError.*))$");

    private ExitStatus() {}

    /** A sentence for people, with the remedy where there is one. */
    static String explain(String container, int status, String diagnostics) {
        return "Container " + container + " " + words(status) + " (exit status " + status + ")." + detail(diagnostics);
    }

    private static String words(int status) {
        return switch (status) {
            case ContainerExitStatus.SUCCESS -> "ended by itself";
            case ContainerExitStatus.ABORTED -> "was aborted by YARN: its node is lost, or it was released";
            case ContainerExitStatus.DISKS_FAILED -> "was ended because the disks of its node have failed";
            case ContainerExitStatus.PREEMPTED -> "was preempted: another queue needed its resources";
            case ContainerExitStatus.KILLED_EXCEEDED_VMEM ->
                "was killed because it used more virtual memory than"
                        + " YARN allows: raise " + SessionConfig.EXECUTOR_MEMORY.name()
                        + ", or have yarn.nodemanager.vmem-check-enabled switched off";
            case ContainerExitStatus.KILLED_EXCEEDED_PMEM ->
                "was killed because it used more memory than it asked" + " for: raise "
                        + SessionConfig.EXECUTOR_MEMORY.name();
            case ContainerExitStatus.KILLED_BY_APPMASTER -> "was killed because the master gave it back";
            case ContainerExitStatus.KILLED_BY_RESOURCEMANAGER -> "was killed by the ResourceManager";
            case ContainerExitStatus.KILLED_AFTER_APP_COMPLETION -> "was killed because the application has ended";
            case ContainerExitStatus.KILLED_BY_CONTAINER_SCHEDULER ->
                "was killed by its node to make room for" + " guaranteed containers";
            case ContainerExitStatus.KILLED_FOR_EXCESS_LOGS -> "was killed because it logged more than YARN allows";
            case ContainerExitStatus.INVALID ->
                "was not started: its node could not fetch its files, or not make its directory";
            case SIGKILL -> "was killed by signal 9 (SIGKILL): by someone, or by the kernel for want of memory";
            case SIGTERM -> "was ended by signal 15 (SIGTERM)";
            case OUT_OF_MEMORY ->
                "has ended because its JVM ran out of memory: raise " + SessionConfig.EXECUTOR_MEMORY.name()
                        + ", or let functions keep less";
            case BAD_START -> "could not start its executor";
            case LEASE_EXPIRED -> "has ended because it found no master";
            case SUBTASK_STUCK -> "has ended because a subtask did not end when it was told to";
            case FATAL -> "has ended because of a broken invariant";
            case EXITED_BY_FUNCTION -> "was ended by a user's function, which has called System.exit";
            case LOCAL_DISK_FAILED ->
                "has ended because its node's local disk, on which state lies, is full or has failed: make room there";
            case SIGABRT, SIGSEGV -> "has crashed, in its JVM or in a native library; see the end of its log";
            case GENERAL_ERROR -> "has ended with an error; see its log and docs/operations.md";
            default ->
                "has ended with a status that is none of Selvage's: a user's function may have called Runtime.halt;"
                        + " see its log and docs/operations.md";
        };
    }

    private static String detail(String diagnostics) {
        Matcher lastWords = LAST_WORDS.matcher(diagnostics);
        if (lastWords.find()) {
            return " It said: " + shortened(lastWords.group(1) == null ? lastWords.group(2) : lastWords.group(1));
        }
        String first = diagnostics.strip().lines().findFirst().orElse("").strip();
        if (first.isEmpty()) {
            return "";
        }
        return " YARN says: " + shortened(first);
    }

    private static String shortened(String line) {
        return line.length() > MAX_DIAGNOSTICS ? line.substring(0, MAX_DIAGNOSTICS) + " ..." : line;
    }
}
