package io.selvage.task.operator;

import io.selvage.api.function.ProcessFunction;

/** Owned by the subtask's thread. */
final class ProcessOperator extends RuntimeOperator {
    private final ProcessFunction<Object, Object> function;
    private final FunctionContext element;

    ProcessOperator(OperatorContext context, Output output, ProcessFunction<Object, Object> function) {
        super(context, output);
        this.function = function;
        this.element = new FunctionContext(context, output);
    }

    @Override
    void open(RestoredState restored) {
        Functions.open(function, context);
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        element.at(timestampMillis);
        try {
            function.process(value, element, element.collector);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis);
        }
        element.collector.rethrow();
    }

    @Override
    public void watermark(long millis) {
        element.watermark(millis);
        output.watermark(millis);
    }

    @Override
    void close() throws Exception {
        function.close();
    }
}
