package io.selvage.task.subtask;

import io.selvage.api.function.KeySelector;
import io.selvage.api.function.Partitioner;
import io.selvage.protocol.wire.FailureKind;
import io.selvage.task.operator.OperatorException;
import java.util.Objects;

/** Sends an element to the subtask that the program's partitioner chooses; owned by the producing subtask's thread. */
final class CustomWriter extends EdgeWriter {
    private final KeySelector<Object, Object> selector;
    private final Partitioner<Object> partitioner;
    private final String producer;
    private final int subtask;

    CustomWriter(OutputEdge edge, Backpressure backpressure) {
        super(edge, backpressure);
        this.selector = Objects.requireNonNull(edge.definition().key(), "a partitioned edge without a key selector");
        this.partitioner =
                Objects.requireNonNull(edge.definition().partitioner(), "a partitioned edge without a partitioner");
        this.producer = edge.producer();
        this.subtask = channels[0].id().fromSubtask();
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        emitTo(channels[indexOf(value)], value, timestampMillis);
    }

    private int indexOf(Object value) {
        int index;
        try {
            index = partitioner.partition(selector.key(value), channels.length);
        } catch (RuntimeException thrown) {
            throw failure("can't be told: " + thrown, thrown);
        }
        if (index < 0 || index >= channels.length) {
            throw failure(
                    "is " + index + ", and there are the subtasks 0 to " + (channels.length - 1),
                    new IndexOutOfBoundsException(index));
        }
        return index;
    }

    private OperatorException failure(String what, RuntimeException cause) {
        return new OperatorException(
                FailureKind.USER_CODE,
                "The subtask that an element which " + producer + " emits is to go to " + what,
                producer,
                subtask,
                cause);
    }
}
