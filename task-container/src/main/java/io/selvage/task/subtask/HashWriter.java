package io.selvage.task.subtask;

import io.selvage.api.function.KeySelector;
import io.selvage.checkpoint.backend.KeyGrouper;
import io.selvage.checkpoint.backend.KeyGroups;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.task.exchange.OutputChannel;
import io.selvage.task.operator.OperatorException;
import java.util.Objects;

/** Sends an element to the subtask that owns its key's group; owned by the producing subtask's thread. */
final class HashWriter extends EdgeWriter {
    private final KeySelector<Object, Object> selector;
    private final KeyGrouper<Object> grouper;
    private final OutputChannel[] channelByGroup;
    private final String producer;
    private final int subtask;

    HashWriter(OutputEdge edge, Backpressure backpressure) {
        super(edge, backpressure);
        this.selector = Objects.requireNonNull(edge.definition().key(), "a hash edge without a key selector");
        this.grouper = KeyGrouper.of(
                Objects.requireNonNull(edge.definition().keySerde(), "a hash edge without a key serde"),
                edge.maxParallelism());
        this.producer = edge.producer();
        this.subtask = channels[0].id().fromSubtask();
        this.channelByGroup = new OutputChannel[edge.maxParallelism()];
        for (int group = 0; group < channelByGroup.length; group++) {
            channelByGroup[group] = channels[KeyGroups.subtaskOf(group, channels.length, edge.maxParallelism())];
        }
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        emitTo(channelByGroup[groupOf(value)], value, timestampMillis);
    }

    private int groupOf(Object value) {
        try {
            return grouper.groupOf(selector.key(value));
        } catch (RuntimeException thrown) {
            throw new OperatorException(
                    FailureKind.USER_CODE,
                    "The key of an element that " + producer + " emits can't be told: " + thrown,
                    producer,
                    subtask,
                    thrown);
        }
    }
}
