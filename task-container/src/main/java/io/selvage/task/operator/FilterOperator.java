package io.selvage.task.operator;

import io.selvage.api.function.FilterFunction;

/** Owned by the subtask's thread. */
final class FilterOperator extends RuntimeOperator {
    private final FilterFunction<Object> function;

    FilterOperator(OperatorContext context, Output output, FilterFunction<Object> function) {
        super(context, output);
        this.function = function;
    }

    @Override
    void open(RestoredState restored) {
        Functions.open(function, context);
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        boolean keep;
        try {
            keep = function.keep(value);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis);
        }
        if (keep) {
            output.emit(value, timestampMillis);
        }
    }

    @Override
    void close() throws Exception {
        function.close();
    }
}
