package io.selvage.task.operator;

import io.selvage.api.function.CoProcessFunction;
import io.selvage.api.function.OutputTag;

/** What a general function without keys sees of the element at hand; owned by the subtask's thread. */
class FunctionContext implements CoProcessFunction.Context {
    final TimestampedCollector collector;
    private long timestampMillis;
    private long watermarkMillis = Long.MIN_VALUE;

    FunctionContext(OperatorContext context, Output output) {
        this.collector = new TimestampedCollector(context, output);
    }

    final void at(long newTimestampMillis) {
        timestampMillis = newTimestampMillis;
        collector.at(newTimestampMillis);
    }

    final void watermark(long millis) {
        watermarkMillis = millis;
    }

    @Override
    public final long timestampMillis() {
        return timestampMillis;
    }

    @Override
    public final long watermarkMillis() {
        return watermarkMillis;
    }

    @Override
    public final <X> void output(OutputTag<X> tag, X element) {
        collector.collect(tag, element);
    }
}
