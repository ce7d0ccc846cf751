package io.selvage.local.harness;

import io.selvage.api.graph.Vertex;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.task.operator.ChainBuilder;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.OperatorChain;
import io.selvage.task.operator.OperatorCut;
import io.selvage.task.operator.Output;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Owned by the test's thread: the steps in one subtask. */
final class RunningSteps implements Output {
    final Counters counters = new Counters();
    final List<Emitted<Object>> emitted;
    long watermarkMillis = Long.MIN_VALUE;
    boolean isIdle;
    private final int subtask;
    private final OperatorChain chain;

    /** @param emitted takes what the last step emits */
    RunningSteps(ChainBuilder chains, Vertex vertex, int subtask, List<Emitted<Object>> emitted) {
        this.subtask = subtask;
        this.emitted = emitted;
        this.chain = chains.build(vertex, subtask, this, counters, () -> {});
    }

    OperatorChain chain() {
        return chain;
    }

    List<Snapshot.Part> snapshot(long checkpoint) {
        CheckpointId id = new CheckpointId(checkpoint);
        List<OperatorCut> cuts = chain.snapshot(id, true);
        while (!chain.gather(Integer.MAX_VALUE)) {
            // There is more than that.
        }
        List<Snapshot.Part> parts = new ArrayList<>();
        for (OperatorCut cut : cuts) {
            byte @Nullable [] keyed = cut.keyed() == null ? null : cut.keyed().bytes();
            parts.add(new Snapshot.Part(cut.operatorUid(), subtask, keyed, cut.operatorState()));
        }
        chain.abort(id, false); // As with a savepoint that is stored: nothing builds on it.
        return parts;
    }

    @Override
    public void emit(Object value, long timestampMillis) {
        emitted.add(OperatorHarness.emitted(value, timestampMillis));
    }

    @Override
    public void watermark(long millis) {
        watermarkMillis = Math.max(watermarkMillis, millis);
    }

    @Override
    public void idle(boolean nowIdle) {
        isIdle = nowIdle;
    }
}
