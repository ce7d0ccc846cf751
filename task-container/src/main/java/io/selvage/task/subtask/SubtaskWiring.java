package io.selvage.task.subtask;

import io.selvage.protocol.id.SubtaskId;
import io.selvage.task.exchange.Wakeup;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.NanoClock;
import io.selvage.task.operator.OperatorChain;
import io.selvage.task.operator.Output;
import io.selvage.task.operator.RestoredState;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What a subtask is made of.
 *
 * @param wakeup the one that its channels signal
 * @param chain makes a chain in front of an output; its operators are made when it is opened, by the subtask's thread
 * @param restored by operator uid; called by the subtask's thread, and may read files
 * @param channels what is replayed before any input comes; called once, by the subtask's thread, and may read files
 * @param alignment whether, and how long, inputs wait for each other at a barrier
 * @param held it emits nothing and takes no barrier: all that is left to do is to commit what it restores
 * @param flushNanos an element waits no longer than about this before it is sent on
 */
public record SubtaskWiring(
        SubtaskId id,
        Wakeup wakeup,
        List<SubtaskInput> inputs,
        List<OutputEdge> outputs,
        ChainFactory chain,
        Function<String, RestoredState> restored,
        Supplier<List<RestoredChannel>> channels,
        Alignment alignment,
        boolean held,
        long flushNanos,
        NanoClock clock,
        SubtaskListener listener) {
    public SubtaskWiring {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /** Builds the subtask's operators. */
    @FunctionalInterface
    public interface ChainFactory {
        OperatorChain build(Output output, Counters counters);
    }
}
