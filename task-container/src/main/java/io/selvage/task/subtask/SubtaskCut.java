package io.selvage.task.subtask;

import io.selvage.protocol.id.SubtaskId;
import io.selvage.task.exchange.Barrier;
import io.selvage.task.operator.OperatorCut;
import java.util.List;

/**
 * What a subtask contributes to a checkpoint; its synchronous part is over.
 *
 * @param firstBarrierNanos when the first barrier came, or the master's word to a subtask without input
 * @param alignmentMicros from then until the last barrier had come, and had been sent on
 * @param synchronousMicros the subtask's pause
 * @param gatheringMicros from then until all of its state was written, between elements
 * @param recordsRead by a source reader since its incarnation started
 * @param inFlight what was under way on the input channels; empty if the cut has waited for all barriers
 */
public record SubtaskCut(
        SubtaskId subtask,
        Barrier barrier,
        List<OperatorCut> operators,
        long firstBarrierNanos,
        long alignmentMicros,
        long synchronousMicros,
        long gatheringMicros,
        long recordsRead,
        List<ChannelState> inFlight) {
    public SubtaskCut {
        operators = List.copyOf(operators);
        inFlight = List.copyOf(inFlight);
    }

    /** The same, once all of its state is written, and what was under way is known. */
    SubtaskCut completed(long micros, List<ChannelState> captured) {
        return new SubtaskCut(
                subtask,
                barrier,
                operators,
                firstBarrierNanos,
                alignmentMicros,
                synchronousMicros,
                micros,
                recordsRead,
                captured);
    }
}
