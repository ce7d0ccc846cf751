package io.selvage.local.harness;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import io.selvage.api.DataStream;
import io.selvage.api.graph.EdgeDefinition;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.api.graph.Partitioning;
import io.selvage.api.graph.Vertex;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.checkpoint.backend.KeyGrouper;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.checkpoint.backend.RocksEnvironment;
import io.selvage.task.exchange.Timestamps;
import io.selvage.task.operator.ChainBuilder;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.RestoredState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Tests steps of a program without a job: the test puts in elements and watermarks and lets processing time pass, and
 * reads what comes out. Each call does all that follows from it before it returns; nothing happens in between. Owned by
 * one thread.
 *
 * <pre>{@code
 * try (OperatorHarness<Reading, Alert> harness = OperatorHarness.of(
 *                 Reading.class, readings -> readings.keyBy(Reading::sensor).process(new Alarm()).uid("alarm"))
 *         .open()) {
 *     harness.element(new Reading("a", 1.0), 1_000).element(new Reading("a", 3.0), 2_000);
 *     assertEquals(List.of(new Alert("a", 3.0)), harness.take());
 *     harness.watermark(62_000); // timers fire
 * }
 * }</pre>
 *
 * <p>The steps are those of the program, {@code keyBy}, windows and uids included, in one line: they do not branch, and
 * meet in the first of them or nowhere. What a function throws comes out of the call that has made it throw, with the
 * operator and the element in its message.
 *
 * @param <I> elements in
 * @param <O> elements out
 */
public final class OperatorHarness<I, O> implements AutoCloseable {
    private static final String JOB = "job-harness";
    private static final long BLOCK_CACHE_BYTES = 8L << 20;
    /** So little that rows go to the disk and come back. */
    private static final long ROW_BYTES = 64L << 10;

    private final Steps steps;
    private final int maxParallelism;
    private final boolean restoresAfterEachInput;
    private final KeyedBackends backends;
    private final @Nullable Path disk;
    private final List<Emitted<Object>> emitted = new ArrayList<>();
    private List<RunningSteps> subtasks = List.of();
    private long nowNanos;
    private long incarnation;
    private long checkpoint;
    private long inputWatermarkMillis = Long.MIN_VALUE;
    private long outputWatermarkMillis = Long.MIN_VALUE;
    private long lateBefore; // In subtasks that have been replaced.
    private int nextSubtask;

    private OperatorHarness(Builder<I, O> builder) {
        this.steps = builder.steps.apply(builder.maxParallelism);
        this.maxParallelism = builder.maxParallelism;
        this.restoresAfterEachInput = builder.restoresAfterEachInput;
        this.disk = builder.isOnDisk ? newDirectory() : null;
        this.backends = KeyedBackends.checked(
                disk == null
                        ? KeyedBackends.HEAP
                        : KeyedBackends.onDisk(new RocksEnvironment(disk, BLOCK_CACHE_BYTES, ROW_BYTES)));
    }

    /** @param program the steps to be tested, as they stand in a program */
    public static <I, O> Builder<I, O> of(Class<I> input, Function<DataStream<I>, DataStream<O>> program) {
        return of(Serdes.of(input), program);
    }

    /** @param program the steps to be tested, as they stand in a program */
    public static <I, O> Builder<I, O> of(Serde<I> input, Function<DataStream<I>, DataStream<O>> program) {
        return new Builder<>(maxParallelism -> Steps.of(input, maxParallelism, program));
    }

    /**
     * Of two inputs: {@link #element} is of the first one, and {@link #elementOfSecond} of the other.
     *
     * @param program a step that reads both, such as {@code connect(...).process(...)} or an interval join, and what
     *     follows it in a line
     */
    public static <A, B, O> Builder<A, O> of(
            Class<A> first, Class<B> second, BiFunction<DataStream<A>, DataStream<B>, DataStream<O>> program) {
        return of(Serdes.of(first), Serdes.of(second), program);
    }

    /** The same. */
    public static <A, B, O> Builder<A, O> of(
            Serde<A> first, Serde<B> second, BiFunction<DataStream<A>, DataStream<B>, DataStream<O>> program) {
        return new Builder<>(maxParallelism -> Steps.of(first, second, maxParallelism, program));
    }

    /** Owned by one thread. */
    public static final class Builder<I, O> {
        private static final int MAX_PARALLELISM = 128;

        private final IntFunction<Steps> steps; // By the maximum parallelism.
        private int parallelism = 1;
        private int maxParallelism = MAX_PARALLELISM;
        private boolean isOnDisk;
        private boolean restoresAfterEachInput;
        private @Nullable Snapshot from;

        private Builder(IntFunction<Steps> steps) {
            this.steps = steps;
        }

        /** So many subtasks; an element goes to the one that has its key, or else to each in turn. Default: one. */
        public Builder<I, O> parallelism(int number) {
            parallelism = number;
            return this;
        }

