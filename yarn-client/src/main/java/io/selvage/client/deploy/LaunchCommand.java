package io.selvage.client.deploy;

import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.process.ClassArchive;
import io.selvage.protocol.process.ContainerLayout;
import io.selvage.protocol.process.JvmOptions;
import io.selvage.protocol.wire.SessionSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.yarn.api.ApplicationConstants;
import org.apache.hadoop.yarn.api.ApplicationConstants.Environment;

/** How the master's process is started in its container; pure. */
final class LaunchCommand {
    private static final String MASTER_CLASS = "io.selvage.master.main.MasterMain";
    /** The share of the container that is the heap; the rest is for threads, code and buffers. */
    private static final double HEAP_SHARE = 0.7;

    private LaunchCommand() {}

    /** YARN runs this in a shell, which expands YARN's own variables and what chooses the archive of classes. */
    static String of(SessionConfig session) {
        int heapMib = (int) (session.masterMemory().mebibytes() * HEAP_SHARE);
        List<String> words = List.of(
                Environment.JAVA_HOME.$$() + "/bin/java",
                "-Xmx" + heapMib + "m",
                // A master has little to do, and shares its host: one collector thread, and compilation that is quick.
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                ClassArchive.optionsInShell(),
                "-XX:+ExitOnOutOfMemoryError",
                // What it says then, so that YARN shows it.
                "-XX:+DisplayVMOutputToStderr",
                "-Djava.net.preferIPv4Stack=true",
                JvmOptions.inShell(session.masterJvmOptions()),
                MASTER_CLASS,
                "1>" + ApplicationConstants.LOG_DIR_EXPANSION_VAR + "/master.log",
                // YARN shows the end of a file of this name in its diagnostics, and the master's last words go there.
                "2>" + ApplicationConstants.LOG_DIR_EXPANSION_VAR + "/stderr");
        return "exec "
                + String.join(
                        " ", words.stream().filter(word -> !word.isBlank()).toList());
    }

    /** Without Kerberos a container runs as its node's user, and its files in HDFS must be the submitter's. */
    static Map<String, String> environment(SessionConfig session, SessionSpec spec, String user, boolean secure) {
        Map<String, String> environment = new HashMap<>(session.masterEnvironment());
        environment.put("CLASSPATH", ContainerLayout.classPath(spec));
        if (!secure) {
            environment.put("HADOOP_USER_NAME", user);
        }
        return environment;
    }
}
