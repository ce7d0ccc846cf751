package io.selvage.task.operator;

import io.selvage.api.function.BroadcastProcessFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;

/** Runs a user's function on elements, and on broadcast ones at the second input; owned by the subtask's thread. */
final class BroadcastProcessOperator extends RuntimeOperator {
    private final BroadcastProcessFunction<Object, Object, Object> function;
    private final BroadcastStates states;
    private final BroadcastContext element;
    private final ElementReceiver second = this::emitBroadcast;

    BroadcastProcessOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.BroadcastProcess<Object, Object, Object> definition) {
        super(context, output);
        this.function = definition.function();
        this.states = new BroadcastStates(context, definition.states());
        this.element = new BroadcastContext(context, output, states);
    }

    @Override
    void open(RestoredState restored) {
        if (restored.parallelism() > 0) {
            restored.heldState(BroadcastStates.origin(context.subtask(), restored.parallelism()))
                    .forEach(bytes -> states.read(new BinaryReader(bytes)));
        }
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
    ElementReceiver second() {
        return second;
    }

    private void emitBroadcast(Object value, long timestampMillis) {
        element.at(timestampMillis);
        try {
            function.processBroadcast(value, element, element.collector);
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
    OperatorCut snapshot(long checkpoint, boolean isSavepoint) {
        BinaryWriter out = new BinaryWriter();
        try {
            states.write(out);
        } catch (Throwable thrown) {
            throw context.failed(thrown, "to write its broadcast state at checkpoint " + checkpoint);
        }
        return new OperatorCut(context.operatorUid(), null, out.toByteArray());
    }

    @Override
    void close() throws Exception {
        function.close();
    }
}