        /** The number of key groups; default 128, as in programs. */
        public Builder<I, O> maxParallelism(int number) {
            maxParallelism = number;
            return this;
        }

        /** Keyed state in RocksDB, in a directory for temporary files; else it is in the heap. */
        public Builder<I, O> rocksDb() {
            isOnDisk = true;
            return this;
        }

        /**
         * After each call that puts something in, all functions are thrown away and made anew from a snapshot: what a
         * function keeps anywhere but in its state does not outlive that.
         */
        public Builder<I, O> restoringAfterEachInput() {
            restoresAfterEachInput = true;
            return this;
        }

        /** Begins with that state. */
        public Builder<I, O> from(Snapshot snapshot) {
            from = snapshot;
            return this;
        }

        /** Opens all functions. @throws InvalidProgramException if the steps are none that a harness can run */
        public OperatorHarness<I, O> open() {
            if (parallelism < 1 || parallelism > maxParallelism) {
                throw new InvalidProgramException("A parallelism of " + parallelism
                        + " is not possible: it is at least 1, and at most the maximum parallelism, which is "
                        + maxParallelism + ".");
            }
            OperatorHarness<I, O> harness = new OperatorHarness<>(this);
            try {
                harness.start(from, parallelism);
                return harness;
            } catch (RuntimeException failed) {
                try (harness) {
                    throw failed;
                }
            }
        }
    }

    // ---- input ---------------------------------------------------------------------------------------------------

    /** An element without a timestamp. */
    public OperatorHarness<I, O> element(I value) {
        return put(value, Timestamps.NONE);
    }

    /** An element of the second input, of its type, without a timestamp. */
    public OperatorHarness<I, O> elementOfSecond(Object value) {
        return putSecond(value, Timestamps.NONE);
    }

    /** @param value of the second input's type */
    public OperatorHarness<I, O> elementOfSecond(Object value, long timestampMillis) {
        return putSecond(value, timestampMillis);
    }

    /** @param timestampMillis event time, in milliseconds since the epoch */
    public OperatorHarness<I, O> element(I value, long timestampMillis) {
        return put(value, timestampMillis);
    }

    private OperatorHarness<I, O> put(I value, long timestampMillis) {
        subtaskOf(value, steps.firstKey()).chain().input(0).emit(value, timestampMillis);
        return settle();
    }

    /** What is broadcast comes to every subtask. */
    private OperatorHarness<I, O> putSecond(Object value, long timestampMillis) {
        if (steps.second() == null) {
            throw new InvalidProgramException(
                    "These steps have one input. Give the harness two types, and a program of two streams.");
        }
        if (steps.second() == Partitioning.BROADCAST) {
            each(subtask -> subtask.chain().input(1).emit(value, timestampMillis));
        } else {
            subtaskOf(value, steps.secondKey()).chain().input(1).emit(value, timestampMillis);
        }
        return settle();
    }

    /** No element with this timestamp, or a lower one, is expected any more: what that makes due happens. */
    public OperatorHarness<I, O> watermark(long millis) {
        inputWatermarkMillis = Math.max(inputWatermarkMillis, millis);
        each(subtask -> subtask.chain().watermark(inputWatermarkMillis));
        return settle();
    }

    /** The input is idle from now on, or it is no longer, as if the steps before these had told so. */
    public OperatorHarness<I, O> idle(boolean isIdle) {
        each(subtask -> subtask.chain().idle(isIdle));
        return settle();
    }

    /** The input has ended, and event time with it: windows and timers fire. */
    public OperatorHarness<I, O> endOfInput() {
        return watermark(Long.MAX_VALUE);
    }

    /** Lets processing time pass: what that makes due happens, in its order. */
    public OperatorHarness<I, O> passTime(Duration duration) {
        long untilNanos = nowNanos + duration.toNanos();
        for (long nextNanos = nextNanos(); nextNanos <= untilNanos && nextNanos > nowNanos; nextNanos = nextNanos()) {
            nowNanos = nextNanos;
            tick();
        }
        nowNanos = untilNanos;
        return settle();
    }

    private OperatorHarness<I, O> settle() {
        tick();
        if (restoresAfterEachInput) {
            startAnew(snapshot(), subtasks.size());
        }
        return this;
    }

    private void tick() {
        each(subtask -> subtask.chain().tick(nowNanos));
        outputWatermarkMillis = Math.max(
                outputWatermarkMillis,
                subtasks.stream()
                        .mapToLong(subtask -> subtask.watermarkMillis)
                        .min()
                        .orElse(Long.MIN_VALUE));
    }

    /** It begins with the epoch. */
    private Instant processingTime() {
        return Instant.ofEpochSecond(0, nowNanos);
    }

    private long nextNanos() {
        return subtasks.stream()
                .mapToLong(subtask -> subtask.chain().nextNanos())
                .min()
                .orElse(Long.MAX_VALUE);
    }

