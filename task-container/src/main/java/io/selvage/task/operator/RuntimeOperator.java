package io.selvage.task.operator;

import io.selvage.checkpoint.backend.RetainedState;
import io.selvage.task.exchange.LatencyMarker;
import org.jspecify.annotations.Nullable;

/**
 * An operator in a chain; owned by the subtask's thread. Most pass on watermarks and keep nothing: that is what the
 * methods here do.
 */
abstract class RuntimeOperator implements Output {
    final OperatorContext context;
    final Output output;

    RuntimeOperator(OperatorContext context, Output output) {
        this.context = context;
        this.output = output;
    }

    /** Called once, before the first element; operators behind this one are open already. */
    void open(RestoredState restored) {}

    @Override
    public void watermark(long millis) {
        output.watermark(millis);
    }

    @Override
    public void idle(boolean isIdle) {
        output.idle(isIdle);
    }

    @Override
    public void marker(LatencyMarker marker) {
        output.marker(marker);
    }

    @Override
    public void splits(SplitTimes times) {
        output.splits(times);
    }

    /** Takes the elements of the second input; what this operator itself takes are those of the first one. */
    ElementReceiver second() {
        throw new IllegalStateException(context.describe() + " has one input, and yet there is an edge to a second");
    }

    /**
     * What a checkpoint keeps of this operator, as of now; null: nothing. {@link #gather} completes it.
     *
     * @param isSavepoint the cut must stand alone
     */
    @Nullable
    OperatorCut snapshot(long checkpoint, boolean isSavepoint) {
        return null;
    }

    /**
     * Goes on with the newest cut: writes at least so many bytes if there are as many; answers whether it is complete.
     */
    boolean gather(int bytes) {
        return true;
    }

    /** The checkpoint, and with it all lower ones, is complete and durable. */
    void complete(long checkpoint) {}

    /** The checkpoint, and those before it that are not complete, never will be. */
    void abort(long checkpoint, boolean isStored) {}

    /** After the end: keyed state that the operator's next incarnation can start from; null: none. */
    @Nullable
    RetainedState retain() {
        return null;
    }

    /** Processing time has gone on; called about once a batch. */
    void tick(long nowNanos) {}

    /** When {@link #tick} is wanted although there is no input; {@link Long#MAX_VALUE}: not at all. */
    long nextTickNanos() {
        return Long.MAX_VALUE;
    }

    /** Called once at the end, whatever the reason; also if {@link #open} threw. */
    void close() throws Exception {}
}
