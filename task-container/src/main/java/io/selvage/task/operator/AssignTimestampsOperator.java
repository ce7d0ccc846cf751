package io.selvage.task.operator;

import io.selvage.api.time.TimestampAssigner;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.task.exchange.Timestamps;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives elements their event time and the stream its watermarks; owned by the subtask's thread.
 *
 * <p>In the chain of a source, event time is that of its splits: see {@link SplitTimes}. Elsewhere it follows the
 * greatest timestamp. A split, or the stream, without an element for as long as the strategy says is idle until the
 * next one.
 *
 * <p>A watermark goes out after so many elements, or so much processing time, whichever comes first. The timestamp that
 * has been reached is part of the checkpoint: what was late before a failure is late after it. That the input had ended
 * is not: on another parallelism it may go on here.
 */
final class AssignTimestampsOperator extends RuntimeOperator {
    static final int ELEMENTS_BETWEEN_WATERMARKS = 1024;
    static final long NANOS_BETWEEN_WATERMARKS = TimeUnit.MILLISECONDS.toNanos(200);

    private final TimestampAssigner<Object> assigner;
    private final long lagMillis;
    private final long idleAfterNanos; // 0: it is never idle.
    private final String alignmentGroup; // Empty: the source waits for no others.
    private final long maxDriftMillis;
    private final SourceAlignment alignment;
    private SplitTimes times;
    private long reachedMillis = Long.MIN_VALUE;
    private long emittedMillis = Long.MIN_VALUE;
    private int sinceWatermark;
    private boolean isDue; // After a restore those downstream wait for what they had already; after a split's end, too.
    private long lastNanos;
    private boolean hasElement; // Since the last tick, in which time all elements are of one split.
    private boolean isIdle;
    private boolean hasEnded;

    AssignTimestampsOperator(
            OperatorContext context,
            Output output,
            WatermarkStrategy<Object> strategy,
            Counters counters,
            long nowNanos) {
        super(context, output);
        this.assigner = strategy.assigner();
        this.lagMillis = strategy.maxOutOfOrdernessMillis() + 1;
        this.idleAfterNanos = TimeUnit.MILLISECONDS.toNanos(strategy.idleAfterMillis());
        this.alignmentGroup = strategy.alignmentGroup();
        this.maxDriftMillis = strategy.maxDriftMillis();
        this.alignment = counters.alignment;
        this.lastNanos = nowNanos;
        this.times = SplitTimes.ofOne(nowNanos);
    }

    @Override
    void open(RestoredState restored) {
        reachedMillis = WatermarkState.restore(restored, context);
        if (reachedMillis == Long.MAX_VALUE) {
            reachedMillis = Long.MIN_VALUE; // Older checkpoints have the end itself.
        }
        isDue = reachedMillis != Long.MIN_VALUE;
    }

    /** Whoever assigns timestamps behind this operator does so for its output as a whole. */
    @Override
    public void splits(SplitTimes ofSource) {
        times = ofSource;
        if (!alignmentGroup.isEmpty()) {
            times.align(alignment, lagMillis, maxDriftMillis);
            alignment.join(alignmentGroup);
        }
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
        SplitTimes.SplitTime split = times.current();
        if (isIdle || split.isIdle) {
            split.isIdle = false;
            setIdle(false);
        }
        output.emit(value, timestampMillis);
        if (timestampMillis > split.greatestMillis) {
            split.greatestMillis = timestampMillis;
        }
        if (++sinceWatermark == ELEMENTS_BETWEEN_WATERMARKS) {
            emitWatermark();
        }
    }

    /** Watermarks from before this operator are of another event time; only the end is common to all. */
    @Override
    public void watermark(long millis) {
        if (millis == Long.MAX_VALUE) {
            setIdle(false);
            hasEnded = true;
            emitWatermark();
        }
    }

    /** Whether elements come is seen here. */
    @Override
    public void idle(boolean isInputIdle) {}

    @Override
    void tick(long nowNanos) {
        isDue |= times.takeHasEnded();
        if (isDue || sinceWatermark > 0 && nowNanos - lastNanos >= NANOS_BETWEEN_WATERMARKS) {
            lastNanos = nowNanos;
            emitWatermark();
        }
        if (idleAfterNanos > 0) {
            if (times.findIdle(hasElement, nowNanos, idleAfterNanos)) {
                emitWatermark();
            }
            hasElement = false;
        }
        if (!hasEnded) {
            setIdle(times.areIdle());
        }
    }

    private void setIdle(boolean nowIdle) {
        if (isIdle != nowIdle) {
            if (nowIdle) {
                emitWatermark();
            }
            isIdle = nowIdle;
            tellOthers();
            output.idle(nowIdle);
        }
    }

    @Override
    long nextTickNanos() {
        long watermarkNanos = sinceWatermark > 0 ? lastNanos + NANOS_BETWEEN_WATERMARKS : Long.MAX_VALUE;
        return idleAfterNanos > 0 && !hasEnded
                ? Math.min(watermarkNanos, times.nextIdleNanos(idleAfterNanos))
                : watermarkNanos;
    }

    @Override
    @Nullable
    OperatorCut snapshot(long checkpoint, boolean isSavepoint) {
        return new OperatorCut(context.operatorUid(), null, WatermarkState.write(reach()));
    }

    private void emitWatermark() {
        sinceWatermark = 0;
        isDue = false;
        long watermark = watermarkMillis();
        if (watermark > emittedMillis) {
            emittedMillis = watermark;
            tellOthers();
            output.watermark(watermark);
        }
    }

    private void tellOthers() {
        if (!alignmentGroup.isEmpty()) {
            alignment.reach(isIdle ? Long.MAX_VALUE : emittedMillis);
        }
    }

    private long watermarkMillis() {
        if (hasEnded) {
            return Long.MAX_VALUE;
        }
        long millis = reach();
        return millis < Long.MIN_VALUE + lagMillis ? Long.MIN_VALUE : millis - lagMillis;
    }

    private long reach() {
        reachedMillis = Math.max(reachedMillis, times.reachedMillis());
        return reachedMillis;
    }
}
