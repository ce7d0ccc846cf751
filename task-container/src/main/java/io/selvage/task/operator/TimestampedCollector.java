package io.selvage.task.operator;

import io.selvage.api.function.Collector;
import org.jspecify.annotations.Nullable;

/** Gives what a function collects the timestamp of the element or timer at hand. Owned by the subtask's thread. */
final class TimestampedCollector implements Collector<Object> {
    private final Output output;
    private long timestampMillis;
    private @Nullable RuntimeException failure;

    TimestampedCollector(Output output) {
        this.output = output;
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

    /** A function may catch what comes from further down the chain; it must not go unnoticed. */
    void rethrow() {
        if (failure != null) {
            throw failure;
        }
    }
}