    private RunningSteps subtaskOf(Object value, @Nullable EdgeDefinition<Object, Object> exchange) {
        if (exchange == null) {
            nextSubtask = (nextSubtask + 1) % subtasks.size();
            return subtasks.get(nextSubtask);
        }
        Object key = Objects.requireNonNull(exchange.key()).key(value);
        int group = KeyGrouper.of(Objects.requireNonNull(exchange.keySerde()), maxParallelism)
                .groupOf(key);
        return subtasks.get(KeyGroups.subtaskOf(group, subtasks.size(), maxParallelism));
    }

    // ---- output --------------------------------------------------------------------------------------------------

    /** All that came out since the last {@link #take} or {@link #takeEmitted}, in order; asking takes it. */
    public List<O> take() {
        return takeEmitted().stream().map(Emitted::value).toList();
    }

    /** The same with timestamps. */
    @SuppressWarnings("unchecked")
    public List<Emitted<O>> takeEmitted() {
        List<Emitted<O>> taken = new ArrayList<>();
        emitted.forEach(each -> taken.add((Emitted<O>) each));
        emitted.clear();
        return taken;
    }

    /** The newest watermark that came out of all subtasks; {@link Long#MIN_VALUE}: none has. */
    public long watermarkMillis() {
        return outputWatermarkMillis;
    }

    /** Whether what comes out is idle, in all subtasks: event time does not wait for it. */
    public boolean isIdle() {
        return subtasks.stream().allMatch(subtask -> subtask.isIdle);
    }

    /** Elements that windows have dropped, as they came too late. */
    public long lateElements() {
        return lateBefore
                + subtasks.stream()
                        .mapToLong(subtask -> subtask.counters.recordsLate)
                        .sum();
    }

    static <T> Emitted<T> emitted(T value, long timestampMillis) {
        return new Emitted<>(
                value, timestampMillis == Timestamps.NONE ? OptionalLong.empty() : OptionalLong.of(timestampMillis));
    }

    // ---- state ---------------------------------------------------------------------------------------------------

    /** The state of all steps as of now; they go on. */
    public Snapshot snapshot() {
        checkpoint++;
        List<Snapshot.Part> parts = new ArrayList<>();
        subtasks.forEach(subtask -> parts.addAll(subtask.snapshot(checkpoint)));
        return new Snapshot(checkpoint, subtasks.size(), parts);
    }

    /** Closes all functions, and goes on with new ones from that state. What came out before stays. */
    public OperatorHarness<I, O> restore(Snapshot snapshot) {
        return restore(snapshot, subtasks.size());
    }

    /** The same with another number of subtasks. */
    public OperatorHarness<I, O> restore(Snapshot snapshot, int parallelism) {
        inputWatermarkMillis = Long.MIN_VALUE;
        outputWatermarkMillis = Long.MIN_VALUE;
        startAnew(snapshot, parallelism);
        return this;
    }

    private void startAnew(Snapshot snapshot, int parallelism) {
        lateBefore = lateElements();
        closeSubtasks();
        start(snapshot, parallelism);
    }

    private void start(@Nullable Snapshot from, int parallelism) {
        if (parallelism > 1 && steps.exchangesBehind()) {
            throw new InvalidProgramException("Elements change subtasks between these steps, and a harness of "
                    + parallelism + " subtasks has no exchange: begin with keyBy, or use one subtask.");
        }
        incarnation++;
        checkpoint = Math.max(checkpoint, from == null ? 0 : from.checkpoint);
        ChainBuilder chains = new ChainBuilder(
                JOB,
                incarnation,
                maxParallelism,
                Steps.loader(),
                backends,
                () -> nowNanos,
                this::processingTime,
                Duration.ZERO);
        Vertex vertex = new Vertex(1, "harness", parallelism, steps.operators());
        List<RunningSteps> started = new ArrayList<>();
        subtasks = started;
        for (int index = 0; index < parallelism; index++) {
            int subtask = index;
            RunningSteps running = new RunningSteps(chains, vertex, subtask, emitted);
            started.add(running);
            running.chain()
                    .open(uid -> from == null
                            ? RestoredState.NONE
                            : RestoredPart.of(from, uid, subtask, parallelism, maxParallelism, backends));
        }
    }

    private void each(Consumer<RunningSteps> action) {
        subtasks.forEach(action);
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    /** Closes all functions. @throws IllegalStateException if one throws then */
    @Override
    public void close() {
        try {
            closeSubtasks();
        } finally {
            if (disk != null) {
                delete(disk);
            }
        }
    }

    private void closeSubtasks() {
        List<Exception> failures = new ArrayList<>();
        for (RunningSteps subtask : subtasks) {
            failures.addAll(subtask.chain().close());
            subtask.chain().retain().values().forEach(state -> state.close());
        }
        subtasks = List.of();
        if (!failures.isEmpty()) {
            throw new IllegalStateException("A function could not be closed: " + failures.get(0), failures.get(0));
        }
    }

    private static Path newDirectory() {
        try {
            return Files.createTempDirectory("selvage-harness-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) {
        try {
            MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
