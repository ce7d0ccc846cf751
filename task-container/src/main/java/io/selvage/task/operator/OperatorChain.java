package io.selvage.task.operator;

import io.selvage.checkpoint.backend.RetainedState;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.task.exchange.LatencyMarker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The operators of one subtask, each calling the next; owned by the subtask's thread. Elements go in at the head; the
 * last operator writes to the edges.
 */
public final class OperatorChain implements Output {
    private final Supplier<List<RuntimeOperator>> factory;
    private List<RuntimeOperator> operators = List.of(); // Head first; empty until opened.
    private Output head = NotOpen.INSTANCE;
    private @Nullable SourceHead source;

    OperatorChain(Supplier<List<RuntimeOperator>> factory) {
        this.factory = factory;
    }

    /** Makes the operators, of which none is opened: of the user's code that runs what reads and makes its objects. */
    public void make() {
        operators = List.copyOf(factory.get());
    }

    /**
     * Makes the operators, restores state and opens the functions, last operator first, so that what an operator emits
     * finds the next open. All of this may run the user's code.
     *
     * @param restored by operator uid
     */
    public void open(Function<String, RestoredState> restored) {
        make();
        head = operators.get(0);
        source = head instanceof SourceHead sourceHead ? sourceHead : null;
        for (int i = operators.size() - 1; i >= 0; i--) {
            RuntimeOperator operator = operators.get(i);
            operator.open(restored.apply(operator.context.operatorUid()));
        }
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        head.emit(value, timestampMillis);
    }

    /** Takes the elements of one of the head's inputs, once the chain is open; watermarks are common to all. */
    public ElementReceiver input(int ordinal) {
        return ordinal == 0 ? head : operators.get(0).second();
    }

    @Override
    public void watermark(long millis) {
        head.watermark(millis);
    }

    @Override
    public void idle(boolean isIdle) {
        head.idle(isIdle);
    }

    @Override
    public void marker(LatencyMarker marker) {
        head.marker(marker);
    }

    /**
     * Lets a source emit up to about {@code limit} elements; answers how much was done, 0 if the chain has no source.
     */
    public int produce(int limit, long nowNanos) {
        return source == null ? 0 : source.produce(limit, nowNanos);
    }

    /** Nothing will be emitted any more unless input comes. */
    public boolean isExhausted() {
        return source == null || source.isExhausted();
    }

    /** How many elements of the input the head takes for now. */
    public int room() {
        return source == null ? Integer.MAX_VALUE : source.room();
    }

    /** Whether the event time of the input is that of what the head emits. */
    public boolean hasInputTime() {
        return source == null || source.hasInputTime();
    }

    /** Another thread has given the head something, so that {@link #produce} has work. */
    public boolean hasNews() {
        return source != null && source.hasNews();
    }

    /** All input has ended, and the source, if there is one, is exhausted: event time ends too. */
    public void endOfInput() {
        if (source != null) {
            source.finish();
            operators.get(0).output.watermark(Long.MAX_VALUE);
        }
    }

    /** Lets processing time go on. */
    public void tick(long nowNanos) {
        for (int i = 0; i < operators.size(); i++) {
            operators.get(i).tick(nowNanos);
        }
    }

    /**
     * When {@link #produce} or {@link #tick} should be called although no input comes; {@link Long#MAX_VALUE}: never.
     */
    public long nextNanos() {
        long next = source == null ? Long.MAX_VALUE : source.nextProduceNanos();
        for (int i = 0; i < operators.size(); i++) {
            next = Math.min(next, operators.get(i).nextTickNanos());
        }
        return next;
    }

    /**
     * The state of all operators as of now, head first; {@link #gather} completes it.
     *
     * @param isSavepoint what is cut must stand alone
     */
    public List<OperatorCut> snapshot(CheckpointId checkpoint, boolean isSavepoint) {
        List<OperatorCut> cuts = new ArrayList<>();
        for (RuntimeOperator operator : operators) {
            OperatorCut cut = operator.snapshot(checkpoint.value(), isSavepoint);
            if (cut != null) {
                cuts.add(cut);
            }
        }
        return cuts;
    }

    /**
     * Goes on with the newest cut: writes at least so many bytes if there are as many; answers whether it is complete.
     */
    public boolean gather(int bytes) {
        for (int i = 0; i < operators.size(); i++) {
            if (!operators.get(i).gather(bytes)) {
                return false;
            }
        }
        return true;
    }

    /** The checkpoint, and with it all lower ones, is complete and durable. */
    public void complete(CheckpointId checkpoint) {
        RuntimeException failure = null;
        for (RuntimeOperator operator : operators) {
            try {
                operator.complete(checkpoint.value());
            } catch (RuntimeException e) {
                failure = failure == null ? e : failure; // What the others have to commit is committed.
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /**
     * The checkpoint, and those before it that are not complete, never will be.
     *
     * @param isStored what was cut for it is in the store, or on its way there
     */
    public void abort(CheckpointId checkpoint, boolean isStored) {
        for (RuntimeOperator operator : operators) {
            operator.abort(checkpoint.value(), isStored);
        }
    }

    /**
     * After the end, for whatever reason it came: the keyed states that the next incarnation of this subtask can start
     * from, by operator uid. Asked for once.
     */
    public Map<String, RetainedState> retain() {
        Map<String, RetainedState> retained = new HashMap<>();
        for (RuntimeOperator operator : operators) {
            RetainedState state = operator.retain();
            if (state != null) {
                retained.put(operator.context.operatorUid(), state);
            }
        }
        return retained;
    }

    /** Closes all operators, whatever becomes of each; answers what went wrong. */
    public List<Exception> close() {
        List<Exception> failures = new ArrayList<>();
        for (RuntimeOperator operator : operators) {
            try {
                operator.close();
            } catch (Exception e) {
                if (e instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                failures.add(e);
            }
        }
        return failures;
    }

    /** The head of a chain that is not open. */
    private enum NotOpen implements Output {
        INSTANCE;

        @Override
        public void emit(Object value, long timestampMillis) {
            throw new IllegalStateException("the chain is not open, and yet was given " + value);
        }

        @Override
        public void watermark(long millis) {
            throw new IllegalStateException("the chain is not open, and yet was given a watermark of " + millis);
        }

        @Override
        public void idle(boolean isIdle) {
            throw new IllegalStateException("the chain is not open, and yet was told whether it is idle: " + isIdle);
        }
    }
}
