package io.selvage.master.yarn;

import io.selvage.protocol.config.SessionConfig;
import org.apache.hadoop.yarn.api.records.ContainerExitStatus;

/** Puts the exit status of a container into words. */
final class ExitStatus {
    private static final int SIGKILL = 137;
    private static final int SIGTERM = 143;
    private static final int MAX_DIAGNOSTICS = 300;

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
            case ContainerExitStatus.INVALID -> "has ended in a way that YARN does not know";
            case SIGKILL -> "was killed by signal 9 (SIGKILL): by someone, or by the kernel for want of memory";
            case SIGTERM -> "was ended by signal 15 (SIGTERM)";
            default -> "has ended with an error; see its log and docs/operations.md";
        };
    }

    private static String detail(String diagnostics) {
        String first = diagnostics.strip().lines().findFirst().orElse("").strip();
        if (first.isEmpty()) {
            return "";
        }
        return " YARN says: "
                + (first.length() > MAX_DIAGNOSTICS ? first.substring(0, MAX_DIAGNOSTICS) + " ..." : first);
    }
}
