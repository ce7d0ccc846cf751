package io.selvage.protocol.config;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a session is opened with.
 *
 * @param stateRoot a path or URI; empty for {@code .selvage} in the user's HDFS home directory
 * @param masterEnvironment variables by their names, beside those that the session sets itself
 * @param executorNodeLabel empty for the application's
 * @param executorEnvironment likewise
 * @param executorResources of other types than memory and cores, by the names that the cluster has for these
 * @param defaultBackend of jobs that choose none
 * @param bindHost empty for every address of the node
 * @param encryptsData on its way between executors
 */
public record SessionConfig(
        String stateRoot,
        String applicationName,
        String queue,
        int maxAttempts,
        Duration attemptFailureWindow,
        ApplicationConfig application,
        MemorySize masterMemory,
        int masterVcores,
        String masterJvmOptions,
        Duration masterSilenceTimeout,
        Map<String, String> masterEnvironment,
        MemorySize executorMemory,
        double executorMemoryGrowth,
        int executorVcores,
        int executorSlots,
        int minExecutors,
        int standbyExecutors,
        Duration executorIdleTimeout,
        Duration executorLease,
        String executorJvmOptions,
        String executorNodeLabel,
        Map<String, String> executorEnvironment,
        Map<String, Long> executorResources,
        StateBackendKind defaultBackend,
        double rocksDbShare,
        double standbyMemoryShare,
        Duration heartbeatInterval,
        Duration heartbeatTimeout,
        String bindHost,
        boolean encryptsData,
        StatusAccess statusAccess,
        KerberosConfig kerberos) {
    private static final MemorySize LEAST_CONTAINER = MemorySize.ofMebibytes(256);
    private static final MemorySize LARGEST_CONTAINER = MemorySize.ofMebibytes(1 << 20);
    private static final ValueType<MemorySize> CONTAINER_MEMORY = ValueType.memory(LEAST_CONTAINER, LARGEST_CONTAINER);
    private static final ValueType<Integer> VCORES = ValueType.integer(1, 1024);
    /**
     * They are put between single quotes, within a command between double ones: these characters alone stay as they
     * are.
     */
    private static final ValueType<String> JVM_OPTIONS = ValueType.text(
            "JVM options of letters, digits and any of -_=+:.,/@%*, parted by blanks",
            Pattern.compile("[-A-Za-z0-9_=+:.,/@%* ]*"));

    public static final ConfigKey<String> STATE_ROOT = ConfigKey.session(
            "selvage.state.root",
            ValueType.text(),
            "",
            "The HDFS directory for libraries, journals and checkpoints; empty for `.selvage` in the user's home directory.");
    public static final ConfigKey<String> LIBRARY_ROOT = ConfigKey.session(
            "selvage.library.root",
            ValueType.text(),
            "",
            "The HDFS directory in which an administrator has put the runtime for all users (`selvage share`); empty for"
                    + " a copy in each user's state root.");
    public static final ConfigKey<String> APPLICATION_NAME = ConfigKey.session(
            "selvage.application.name",
            ValueType.text(),
            "Selvage session",
            "The session's name in YARN's list of applications.");
    public static final ConfigKey<String> QUEUE = ConfigKey.session(
            "selvage.application.queue", ValueType.text(), "default", "The YARN queue that the session is put into.");
    public static final ConfigKey<Integer> MAX_ATTEMPTS = ConfigKey.session(
            "selvage.application.max-attempts",
            ValueType.integer(1, 1000),
            10,
            "How often YARN may start the master before the session has failed; the cluster's own maximum caps it.");
    public static final ConfigKey<Duration> ATTEMPT_FAILURE_WINDOW = ConfigKey.session(
            "selvage.application.attempt-failure-window",
            ValueType.duration(Duration.ofSeconds(10)),
            Duration.ofMinutes(10),
            "Failures of the master longer ago than this no longer count against the maximum.");
    public static final ConfigKey<MemorySize> MASTER_MEMORY = ConfigKey.session(
            "selvage.master.memory",
            CONTAINER_MEMORY,
            MemorySize.ofMebibytes(1024),
            "The memory of the master's container.");
    public static final ConfigKey<Integer> MASTER_VCORES =
            ConfigKey.session("selvage.master.vcores", VCORES, 1, "The virtual cores of the master's container.");
    public static final ConfigKey<String> MASTER_JVM_OPTIONS = ConfigKey.session(
            "selvage.master.jvm-options",
            JVM_OPTIONS,
            "",
            "More options for the master's JVM, after the ones that the session sets itself.");
    public static final ConfigKey<Duration> MASTER_SILENCE_TIMEOUT = ConfigKey.session(
            "selvage.master.silence-timeout",
            ValueType.duration(Duration.ofSeconds(1)),
            Duration.ofSeconds(5),
            "A master that no executor has heard for so long, and that writes no journal, is replaced by YARN at an executor's request.");
    public static final ConfigKey<MemorySize> EXECUTOR_MEMORY = ConfigKey.session(
            "selvage.executor.memory",
            CONTAINER_MEMORY,
            MemorySize.ofMebibytes(1024),
            "The memory of each task executor's container.");
    public static final ConfigKey<Double> EXECUTOR_MEMORY_GROWTH = ConfigKey.session(
            "selvage.executor.memory-growth",
            ValueType.decimal(0, 16),
            1.0,
            "How much more memory, as a multiple of `selvage.executor.memory`, executors may get beside their heaps after YARN has ended one because it used more than it had; 0 for none.");
    public static final ConfigKey<Integer> EXECUTOR_VCORES = ConfigKey.session(
            "selvage.executor.vcores", VCORES, 1, "The virtual cores of each task executor's container.");
    public static final ConfigKey<Integer> EXECUTOR_SLOTS = ConfigKey.session(
            "selvage.executor.slots",
            ValueType.integer(1, 256),
            1,
            "How many slots an executor has; a slot runs one subtask of each vertex of a job.");
    public static final ConfigKey<Integer> MIN_EXECUTORS = ConfigKey.session(
            "selvage.executor.minimum",
            ValueType.integer(0, 10_000),
            0,
            "How many executors are kept although no job needs them.");
    public static final ConfigKey<Integer> STANDBY_EXECUTORS = ConfigKey.session(
            "selvage.executor.standby",
            ValueType.integer(0, 1000),
            1,
            "How many executors are kept ready beyond what jobs need, as long as one runs: they follow the jobs'"
                    + " checkpoints, and take over at once what a lost executor ran.");
    public static final ConfigKey<Duration> EXECUTOR_IDLE_TIMEOUT = ConfigKey.session(
            "selvage.executor.idle-timeout",
            ValueType.duration(Duration.ZERO),
            Duration.ofSeconds(30),
            "After so long without a job an executor above the minimum is given back to YARN.");
    public static final ConfigKey<Duration> EXECUTOR_LEASE = ConfigKey.session(
            "selvage.executor.lease",
            ValueType.duration(Duration.ofSeconds(1)),
            Duration.ofMinutes(20),
            "An executor that has found no master for so long ends itself. YARN alone needs up to 15 minutes to replace a"
                    + " master whose host is lost; a shorter lease ends the tasks before.");
    public static final ConfigKey<String> EXECUTOR_JVM_OPTIONS = ConfigKey.session(
            "selvage.executor.jvm-options",
            JVM_OPTIONS,
            "",
            "More options for the executors' JVMs, after the ones that the master sets itself.");
    public static final ConfigKey<String> EXECUTOR_NODE_LABEL = ConfigKey.session(
            "selvage.executor.node-label",
            ApplicationConfig.LABEL,
            "",
            "The label of the nodes that executors run on, if it is another than that of the application.");
    public static final EnvironmentKeys MASTER_ENVIRONMENT = new EnvironmentKeys(
            "selvage.master.env",
            "The environment variable NAME of the master's process; a $ is expanded on its node.");
    public static final EnvironmentKeys EXECUTOR_ENVIRONMENT = new EnvironmentKeys(
            "selvage.executor.env",
            "The environment variable NAME of the executors' processes; a $ is expanded on their nodes.");
    public static final ResourceKeys EXECUTOR_RESOURCES = new ResourceKeys(
            "selvage.executor.resource",
            "How much of the cluster's resource type NAME, such as yarn.io/gpu, each task executor's container gets.");
    public static final ConfigKey<Double> ROCKSDB_SHARE = ConfigKey.session(
            "selvage.executor.rocksdb-share",
            ValueType.decimal(0, 0.6),
            0.25,
            "The share of an executor's container that is kept from the heap for RocksDB, whatever the jobs' `selvage.state.backend`; half of it caches what was read from the disk. 0 leaves it to the heap, and jobs whose backend is rocksdb are refused.");
    public static final ConfigKey<Double> STANDBY_MEMORY_SHARE = ConfigKey.session(
            "selvage.standby.memory-share",
            ValueType.decimal(0, 0.9),
            0.5,
            "The share of a standby executor's heap that holds the state of the jobs it is ready to take over.");
    public static final ConfigKey<Duration> HEARTBEAT_INTERVAL = ConfigKey.session(
            "selvage.heartbeat.interval",
            ValueType.duration(Duration.ofMillis(50)),
            Duration.ofSeconds(1),
            "How often an executor sends its counters to the master.");
    public static final ConfigKey<Duration> HEARTBEAT_TIMEOUT = ConfigKey.session(
            "selvage.heartbeat.timeout",
            ValueType.duration(Duration.ofMillis(100)),
            Duration.ofSeconds(5),
            "An executor or master that has been silent for so long counts as lost; at least twice the interval.");
    public static final ConfigKey<String> BIND_HOST = ConfigKey.session(
            "selvage.network.bind-host",
            ValueType.text(),
            "",
            "The address that the session's processes listen on; empty for every address of their node.");
    public static final ConfigKey<Boolean> ENCRYPTION = ConfigKey.session(
            "selvage.network.encryption",
            ValueType.truth(),
            false,
            "Whether what goes between executors is encrypted, with TLS 1.3. Without, only who belongs to the session is"
                    + " spoken to, but who can listen on the network reads the records.");
    public static final ConfigKey<StatusAccess> STATUS_ACCESS = ConfigKey.session(
            "selvage.network.status-access",
            ValueType.oneOf(StatusAccess.class),
            StatusAccess.AUTO,
            "Who may read the status page and its JSON at the master's own port: all who reach it, or YARN's web proxy alone,"
                    + " which asks who they are; auto is proxy on a cluster with Kerberos, and all elsewhere.");

    /** In the order of the documentation. */
    public static final List<ConfigKey<?>> KEYS = List.of(
            STATE_ROOT,
            LIBRARY_ROOT,
            APPLICATION_NAME,
            QUEUE,
            MAX_ATTEMPTS,
            ATTEMPT_FAILURE_WINDOW,
            ApplicationConfig.TYPE,
            ApplicationConfig.NODE_LABEL,
            ApplicationConfig.PRIORITY,
            ApplicationConfig.TAGS,
            ApplicationConfig.VIEW_ACL,
            ApplicationConfig.MODIFY_ACL,
            ApplicationConfig.ROLLED_LOGS_INCLUDE,
            ApplicationConfig.ROLLED_LOGS_EXCLUDE,
            ApplicationConfig.SHIPPED_PATHS,
            ApplicationConfig.USER_JARS,
            MASTER_MEMORY,
            MASTER_VCORES,
            MASTER_JVM_OPTIONS,
            MASTER_SILENCE_TIMEOUT,
            EXECUTOR_MEMORY,
            EXECUTOR_MEMORY_GROWTH,
            EXECUTOR_VCORES,
            EXECUTOR_SLOTS,
            MIN_EXECUTORS,
            STANDBY_EXECUTORS,
            EXECUTOR_IDLE_TIMEOUT,
            EXECUTOR_LEASE,
            EXECUTOR_JVM_OPTIONS,
            EXECUTOR_NODE_LABEL,
            ROCKSDB_SHARE,
            STANDBY_MEMORY_SHARE,
            HEARTBEAT_INTERVAL,
            HEARTBEAT_TIMEOUT,
            BIND_HOST,
            ENCRYPTION,
            STATUS_ACCESS,
            KerberosConfig.KEYTAB,
            KerberosConfig.PRINCIPAL,
            KerberosConfig.FILE_SYSTEMS);

    public SessionConfig {
        if (heartbeatTimeout.compareTo(heartbeatInterval.multipliedBy(2)) < 0) {
            throw new ConfigException(HEARTBEAT_TIMEOUT.name() + " is "
                    + HEARTBEAT_TIMEOUT.type().printer().apply(heartbeatTimeout)
                    + ", and must be at least twice " + HEARTBEAT_INTERVAL.name() + " ("
                    + HEARTBEAT_INTERVAL.type().printer().apply(heartbeatInterval) + ").");
        }
        if (defaultBackend == StateBackendKind.ROCKSDB && rocksDbShare == 0) {
            throw new ConfigException(JobConfig.STATE_BACKEND.name() + " is rocksdb, and " + ROCKSDB_SHARE.name()
                    + " is 0: executors keep no memory for RocksDB, and YARN could end them for what it takes. Use the"
                    + " backend heap, or open the session, or the application, with another "
                    + ROCKSDB_SHARE.name() + " (the default is " + ROCKSDB_SHARE.defaultText() + ").");
        }
    }

    /** The label that requests for executors carry; empty for the queue's own. */
    public String effectiveExecutorLabel() {
        return executorNodeLabel.isEmpty() ? application.nodeLabel() : executorNodeLabel;
    }

    /** What an executor's container may grow to, whatever its processes need. */
    public long mostExecutorMemoryMib() {
        return (long) (executorMemory.mebibytes() * (1 + executorMemoryGrowth));
    }

    /**
     * Of a container of so many bytes, what RocksDB may take beside the heap. It does not depend on the session's jobs:
     * each may choose its backend, and one in the heap may start from state that RocksDB has written.
     */
    public long rocksDbBytes(long containerBytes) {
        return (long) (containerBytes * rocksDbShare);
    }

    private static Map<String, Long> amounts(Map<String, String> texts) {
        Map<String, Long> amounts = new TreeMap<>();
        texts.forEach((name, text) -> amounts.put(name, Long.valueOf(text)));
        return Collections.unmodifiableMap(amounts);
    }

    /** @throws ConfigException if settings contradict each other */
    public static SessionConfig from(Configuration configuration) {
        return new SessionConfig(
                configuration.get(STATE_ROOT),
                configuration.get(APPLICATION_NAME),
                configuration.get(QUEUE),
                configuration.get(MAX_ATTEMPTS),
                configuration.get(ATTEMPT_FAILURE_WINDOW),
                ApplicationConfig.from(configuration),
                configuration.get(MASTER_MEMORY),
                configuration.get(MASTER_VCORES),
                configuration.get(MASTER_JVM_OPTIONS),
                configuration.get(MASTER_SILENCE_TIMEOUT),
                configuration.get(MASTER_ENVIRONMENT),
                configuration.get(EXECUTOR_MEMORY),
                configuration.get(EXECUTOR_MEMORY_GROWTH),
                configuration.get(EXECUTOR_VCORES),
                configuration.get(EXECUTOR_SLOTS),
                configuration.get(MIN_EXECUTORS),
                configuration.get(STANDBY_EXECUTORS),
                configuration.get(EXECUTOR_IDLE_TIMEOUT),
                configuration.get(EXECUTOR_LEASE),
                configuration.get(EXECUTOR_JVM_OPTIONS),
                configuration.get(EXECUTOR_NODE_LABEL),
                configuration.get(EXECUTOR_ENVIRONMENT),
                amounts(configuration.get(EXECUTOR_RESOURCES)),
                configuration.get(JobConfig.STATE_BACKEND),
                configuration.get(ROCKSDB_SHARE),
                configuration.get(STANDBY_MEMORY_SHARE),
                configuration.get(HEARTBEAT_INTERVAL),
                configuration.get(HEARTBEAT_TIMEOUT),
                configuration.get(BIND_HOST),
                configuration.get(ENCRYPTION),
                configuration.get(STATUS_ACCESS),
                KerberosConfig.from(configuration));
    }
}
