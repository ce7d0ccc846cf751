package io.selvage.master.yarn;

import io.selvage.protocol.config.ApplicationConfig;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.process.ClassArchive;
import io.selvage.protocol.process.ContainerLayout;
import io.selvage.protocol.process.JvmOptions;
import io.selvage.protocol.process.MasterHint;
import io.selvage.protocol.wire.LibraryFile;
import io.selvage.protocol.wire.SessionSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.DataOutputBuffer;
import org.apache.hadoop.security.Credentials;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.yarn.api.ApplicationConstants;
import org.apache.hadoop.yarn.api.ApplicationConstants.Environment;
import org.apache.hadoop.yarn.api.records.ApplicationAccessType;
import org.apache.hadoop.yarn.api.records.ContainerLaunchContext;
import org.apache.hadoop.yarn.api.records.LocalResource;
import org.apache.hadoop.yarn.api.records.LocalResourceType;
import org.apache.hadoop.yarn.api.records.LocalResourceVisibility;
import org.apache.hadoop.yarn.api.records.URL;
import org.apache.hadoop.yarn.security.AMRMTokenIdentifier;

/** How an executor's process is started in its container. Immutable; each launch gets a context of its own. */
public final class ExecutorLaunch {
    private static final String EXECUTOR_CLASS = "io.selvage.task.main.ExecutorMain";
    private static final String USER_VARIABLE = "HADOOP_USER_NAME";
    /** What a JVM needs besides heap and direct buffers: classes, code, threads. */
    private static final long LEAST_OVERHEAD_MIB = 192;

    /** Of the user's own: the JVM does not start with sizes that contradict each other. */
    private static final Pattern SIZES_OF_HEAP = Pattern.compile("-Xm[sx]|-XX:(Max|Min|Initial)HeapSize=");

    /**
     * Ten times what is usual for the virtual machine's second compiler: of the code that it optimizes in an executor's
     * first seconds little is run again, and it takes from the cores that are to bring the job back.
     */
    private static final String LATE_OPTIMIZATION = "-XX:Tier4InvocationThreshold=50000"
            + " -XX:Tier4MinInvocationThreshold=6000"
            + " -XX:Tier4CompileThreshold=150000"
            + " -XX:Tier4BackEdgeThreshold=400000";

    private static final double HEAP_SHARE = 0.7;
    private static final double DIRECT_SHARE = 0.12;

    private final SessionConfig config;
    private final Map<String, LocalResource> files;
    private final Map<String, String> environment;
    private final Map<ApplicationAccessType, String> acls;

    /**
     * @param specFile where the session's description lies in HDFS, as YARN has to find it
     * @param master this one, which is where executors look first
     */
    ExecutorLaunch(SessionSpec spec, LibraryFile specFile, SessionConfig config, MasterHint master, boolean secure) {
        this.config = config;
        this.files = files(spec, specFile);
        this.environment = environment(spec, config, master, secure);
        this.acls = acls(config.application());
    }

    /**
     * @param memoryMib of the container that YARN has given, without what is to be kept for neither heap nor buffers
     * @param credentials of this moment: tokens are renewed in a long life
     */
    ContainerLaunchContext context(long memoryMib, Credentials credentials) throws IOException {
        return ContainerLaunchContext.newInstance(
                files, environment, List.of(command(memoryMib)), null, tokens(credentials), acls);
    }

    /** YARN runs this in a shell, which expands YARN's own variables and what chooses the archive of classes. */
    String command(long memoryMib) {
        long heapMib = heapMib(memoryMib, config.rocksDbBytes(memoryMib));
        String ownOptions = JvmOptions.inShell(config.executorJvmOptions());
        List<String> words = List.of(
                Environment.JAVA_HOME.$$() + "/bin/java",
                // A heap that grows bit by bit costs who fills it, as a standby does, more than all else. YARN has
                // given the memory anyway.
                SIZES_OF_HEAP.matcher(ownOptions).find() ? "" : "-Xms" + heapMib + "m",
                "-Xmx" + heapMib + "m",
                "-XX:MaxDirectMemorySize=" + directMib(memoryMib) + "m",
                "-XX:+UseG1GC",
                // A pause of the collector is a pause of the output.
                "-XX:MaxGCPauseMillis=20",
                // The kernel closes the connections of a killed process after it has freed its memory, page by page.
                "-XX:+UseTransparentHugePages",
                LATE_OPTIMIZATION,
                ClassArchive.optionsInShell(),
                "-XX:+ExitOnOutOfMemoryError",
                // What it says then, so that YARN shows it.
                "-XX:+DisplayVMOutputToStderr",
                // Agrona's buffers use it.
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-Djava.net.preferIPv4Stack=true",
                "-Djava.io.tmpdir=" + Environment.PWD.$$() + "/tmp",
                ownOptions,
                EXECUTOR_CLASS,
                "1>" + ApplicationConstants.LOG_DIR_EXPANSION_VAR + "/executor.log",
                "2>" + ApplicationConstants.LOG_DIR_EXPANSION_VAR + "/stderr");
        return "exec "
                + String.join(
                        " ", words.stream().filter(word -> !word.isBlank()).toList());
    }

