package io.selvage.task.subtask;

import io.selvage.protocol.id.SubtaskId;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.operator.OperatorCut;
import java.util.List;

/**
 * What a subtask contributes to a checkpoint; its synchronous part is over.
 *
 * @param alignmentMicros first barrier to last
 * @param synchronousMicros the subtask's pause
 * @param recordsRead by a source reader since its incarnation started
 */
public record SubtaskCut(
        SubtaskId subtask,
        Barrier barrier,
        List<OperatorCut> operators,
        long alignmentMicros,
        long synchronousMicros,
        long recordsRead) {
    public SubtaskCut {
        operators = List.copyOf(operators);
    }
}
