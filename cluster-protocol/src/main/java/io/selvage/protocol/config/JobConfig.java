package io.selvage.protocol.config;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What one job runs with.
 *
 * @param checkpointFailuresTolerated in a row; {@code Integer.MAX_VALUE}: unlimited
 * @param savepointDirectory empty: {@code savepoints} in the state root
 */
public record JobConfig(
        Duration checkpointInterval,
        Duration checkpointTimeout,
        Duration checkpointMinPause,
        int checkpointsRetained,
        CheckpointOnCancel checkpointOnCancel,
        int checkpointFailuresTolerated,
        CheckpointStorage checkpointStorage,
        MemorySize checkpointMemoryLimit,
        CheckpointMode checkpointMode,
        Duration alignedTimeout,
        StateBackendKind stateBackend,
        String savepointDirectory,
        RestartPolicy restartPolicy,
        int defaultParallelism,
        int maxParallelism,
        Duration flushTimeout,
        MemorySize bufferSize,
        Duration inFlightTarget,
        Duration latencyInterval,
        ClassLoading classLoading,
        boolean checksImmutability) {
    public static final ConfigKey<Duration> CHECKPOINT_INTERVAL = ConfigKey.job(
            "selvage.checkpoint.interval",
            ValueType.duration(Duration.ofMillis(10)),
            Duration.ofSeconds(10),
            "The time from the start of one checkpoint to the start of the next.");
    public static final ConfigKey<Duration> CHECKPOINT_TIMEOUT = ConfigKey.job(
            "selvage.checkpoint.timeout",
            ValueType.duration(Duration.ofSeconds(1)),
            Duration.ofMinutes(10),
            "A checkpoint that is not complete after so long is aborted.");
    public static final ConfigKey<Duration> CHECKPOINT_MIN_PAUSE = ConfigKey.job(
            "selvage.checkpoint.min-pause",
            ValueType.duration(Duration.ZERO),
            Duration.ZERO,
            "The least time from the end of one checkpoint to the start of the next.");
    public static final ConfigKey<Integer> CHECKPOINTS_RETAINED = ConfigKey.job(
            "selvage.checkpoint.retained",
            ValueType.integer(1, 1000),
            1,
            "How many completed checkpoints are kept; older ones are deleted.");
    public static final ConfigKey<CheckpointOnCancel> CHECKPOINT_ON_CANCEL = ConfigKey.job(
            "selvage.checkpoint.on-cancel",
            ValueType.oneOf(CheckpointOnCancel.class),
            CheckpointOnCancel.DELETE,
            "What becomes of the completed checkpoints of a job that is canceled: delete, or retain to start a job from one. Those of a job that has failed for good are always retained.");
    public static final ConfigKey<Integer> CHECKPOINT_FAILURES_TOLERATED = ConfigKey.job(
            "selvage.checkpoint.tolerated-failures",
            ValueType.integerOrUnlimited(0),
            Integer.MAX_VALUE,
            "How many checkpoints in a row may fail; one more, and the job fails and is restarted by its policy. With unlimited it never does, and an alarm tells.");
    public static final ConfigKey<CheckpointStorage> CHECKPOINT_STORAGE = ConfigKey.job(
            "selvage.checkpoint.storage",
            ValueType.oneOf(CheckpointStorage.class),
            CheckpointStorage.HDFS,
            "Where checkpoints and savepoints put state: hdfs for a file of each executor; with memory an executor that has little puts it into the metadata instead, and opens no file.");
    public static final ConfigKey<MemorySize> CHECKPOINT_MEMORY_LIMIT = ConfigKey.job(
            "selvage.checkpoint.memory-limit",
            ValueType.memory(MemorySize.ofKibibytes(1), MemorySize.ofMebibytes(1)),
            MemorySize.ofKibibytes(64),
            "With the storage memory: how much of an executor's state may go into the metadata; if it has more, all of it goes into its file.");
    public static final ConfigKey<CheckpointMode> CHECKPOINT_MODE = ConfigKey.job(
            "selvage.checkpoint.mode",
            ValueType.oneOf(CheckpointMode.class),
            CheckpointMode.EXACTLY_ONCE,
            "What holds after a failure: exactly-once, or at-least-once, where no input waits for another at a checkpoint and records may take effect twice.");
    public static final ConfigKey<Duration> ALIGNED_TIMEOUT = ConfigKey.job(
            "selvage.checkpoint.aligned-timeout",
            ValueType.duration(Duration.ZERO),
            Duration.ofSeconds(5),
            "A subtask whose inputs have not all given a checkpoint's barrier after so long waits no longer: the barrier overtakes what is queued, which becomes part of the checkpoint; 0s for at once.");
    public static final ConfigKey<StateBackendKind> STATE_BACKEND = ConfigKey.job(
            "selvage.state.backend",
            ValueType.oneOf(StateBackendKind.class),
            StateBackendKind.HEAP,
            "Where keyed state is: heap, or rocksdb for state that is larger than memory.");
    public static final ConfigKey<String> SAVEPOINT_DIRECTORY = ConfigKey.job(
            "selvage.savepoint.directory",
            ValueType.text(
                    "empty, an absolute path on the state root's file system, or a URI such as hdfs://host/path",
                    Pattern.compile("(|/.*|[a-zA-Z][a-zA-Z0-9+.-]*://.*)")),
            "",
            "The directory in which savepoints are made, if none is named when one is taken; empty for `savepoints` in the state root.");
    public static final ConfigKey<RestartPolicy.Kind> RESTART_POLICY = ConfigKey.job(
            "selvage.restart.policy",
            ValueType.oneOf(RestartPolicy.Kind.class),
            RestartPolicy.Kind.EXPONENTIAL,
            "How a failed job is restarted: exponential, fixed, failure-rate or none.");
    public static final ConfigKey<Integer> RESTART_ATTEMPTS = ConfigKey.job(
            "selvage.restart.attempts",
            ValueType.integer(0, Integer.MAX_VALUE),
            10,
            "How many restarts there are before the job has failed (exponential: since the last completed checkpoint or quiet period; fixed: in all).");
    public static final ConfigKey<Duration> RESTART_DELAY = ConfigKey.job(
            "selvage.restart.delay",
            ValueType.duration(Duration.ZERO),
            Duration.ofMillis(100),
            "The delay before a restart (exponential: before the first one).");
    public static final ConfigKey<Duration> RESTART_MAX_DELAY = ConfigKey.job(
            "selvage.restart.max-delay",
            ValueType.duration(Duration.ZERO),
            Duration.ofSeconds(30),
            "The longest delay before a restart (exponential).");
    public static final ConfigKey<Double> RESTART_MULTIPLIER = ConfigKey.job(
            "selvage.restart.multiplier",
            ValueType.decimal(1.0, 100.0),
            2.0,
            "What each delay is multiplied by for the next one (exponential).");
    public static final ConfigKey<Duration> RESTART_QUIET_PERIOD = ConfigKey.job(
            "selvage.restart.quiet-period",
            ValueType.duration(Duration.ofSeconds(1)),
            Duration.ofMinutes(5),
            "After so long without a failure, restarts are counted anew (exponential).");
    public static final ConfigKey<Integer> RESTART_RATE_FAILURES = ConfigKey.job(
            "selvage.restart.rate.failures",
            ValueType.integer(1, Integer.MAX_VALUE),
            5,
            "How many failures the window may hold before the job has failed (failure-rate).");
    public static final ConfigKey<Duration> RESTART_RATE_WINDOW = ConfigKey.job(
            "selvage.restart.rate.window",
            ValueType.duration(Duration.ofSeconds(1)),
            Duration.ofMinutes(5),
            "The window that failures are counted in (failure-rate).");
    public static final ConfigKey<Integer> DEFAULT_PARALLELISM = ConfigKey.job(
            "selvage.parallelism.default",
            ValueType.integer(1, 32_768),
            1,
            "The parallelism of operators that set none.");
    public static final ConfigKey<Integer> MAX_PARALLELISM = ConfigKey.job(
            "selvage.parallelism.max",
            ValueType.integer(1, 32_768),
            128,
            "The number of key groups: the highest parallelism that the job's state can ever be spread over.");
    public static final ConfigKey<Duration> FLUSH_TIMEOUT = ConfigKey.job(
            "selvage.network.flush-timeout",
            ValueType.duration(Duration.ZERO),
            Duration.ofMillis(1),
            "The longest time that a record waits for its buffer to fill before it is sent.");
    public static final ConfigKey<MemorySize> BUFFER_SIZE = ConfigKey.job(
            "selvage.network.buffer-size",
            ValueType.memory(MemorySize.ofKibibytes(1), MemorySize.ofMebibytes(16)),
            MemorySize.ofKibibytes(32),
            "The size at which a buffer between executors is sent.");
    public static final ConfigKey<Duration> IN_FLIGHT_TARGET = ConfigKey.job(
            "selvage.network.in-flight-target",
            ValueType.duration(Duration.ofMillis(10)),
            Duration.ofSeconds(1),
            "Before a subtask that is the slow one, about so long a time's work may lie queued on each input; a barrier waits behind it.");
    public static final ConfigKey<Duration> LATENCY_INTERVAL = ConfigKey.job(
            "selvage.latency.interval",
            ValueType.duration(Duration.ZERO),
            Duration.ZERO,
            "How often each subtask of a source sends a marker, by which sinks measure how long elements take to them; 0s for never.");
    public static final ConfigKey<ClassLoaderOrder> CLASSLOADER_ORDER = ConfigKey.job(
            "selvage.classloader.order",
            ValueType.oneOf(ClassLoaderOrder.class),
            ClassLoaderOrder.CHILD_FIRST,
            "Whose class is taken if a program's jar and Selvage both have one: with child-first the jar's, so that it may bring other versions of libraries; with parent-first Selvage's. A program can't set it itself.");
    public static final ConfigKey<List<String>> CLASSLOADER_SHARED_PACKAGES = ConfigKey.job(
            "selvage.classloader.shared-packages",
            ValueType.list(
                    "empty, or names of packages separated by commas, such as com.acme.rules,org.example",
                    Pattern.compile("[a-zA-Z_][\\w.]*\\w"),
                    Integer.MAX_VALUE),
            List.of(),
            "Packages, separated by commas, of which a program gets Selvage's classes whatever the order, beside those of Java, Selvage, Hadoop and logging. A program can't set it itself.");
    public static final ConfigKey<Boolean> CHECK_IMMUTABILITY = ConfigKey.job(
            "selvage.check.immutability",
            ValueType.truth(),
            false,
            "For tests, as it costs a serialization of each element and of each state in use: whether what is handed over within a process, and what is in states, is compared with what it was when it was given; what was changed fails the job. Values in maps and lists of more than 1,024 entries are not compared. The local environment sets it.");

    /** In the order of the documentation. */
    public static final List<ConfigKey<?>> KEYS = List.of(
            CHECKPOINT_INTERVAL,
            CHECKPOINT_TIMEOUT,
            CHECKPOINT_MIN_PAUSE,
            CHECKPOINTS_RETAINED,
            CHECKPOINT_ON_CANCEL,
            CHECKPOINT_FAILURES_TOLERATED,
            CHECKPOINT_STORAGE,
            CHECKPOINT_MEMORY_LIMIT,
            CHECKPOINT_MODE,
            ALIGNED_TIMEOUT,
            STATE_BACKEND,
            SAVEPOINT_DIRECTORY,
            RESTART_POLICY,
            RESTART_ATTEMPTS,
            RESTART_DELAY,
            RESTART_MAX_DELAY,
            RESTART_MULTIPLIER,
            RESTART_QUIET_PERIOD,
            RESTART_RATE_FAILURES,
            RESTART_RATE_WINDOW,
            DEFAULT_PARALLELISM,
            MAX_PARALLELISM,
            FLUSH_TIMEOUT,
            BUFFER_SIZE,
            IN_FLIGHT_TARGET,
            LATENCY_INTERVAL,
            CLASSLOADER_ORDER,
            CLASSLOADER_SHARED_PACKAGES,
            CHECK_IMMUTABILITY);

    public JobConfig {
        if (defaultParallelism > maxParallelism) {
            throw new ConfigException(DEFAULT_PARALLELISM.name() + " is " + defaultParallelism
                    + ", and must not be above " + MAX_PARALLELISM.name() + " (" + maxParallelism + ").");
        }
    }

    /** How many bytes of an executor's state may be in a checkpoint's metadata; 0: none, all is in a file. */
    public int checkpointBytesInMetadata() {
        return switch (checkpointStorage) {
            case HDFS -> 0;
            case MEMORY -> Math.toIntExact(checkpointMemoryLimit.bytes());
        };
    }

    /** @throws ConfigException if settings contradict each other */
    public static JobConfig from(Configuration configuration) {
        return new JobConfig(
                configuration.get(CHECKPOINT_INTERVAL),
                configuration.get(CHECKPOINT_TIMEOUT),
                configuration.get(CHECKPOINT_MIN_PAUSE),
                configuration.get(CHECKPOINTS_RETAINED),
                configuration.get(CHECKPOINT_ON_CANCEL),
                configuration.get(CHECKPOINT_FAILURES_TOLERATED),
                configuration.get(CHECKPOINT_STORAGE),
                configuration.get(CHECKPOINT_MEMORY_LIMIT),
                configuration.get(CHECKPOINT_MODE),
                configuration.get(ALIGNED_TIMEOUT),
                configuration.get(STATE_BACKEND),
                configuration.get(SAVEPOINT_DIRECTORY),
                restartPolicy(configuration),
                configuration.get(DEFAULT_PARALLELISM),
                configuration.get(MAX_PARALLELISM),
                configuration.get(FLUSH_TIMEOUT),
                configuration.get(BUFFER_SIZE),
                configuration.get(IN_FLIGHT_TARGET),
                configuration.get(LATENCY_INTERVAL),
                ClassLoading.from(configuration),
                configuration.get(CHECK_IMMUTABILITY));
    }

    private static RestartPolicy restartPolicy(Configuration configuration) {
        Duration delay = configuration.get(RESTART_DELAY);
        int attempts = configuration.get(RESTART_ATTEMPTS);
        return switch (configuration.get(RESTART_POLICY)) {
            case EXPONENTIAL ->
                new RestartPolicy.Exponential(
                        delay,
                        longest(delay, configuration.get(RESTART_MAX_DELAY)),
                        configuration.get(RESTART_MULTIPLIER),
                        attempts,
                        configuration.get(RESTART_QUIET_PERIOD));
            case FIXED -> new RestartPolicy.Fixed(delay, attempts);
            case FAILURE_RATE ->
                new RestartPolicy.FailureRate(
                        delay, configuration.get(RESTART_RATE_FAILURES), configuration.get(RESTART_RATE_WINDOW));
            case NONE -> new RestartPolicy.None();
        };
    }

    private static Duration longest(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }
}
