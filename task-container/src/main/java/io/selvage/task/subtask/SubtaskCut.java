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
 * @param inFlight what was under way on the input channels; empty if the cut has waited for all barriers
 */
public record SubtaskCut(
        SubtaskId subtask,
        Barrier barrier,
        List<OperatorCut> operators,
        long alignmentMicros,
        long synchronousMicros,
        long recordsRead,
        List<ChannelState> inFlight) {
    public SubtaskCut {
        operators = List.copyOf(operators);
        inFlight = List.copyOf(inFlight);
    }

    SubtaskCut with(List<ChannelState> captured) {
        return new SubtaskCut(subtask, barrier, operators, alignmentMicros, synchronousMicros, recordsRead, captured);
    }
}
