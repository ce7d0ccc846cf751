package io.selvage.master.event;

/** Whose doing the end of a container was, as far as YARN's exit status says it. */
public enum ContainerEnd {
    /** It used more memory than it had. */
    MEMORY,
    /** It was taken away, or went with its node: nobody's failure. */
    TAKEN,
    /** Its node can't go on with containers. */
    NODE,
    /** Of its process: by itself, by someone on its host, or it never was one. */
    PROCESS;

    /** @param exitStatus YARN's ContainerExitStatus, or that of a process */
    public static ContainerEnd of(int exitStatus) {
        return switch (exitStatus) {
            case -103, -104 -> MEMORY;
            // Aborted or lost, preempted, ended by us, by the ResourceManager, with the application, by its node's
            // queue.
            case -100, -102, -105, -106, -107, -108 -> TAKEN;
            // Its disks have failed, as YARN has found, or as the executor has: its LOCAL_DISK_FAILED.
            case -101, 45 -> NODE;
            default -> PROCESS;
        };
    }
}