    /** @param rocksDbMib kept for RocksDB */
    static long heapMib(long memoryMib, long rocksDbMib) {
        long byShare = (long) ((memoryMib - rocksDbMib) * HEAP_SHARE);
        long byRest = memoryMib - rocksDbMib - directMib(memoryMib) - LEAST_OVERHEAD_MIB;
        return Math.max(memoryMib / 4, Math.min(byShare, byRest));
    }

    static long directMib(long memoryMib) {
        return Math.max(32, (long) (memoryMib * DIRECT_SHARE));
    }

    private static Map<String, LocalResource> files(SessionSpec spec, LibraryFile specFile) {
        Map<String, LocalResource> files = new HashMap<>();
        ContainerLayout.files(spec, specFile).forEach(file -> files.put(file.name(), resource(file)));
        ContainerLayout.userJars(spec).forEach(jar -> files.put(jar.name(), resource(jar)));
        return files;
    }

    private static LocalResource resource(ContainerLayout.Localized localized) {
        LibraryFile file = localized.file();
        return LocalResource.newInstance(
                URL.fromPath(new Path(file.getPath())),
                localized.isArchive() ? LocalResourceType.ARCHIVE : LocalResourceType.FILE,
                LocalResourceVisibility.valueOf(localized.sharing().name()),
                file.getLength(),
                file.getModificationTimeMillis());
    }

    private static Map<String, String> environment(
            SessionSpec spec, SessionConfig config, MasterHint master, boolean secure) {
        Map<String, String> environment = new HashMap<>(config.executorEnvironment());
        environment.put("CLASSPATH", ContainerLayout.classPath(spec));
        environment.put(MasterHint.VARIABLE, master.encode());
        if (!secure && !spec.getUser().isEmpty()) {
            // Without Kerberos a container runs as the node's user, and its files in HDFS must be the submitter's.
            environment.put(USER_VARIABLE, spec.getUser());
        }
        return environment;
    }

    /** A node asks these who may see the logs, and knows no others where the master does not run. */
    private static Map<ApplicationAccessType, String> acls(ApplicationConfig application) {
        Map<ApplicationAccessType, String> acls = new EnumMap<>(ApplicationAccessType.class);
        if (!application.viewAcl().isEmpty()) {
            acls.put(ApplicationAccessType.VIEW_APP, application.viewAcl());
        }
        if (!application.modifyAcl().isEmpty()) {
            acls.put(ApplicationAccessType.MODIFY_APP, application.modifyAcl());
        }
        return acls;
    }

    /** All but the master's own token for the ResourceManager, which would let an executor act as the master. */
    public static Credentials forExecutors(Credentials credentials) {
        Credentials handed = new Credentials();
        for (Token<?> token : credentials.getAllTokens()) {
            if (!AMRMTokenIdentifier.KIND_NAME.equals(token.getKind())) {
                handed.addToken(token.getService(), token);
            }
        }
        credentials.getAllSecretKeys().forEach(alias -> handed.addSecretKey(alias, credentials.getSecretKey(alias)));
        return handed;
    }

    private static ByteBuffer tokens(Credentials credentials) throws IOException {
        DataOutputBuffer bytes = new DataOutputBuffer();
        forExecutors(credentials).writeTokenStorageToStream(bytes);
        return ByteBuffer.wrap(bytes.getData(), 0, bytes.getLength());
    }
}
