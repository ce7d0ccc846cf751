package io.selvage.task.operator;

import io.selvage.api.function.Collector;
import io.selvage.api.function.OutputTag;
import org.jspecify.annotations.Nullable;

/** Gives what a function collects the timestamp of the element or timer at hand. Owned by the subtask's thread. */
final class TimestampedCollector implements Collector<Object> {
    private final Output output;
    private final SideOutputs sideOutputs;
    private long timestampMillis;
    private @Nullable RuntimeException failure;

    TimestampedCollector(OperatorContext context, Output output) {
        this.output = output;
        this.sideOutputs = new SideOutputs(context, output);
    }

    void at(long newTimestampMillis) {
        timestampMillis = newTimestampMillis;
    }

    @Override
    public void collect(Object element) {
        try {
            output.emit(element, timestampMillis);
        } catch (RuntimeException e) {
            failure = e;
            throw e;
        }
    }

    /** The same to a side output. */
    void collect(OutputTag<?> tag, Object element) {
        try {
            sideOutputs.emit(tag, element, timestampMillis);
        } catch (RuntimeException e) {
            failure = e;
            throw e;
        }
    }

    /** A function may catch what comes from further down the chain; it must not go unnoticed. */
    void rethrow() {
        if (failure != null) {
            throw failure;
        }
    }
}
