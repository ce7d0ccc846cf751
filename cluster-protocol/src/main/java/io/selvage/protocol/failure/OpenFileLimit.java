package io.selvage.protocol.failure;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/** Who may have no more files and connections open: this process, or all of its node. */
public enum OpenFileLimit {
    OF_PROCESS,
    OF_NODE;

    /** The system's own words for a limit of this process, which Java, Netty and RocksDB pass on. */
    private static final String TOO_MANY = "Too many open files";
    /** And for one of all processes of the node. */
    private static final String TOO_MANY_IN_SYSTEM = TOO_MANY + " in system";
    /** Words that go on with a stack are a server's, and so is what they tell of. */
    private static final String STACK = "\n\tat ";
    /** Read while there are files to be opened. */
    private static final long MOST = most();

    /** Of files and connections, in this process; 0: it is not known. */
    public static long ofProcess() {
        return MOST;
    }

    private static long most() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? Math.max(0, system.getMaxFileDescriptorCount())
                : 0;
    }

    /** The one that words of this node's system tell of. */
    public static Optional<OpenFileLimit> in(String words) {
        if (!words.contains(TOO_MANY) || words.contains(STACK)) {
            return Optional.empty();
        }
        return Optional.of(words.contains(TOO_MANY_IN_SYSTEM) ? OF_NODE : OF_PROCESS);
    }

    /** A clause: who, and how many. */
    public String clause() {
        return switch (this) {
            case OF_PROCESS -> "this process may have no more files open" + (MOST == 0 ? "" : " than " + MOST);
            case OF_NODE -> "this node may have no more files open";
        };
    }

    /** In whole sentences. */
    public String remedy() {
        return switch (this) {
            case OF_PROCESS ->
                "Raise nofile in limits.conf for the user that this process runs as (ulimit -Hn shows it), and start it"
                        + " anew. If it is a container, raise that of the NodeManagers, or LimitNOFILE of their service,"
                        + " and restart them.";
            case OF_NODE -> "Raise fs.file-max there, or see which process has so many.";
        };
    }
}
