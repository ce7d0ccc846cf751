package io.selvage.task.operator;

import io.selvage.api.time.TimestampAssigner;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.task.exchange.Timestamps;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives elements their event time and the stream its watermarks; owned by the subtask's thread.
 *
 * <p>Without an element for as long as the strategy says, the stream is idle until the next one.
 *
 * <p>A watermark goes out after so many elements, or so much processing time, whichever comes first. The greatest
 * timestamp seen is part of the checkpoint: what was late before a failure is late after it. That the input had ended
 * is not: on another parallelism it may go on here.
 */
final class AssignTimestampsOperator extends RuntimeOperator {
    static final int ELEMENTS_BETWEEN_WATERMARKS = 1024;
    static final long NANOS_BETWEEN_WATERMARKS = TimeUnit.MILLISECONDS.toNanos(200);

    private final TimestampAssigner<Object> assigner;
    private final long lagMillis;
    private final long idleAfterNanos; // 0: it is never idle.
    private long greatestMillis = Long.MIN_VALUE;
    private long emittedMillis = Long.MIN_VALUE;
    private int sinceWatermark;
    private boolean isDue; // After a restore, those downstream wait for what they had already.
    private long lastNanos;
    private boolean hasElement; // Since the last tick.
    private long lastElementNanos; // By ticks.
    private boolean isIdle;
    private boolean hasEnded;

    AssignTimestampsOperator(
            OperatorContext context, Output output, WatermarkStrategy<Object> strategy, long nowNanos) {
        super(context, output);
        this.assigner = strategy.assigner();
        this.lagMillis = strategy.maxOutOfOrdernessMillis() + 1;
        this.idleAfterNanos = TimeUnit.MILLISECONDS.toNanos(strategy.idleAfterMillis());
        this.lastNanos = nowNanos;
        this.lastElementNanos = nowNanos;
    }

    @Override
    void open(RestoredState restored) {
        greatestMillis = WatermarkState.restore(restored, context);
        if (greatestMillis == Long.MAX_VALUE) {
            greatestMillis = Long.MIN_VALUE; // Older checkpoints have the end itself.
        }
        isDue = greatestMillis != Long.MIN_VALUE;
    }

    @Override
    public void emit(Object value, long ignored) {
        long timestampMillis;
        try {
            timestampMillis = assigner.timestampMillis(value);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, Timestamps.NONE);
        }
        hasElement = true;
        if (isIdle) {
            becomeActive();
        }
        output.emit(value, timestampMillis);
        if (timestampMillis > greatestMillis) {
            greatestMillis = timestampMillis;
        }
        if (++sinceWatermark == ELEMENTS_BETWEEN_WATERMARKS) {
            emitWatermark();
        }
    }

    /** Watermarks from before this operator are of another event time; only the end is common to all. */
    @Override
    public void watermark(long millis) {
        if (millis == Long.MAX_VALUE) {
            if (isIdle) {
                becomeActive();
            }
            hasEnded = true;
            emitWatermark();
        }
    }

    /** Whether elements come is seen here. */
    @Override
    public void idle(boolean isInputIdle) {}

    @Override
    void tick(long nowNanos) {
        if (isDue || sinceWatermark > 0 && nowNanos - lastNanos >= NANOS_BETWEEN_WATERMARKS) {
            lastNanos = nowNanos;
            emitWatermark();
        }
        if (hasElement) {
            hasElement = false;
            lastElementNanos = nowNanos;
        } else if (mayBecomeIdle() && nowNanos - lastElementNanos >= idleAfterNanos) {
            emitWatermark();
            isIdle = true;
            output.idle(true);
        }
    }

    private boolean mayBecomeIdle() {
        return idleAfterNanos > 0 && !isIdle && !hasEnded;
    }

    private void becomeActive() {
        isIdle = false;
        output.idle(false);
    }

    @Override
    long nextTickNanos() {
        long watermarkNanos = sinceWatermark > 0 ? lastNanos + NANOS_BETWEEN_WATERMARKS : Long.MAX_VALUE;
        return mayBecomeIdle() ? Math.min(watermarkNanos, lastElementNanos + idleAfterNanos) : watermarkNanos;
    }

    @Override
    @Nullable
    OperatorCut snapshot(long checkpoint, boolean isSavepoint) {
        return new OperatorCut(context.operatorUid(), null, WatermarkState.write(greatestMillis));
    }

    private void emitWatermark() {
        sinceWatermark = 0;
        isDue = false;
        long watermark = watermarkMillis();
        if (watermark > emittedMillis) {
            emittedMillis = watermark;
            output.watermark(watermark);
        }
    }

    private long watermarkMillis() {
        if (hasEnded) {
            return Long.MAX_VALUE;
        }
        return greatestMillis < Long.MIN_VALUE + lagMillis ? Long.MIN_VALUE : greatestMillis - lagMillis;
    }
}
