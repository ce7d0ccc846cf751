package io.selvage.task.operator;

import io.selvage.api.function.MapFunction;

/** Owned by the subtask's thread. */
final class MapOperator extends RuntimeOperator {
    private final MapFunction<Object, Object> function;

    MapOperator(OperatorContext context, Output output, MapFunction<Object, Object> function) {
        super(context, output);
        this.function = function;
    }

    @Override
    void open(RestoredState restored) {
        Functions.open(function, context);
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        Object result;
        try {
            result = function.map(value);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis);
        }
        if (result == null) {
            throw context.failedOn(new NullPointerException("the function returned null"), value, timestampMillis);
        }
        output.emit(result, timestampMillis);
    }

    @Override
    void close() throws Exception {
        function.close();
    }
}
