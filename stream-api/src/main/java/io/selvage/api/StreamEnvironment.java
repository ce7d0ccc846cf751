package io.selvage.api;

import io.selvage.api.connector.Sink;
import io.selvage.api.connector.Source;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.JobGraph;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Where a program starts: it gives streams their sources and sends the finished job to the cluster.
 *
 * <pre>{@code
 * StreamEnvironment env = StreamEnvironment.create();
 * env.from(source, "flights").map(Flight::parse)...sinkTo(sink, "delays");
 * env.execute("flight delays");
 * }</pre>
 *
 * <p>Used by one thread, the one that runs the program's {@code main}.
 */
public final class StreamEnvironment {
    static final int DEFAULT_MAX_PARALLELISM = 128;

    // Written by the client before main is called and read by main, which may start threads of its own.
    private static final AtomicReference<@Nullable JobLauncher> LAUNCHER = new AtomicReference<>();

    private final @Nullable JobLauncher launcher;
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final List<Transformation> transformations = new ArrayList<>();
    private int parallelism;
    private int maxParallelism;

    private StreamEnvironment(@Nullable JobLauncher launcher) {
        this.launcher = launcher;
        this.parallelism = launcher == null ? 1 : launcher.defaultParallelism();
        this.maxParallelism = launcher == null ? DEFAULT_MAX_PARALLELISM : launcher.maxParallelism();
    }

    /**
     * Of the client that runs this program; of a program that nobody has started but its own {@code main}, of the local
     * environment, if that is on the class path.
     */
    public static StreamEnvironment create() {
        JobLauncher installed = LAUNCHER.get();
        return new StreamEnvironment(installed == null ? onClassPath() : installed);
    }

    /** Of that launcher, whatever is installed: for those who offer environments. */
    public static StreamEnvironment of(JobLauncher launcher) {
        return new StreamEnvironment(launcher);
    }

    private static @Nullable JobLauncher onClassPath() {
        return ServiceLoader.load(JobLauncher.class).findFirst().orElse(null);
    }

    /** For clients: programs that start from now on launch their jobs here; null: they are on their own again. */
    public static void install(@Nullable JobLauncher launcher) {
        LAUNCHER.set(launcher);
    }

    /** Parallelism of operators that are added from now on and set none themselves. */
    public StreamEnvironment parallelism(int newParallelism) {
        this.parallelism = requirePositive(newParallelism, "parallelism");
        return this;
    }

    /** The number of key groups, which bounds every later parallelism of the job; default 128. */
    public StreamEnvironment maxParallelism(int newMaxParallelism) {
        this.maxParallelism = requirePositive(newMaxParallelism, "maximum parallelism");
        return this;
    }

    public StreamEnvironment checkpointInterval(Duration interval) {
        return set("selvage.checkpoint.interval", interval.toMillis() + "ms");
    }

    /** Sets a configuration key of the job (docs/configuration.md); the submitting client checks it. */
    public StreamEnvironment set(String key, String value) {
        settings.put(key, value);
        return this;
    }

    /** @param uid names the source's positions in checkpoints; unique in the job */
    public <T, S> DataStream<T> from(Source<T, S> source, String uid) {
        return from(source, uid, 0);
    }

    /** @param recordsPerSecond over all readers together: slows a source down to this; 0: as fast as it goes */
    public <T, S> DataStream<T> from(Source<T, S> source, String uid, double recordsPerSecond) {
        if (!(recordsPerSecond >= 0)) {
            throw new InvalidProgramException("Source " + uid + ": a rate of " + recordsPerSecond
                    + " records a second is not possible; give 0 for no limit.");
        }
        check(source::check, "source " + uid);
        Transformation plan = new Transformation(
                "plan " + uid, new OperatorDefinition.PlanSplits<>(source), OperatorRole.SOURCE_PLANNER);
        plan.parallelism = 1;
        plan.uid = uid + "-splits";
        add(plan);
        Transformation read = new Transformation(
                "read " + uid,
                new OperatorDefinition.ReadSplits<>(source, recordsPerSecond),
                OperatorRole.SOURCE_READER);
        read.parallelism = parallelism;
        read.uid = uid;
        read.readFrom(DataStream.of(this, plan, source.splitSerde()).rebalance(), 0);
        add(read);
        return DataStream.of(this, read, source.serde());
    }

    /**
     * Sends the job to the cluster; a local environment runs it, and this returns when it has finished.
     *
     * @return the job's id
     * @throws InvalidProgramException if what was built is not a job that can run
     */
    public String execute(String jobName) {
        JobGraph graph = graph(jobName);
        if (launcher == null) {
            throw new InvalidProgramException("The program was not started by Selvage, so there is no session to run"
                    + " the job in. Start it with: scripts/selvage run YOUR.jar. To run it in this JVM, put"
                    + " local-environment on the class path.");
        }
        return launcher.launch(graph);
    }

    /** The job as built so far, checked. */
    public JobGraph graph(String jobName) {
        return new GraphBuilder(transformations).build(jobName, maxParallelism, settings);
    }

    /** A step that is not added yet: who asks for it says what it reads. */
    Transformation sink(Sink<?, ?> sink, String uid) {
        check(isRestored() ? sink::checkRestored : sink::check, "sink " + uid);
        Transformation step =
                new Transformation("write " + uid, new OperatorDefinition.WriteSink<>(sink), OperatorRole.SINK);
        step.uid = uid;
        return step;
    }

    int parallelism() {
        return parallelism;
    }

    private boolean isRestored() {
        return launcher != null && launcher.isRestored();
    }

    void add(Transformation transformation) {
        transformations.add(transformation);
    }

    static void check(Check check, String operation) {
        try {
            check.run();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new InvalidProgramException("In " + operation + ": " + e.getMessage());
        }
    }

    interface Check {
        void run() throws Exception;
    }

    private static int requirePositive(int value, String what) {
        if (value < 1) {
            throw new InvalidProgramException("A " + what + " of " + value + " is not possible; it is at least 1.");
        }
        return value;
    }
}
