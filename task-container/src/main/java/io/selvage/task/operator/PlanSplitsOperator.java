package io.selvage.task.operator;

import io.selvage.api.connector.Source;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.task.exchange.Timestamps;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Emits a source's splits as elements; owned by the subtask's thread. It is idle whenever all that it has found is
 * emitted: a reader that hears of it knows that it has the splits which were there at the start.
 */
final class PlanSplitsOperator extends RuntimeOperator implements SourceHead {
    static final long NANOS_BETWEEN_DISCOVERIES = TimeUnit.MILLISECONDS.toNanos(200);

    private final Source<Object, Object> source;
    private @Nullable SplitPlanner<Object> planner;
    private long nextNanos = Long.MIN_VALUE;
    private boolean complete;
    private boolean isIdle;

    PlanSplitsOperator(OperatorContext context, Output output, Source<Object, Object> source) {
        super(context, output);
        this.source = source;
    }

    @Override
    void open(RestoredState restored) {
        List<byte[]> states = restored.operatorState(0);
        try {
            planner = source.planner(context, states.isEmpty() ? null : states.get(0));
            complete = planner.isComplete();
        } catch (Throwable thrown) {
            throw context.failed(thrown, "while its planner was made");
        }
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        throw new IllegalStateException(context.describe() + " has no input, and yet was given " + value);
    }

    @Override
    public int produce(int limit, long nowNanos) {
        if (complete || nextNanos != Long.MIN_VALUE && nowNanos - nextNanos < 0) {
            return 0;
        }
        List<Object> splits;
        try {
            splits = planner().discover();
            complete = planner().isComplete();
        } catch (Throwable thrown) {
            throw context.failed(thrown, "while it looked for splits");
        }
        if (!splits.isEmpty()) {
            setIdle(false);
        }
        // All at once, whatever the limit: the planner counts them as given.
        for (Object split : splits) {
            output.emit(split, Timestamps.NONE);
        }
        setIdle(true);
        nextNanos = splits.isEmpty() ? nowNanos + NANOS_BETWEEN_DISCOVERIES : nowNanos;
        return splits.size();
    }

    private void setIdle(boolean nowIdle) {
        if (isIdle != nowIdle) {
            isIdle = nowIdle;
            output.idle(nowIdle);
        }
    }

    @Override
    public long nextProduceNanos() {
        return complete ? Long.MAX_VALUE : nextNanos;
    }

    @Override
    public boolean isExhausted() {
        return complete;
    }

    @Override
    OperatorCut snapshot(long checkpoint, boolean isSavepoint) {
        try {
            return new OperatorCut(context.operatorUid(), null, planner().snapshot());
        } catch (Throwable thrown) {
            throw context.failed(thrown, "at checkpoint " + checkpoint);
        }
    }

    @Override
    void close() throws Exception {
        if (planner != null) {
            planner.close();
        }
    }

    private SplitPlanner<Object> planner() {
        SplitPlanner<Object> opened = planner;
        if (opened == null) {
            throw new IllegalStateException(context.describe() + " is not open");
        }
        return opened;
    }
}
