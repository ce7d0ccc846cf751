package io.selvage.task.operator;

import io.selvage.api.function.FlatMapFunction;

/** Owned by the subtask's thread. */
final class FlatMapOperator extends RuntimeOperator {
    private final FlatMapFunction<Object, Object> function;
    private final TimestampedCollector collector;

    FlatMapOperator(OperatorContext context, Output output, FlatMapFunction<Object, Object> function) {
        super(context, output);
        this.function = function;
        this.collector = new TimestampedCollector(context, output);
    }

    @Override
    void open(RestoredState restored) {
        Functions.open(function, context);
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        collector.at(timestampMillis);
        try {
            function.flatMap(value, collector);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis);
        }
        collector.rethrow();
    }

    @Override
    void close() throws Exception {
        function.close();
    }
}
