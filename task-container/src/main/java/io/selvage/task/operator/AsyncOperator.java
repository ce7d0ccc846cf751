package io.selvage.task.operator;

import io.selvage.api.function.AsyncFunction;
import io.selvage.api.function.ResultFuture;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.OperatorStateKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jctools.queues.MpscArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Asks for each element, and emits answers as they come; owned by the subtask's thread, to which other threads give
 * answers through a queue. It is the head of its chain, and takes no more elements than it has capacity for.
 *
 * <p>Elements are in stages, of which only the first emits: one for each element if answers keep the elements' order,
 * else one for all between two watermarks. What has not been emitted is part of each checkpoint, and is asked for again
 * after a restore, ahead of all other input.
 */
final class AsyncOperator extends RuntimeOperator implements SourceHead {
    private static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Elements whose answers are emitted before the subtask looks whether a cut is due. */
    private static final int MOST_EMITTED = 32;

    private final AsyncFunction<Object, Object> function;
    private final Serde<Object> serde;
    private final boolean ordered;
    private final long timeoutNanos;
    private final int capacity;
    private final NanoClock clock;
    private final Runnable wake;
    private final MpscArrayQueue<Waiting> answered; // At most once each.

    private final Set<Waiting> underWay = new LinkedHashSet<>(); // Not emitted, in the order of the elements.
    private final Deque<Stage> stages = new ArrayDeque<>();
    private final Deque<Restored> restoredElements = new ArrayDeque<>(); // To be asked for again.
    private boolean isInputIdle; // Elements of streams without event time come nevertheless.
    private boolean isToldIdle; // What is downstream has been told so.
    private volatile @Nullable Thread finishing; // Volatile: set by the owner while it waits, read by who answers.

    /** An element that was under way at the restored cut. */
    private record Restored(Object value, long timestampMillis) {}

    /** Elements that may overtake each other, and what follows them: a watermark, and whether the stream is idle. */
    private static final class Stage {
        final Deque<Waiting> done = new ArrayDeque<>(1);
        int waiting;
        boolean isClosed;
        long watermarkMillis = Long.MIN_VALUE; // That: none.
        boolean isIdle;

        Stage(boolean isIdle) {
            this.isIdle = isIdle;
        }
    }

    /** An element, and in its time the answer. */
    private final class Waiting implements ResultFuture<Object> {
        final Object value;
        final long timestampMillis;
        final long dueNanos;
        final Stage stage;
        boolean isDone; // The owner knows the answer.
        boolean hasTimedOut;
        private final AtomicBoolean isAnswered = new AtomicBoolean(); // Atomic: any threads may race to answer.
        // Written by the thread that has won, before the queue hands them over.
        private @Nullable Collection<?> results;
        private @Nullable Throwable failure;

        Waiting(Object value, long timestampMillis, long dueNanos, Stage stage) {
            this.value = value;
            this.timestampMillis = timestampMillis;
            this.dueNanos = dueNanos;
            this.stage = stage;
        }

        @Override
        public void complete(Collection<?> given) {
            if (isAnswered.compareAndSet(false, true)) {
                results = given;
                deliver();
            }
        }

        @Override
        public void completeExceptionally(Throwable reason) {
            if (isAnswered.compareAndSet(false, true)) {
                failure = reason;
                deliver();
            }
        }

        private void deliver() {
            if (!answered.offer(this)) {
                throw new IllegalStateException("more answers than elements under way");
            }
            wake.run();
            LockSupport.unpark(finishing);
        }
    }

    AsyncOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.Async<Object, Object> definition,
            NanoClock clock,
            Runnable wake) {
        super(context, output);
        this.function = definition.function();
        this.serde = definition.serde();
        this.ordered = definition.ordered();
        this.timeoutNanos = TimeUnit.MILLISECONDS.toNanos(definition.timeoutMillis());
        this.capacity = definition.capacity();
        this.clock = clock;
        this.wake = wake;
        this.answered = new MpscArrayQueue<>(Math.max(2, capacity));
    }

    @Override
    void open(RestoredState restored) {
        Functions.open(function, context);
        if (restored.parallelism() == context.parallelism()) {
            restored.heldState(context.subtask()).forEach(bytes -> restoredElements.addAll(read(bytes)));
        } else {
            redistribute(restored);
        }
    }

    /** One for each subtask in turn. */
    private void redistribute(RestoredState restored) {
        int index = 0;
        for (int subtask = 0; subtask < restored.parallelism(); subtask++) {
            for (byte[] bytes : restored.heldState(subtask)) {
                for (Restored element : read(bytes)) {
                    if (index++ % context.parallelism() == context.subtask()) {
                        restoredElements.add(element);
                    }
                }
            }
        }
    }

    @Override
    public int room() {
        return restoredElements.isEmpty() ? capacity - underWay.size() : 0;
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        Stage last = stages.peekLast();
        if (last == null || ordered || last.isClosed) {
            last = new Stage(isInputIdle);
            stages.add(last);
        }
        Waiting waiting = new Waiting(value, timestampMillis, clock.nanos() + timeoutNanos, last);
        last.waiting++;
        underWay.add(waiting);
        try {
            function.asyncInvoke(value, waiting);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis);
        }
    }

    /** Follows what is under way. */
    @Override
    public void watermark(long millis) {
        Stage last = stages.peekLast();
        if (last == null) {
            output.watermark(millis);
            return;
        }
        last.isClosed = true;
        last.watermarkMillis = millis;
    }

    /** Follows it, too: as long as anything is under way, event time waits for it. */
    @Override
    public void idle(boolean isIdle) {
        isInputIdle = isIdle;
        Stage last = stages.peekLast();
        if (last == null) {
            tell(isIdle);
            return;
        }
        last.isClosed = true;
        last.isIdle = isIdle;
    }

    private void tell(boolean isIdle) {
        if (isIdle != isToldIdle) {
            isToldIdle = isIdle;
            output.idle(isIdle);
        }
    }

    private void leave(Stage stage) {
        if (stage.watermarkMillis != Long.MIN_VALUE) {
            tell(false); // No watermark comes from a stream that is idle.
            output.watermark(stage.watermarkMillis);
        }
        tell(stage.isIdle);
    }

    @Override
    public int produce(int limit, long nowNanos) {
        int work = askAgain(limit);
        work += timeOut(nowNanos);
        work += takeAnswers();
        return work + emitDone();
    }

    private int askAgain(int limit) {
        int asked = 0;
        while (asked < limit && underWay.size() < capacity && !restoredElements.isEmpty()) {
            Restored element = restoredElements.remove();
            emit(element.value(), element.timestampMillis());
            asked++;
        }
        return asked;
    }

    private int timeOut(long nowNanos) {
        int timedOut = 0;
        for (Waiting waiting : underWay) {
            if (waiting.dueNanos - nowNanos > 0) {
                break; // Those behind it were asked for later.
            }
            if (!waiting.isDone && !waiting.hasTimedOut && !waiting.isAnswered.get()) {
                waiting.hasTimedOut = true;
                timedOut++;
                try {
                    function.timeout(waiting.value, waiting);
                } catch (Throwable thrown) {
                    throw context.failedOn(thrown, waiting.value, waiting.timestampMillis);
                }
            }
        }
        return timedOut;
    }

    private int takeAnswers() {
        int taken = 0;
        for (Waiting answer = answered.poll(); answer != null; answer = answered.poll()) {
            if (answer.failure != null) {
                throw context.failedOn(answer.failure, answer.value, answer.timestampMillis);
            }
            answer.isDone = true;
            answer.stage.waiting--;
            answer.stage.done.add(answer);
            taken++;
        }
        return taken;
    }

    private int emitDone() {
        int emitted = 0;
        for (Stage first = stages.peek(); first != null; first = stages.peek()) {
            for (Waiting done = first.done.peek(); done != null; done = first.done.peek()) {
                if (emitted == MOST_EMITTED) {
                    return emitted;
                }
                first.done.remove();
                emitResults(done);
                emitted++;
            }
            if (first.waiting > 0) {
                break;
            }
            stages.remove();
            leave(first);
        }
        return emitted;
    }

    private void emitResults(Waiting done) {
        underWay.remove(done);
        Collection<?> results = done.results;
        if (results == null) {
            throw context.failedOn(new NullPointerException("the answer is null"), done.value, done.timestampMillis);
        }
        for (Object result : results) {
            output.emit(result, done.timestampMillis);
        }
    }

    @Override
    public boolean hasNews() {
        return !answered.isEmpty();
    }

    @Override
    public long nextProduceNanos() {
        if (!restoredElements.isEmpty() && underWay.size() < capacity) {
            return clock.nanos();
        }
        for (Waiting waiting : underWay) {
            if (!waiting.isDone && !waiting.hasTimedOut) {
                return waiting.dueNanos;
            }
        }
        return Long.MAX_VALUE;
    }

    @Override
    public boolean isExhausted() {
        return underWay.isEmpty() && restoredElements.isEmpty();
    }

    /** Waits for all that is under way: what comes after the end of event time is late. */
    @Override
    public void finish() {
        finishing = Thread.currentThread();
        while (!isExhausted()) {
            if (produce(Integer.MAX_VALUE, clock.nanos()) == 0) {
                if (Thread.interrupted()) {
                    throw new SubtaskCanceledException();
                }
                LockSupport.parkNanos(this, LONGEST_WAIT_NANOS);
            }
        }
        finishing = null;
    }

    @Override
    OperatorCut snapshot(long checkpoint, boolean isSavepoint) {
        BinaryWriter out = new BinaryWriter();
        OperatorStateKind.UNDER_WAY.writeHead(out);
        out.writeString(serde.schema());
        out.writeUnsignedVarInt(underWay.size() + restoredElements.size());
        try {
            for (Waiting waiting : underWay) {
                write(waiting.value, waiting.timestampMillis, out);
            }
            for (Restored element : restoredElements) {
                write(element.value(), element.timestampMillis(), out);
            }
        } catch (Throwable thrown) {
            throw context.failed(thrown, "to write what is under way at checkpoint " + checkpoint);
        }
        return new OperatorCut(context.operatorUid(), null, out.toByteArray());
    }

    private void write(Object value, long timestampMillis, BinaryWriter out) {
        out.writeLong(timestampMillis);
        serde.write(value, out);
    }

    private List<Restored> read(byte[] bytes) {
        BinaryReader in = new BinaryReader(bytes);
        OperatorStateKind.UNDER_WAY.readHead(in);
        Function<BinaryReader, Object> reader = context.reader(
                serde,
                in.readString(),
                "The elements that were under way in " + context.describe() + " do not fit the program: ",
                "Let them have the type that they had.");
        int count = in.readCount();
        List<Restored> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long timestampMillis = in.readLong();
            elements.add(new Restored(reader.apply(in), timestampMillis));
        }
        return elements;
    }

    @Override
    void close() throws Exception {
        function.close();
    }
}
