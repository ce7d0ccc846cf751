package io.selvage.task.operator;

import io.selvage.api.function.CoProcessFunction;

/** Runs a user's function on the elements of two inputs; owned by the subtask's thread. */
final class CoProcessOperator extends RuntimeOperator {
    private final CoProcessFunction<Object, Object, Object> function;
    private final FunctionContext element;
    private final ElementReceiver second = this::emitSecond;

    CoProcessOperator(OperatorContext context, Output output, CoProcessFunction<Object, Object, Object> function) {
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
            function.process1(value, element, element.collector);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis);
        }
        element.collector.rethrow();
    }

    @Override
    ElementReceiver second() {
        return second;
    }

    private void emitSecond(Object value, long timestampMillis) {
        element.at(timestampMillis);
        try {
            function.process2(value, element, element.collector);
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
