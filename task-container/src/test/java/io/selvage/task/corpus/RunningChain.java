package io.selvage.task.corpus;

import io.selvage.api.graph.Opaque;
import io.selvage.api.graph.Operator;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.OperatorRole;
import io.selvage.api.graph.Vertex;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.protocol.id.CheckpointId;
import io.selvage.task.operator.ChainBuilder;
import io.selvage.task.operator.Counters;
import io.selvage.task.operator.KeyedBackends;
import io.selvage.task.operator.OperatorChain;
import io.selvage.task.operator.OperatorCut;
import io.selvage.task.operator.Output;
import io.selvage.task.operator.RestoredState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Owned by one thread: the operators of one subtask of a sample, without keyed state. */
final class RunningChain implements AutoCloseable {
    private static final String UID = "sample";
    private static final int GROUPS = 16;

    private final int subtask;
    private final OperatorChain chain;
    private final List<String> emitted = new ArrayList<>();
    private long watermarkMillis = Long.MIN_VALUE;
    private long nanos;
    private long checkpoint;

    /** @param states of the first operator, by subtask of then; null: it had none. Empty: nothing is restored */
    RunningChain(OperatorSample sample, int subtask, int parallelism, List<byte @Nullable []> states) {
        this.subtask = subtask;
        List<Operator> operators = new ArrayList<>();
        for (OperatorDefinition definition : sample.definitions()) {
            String uid = operators.isEmpty() ? UID : UID + "-" + operators.size();
            operators.add(new Operator(uid, uid, true, OperatorRole.TRANSFORM, Opaque.write(definition, uid)));
        }
        this.chain = new ChainBuilder(
                        "job", 1, GROUPS, RunningChain.class.getClassLoader(), KeyedBackends.HEAP, () -> nanos)
                .build(new Vertex(1, "sample", parallelism, operators), subtask, new End(), new Counters(), () -> {});
        chain.open(uid -> uid.equals(UID) && !states.isEmpty() ? new Restored(states) : RestoredState.NONE);
        tick();
    }

    private record Restored(List<byte @Nullable []> states) implements RestoredState {
        @Override
        public int parallelism() {
            return states.size();
        }

        @Override
        public List<byte[]> operatorState(int ofSubtask) {
            byte[] state = states.get(ofSubtask);
            return state == null ? List.of() : List.of(state);
        }

        @Override
        public KeyedOrigin keyed() {
            return KeyedOrigin.NOTHING;
        }
    }

    /** Of the chain. */
    private final class End implements Output {
        @Override
        public void emit(Object value, long timestampMillis) {
            emitted.add(OperatorSample.shown(value, " at " + timestampMillis));
        }

        @Override
        public void watermark(long millis) {
            watermarkMillis = millis;
        }

        @Override
        public void idle(boolean isIdle) {}
    }

    int subtask() {
        return subtask;
    }

    void element(Object value, long timestampMillis) {
        chain.emit(value, timestampMillis);
    }

    void elementOfSecond(Object value) {
        chain.input(1).emit(value, 0);
    }

    void watermark(long millis) {
        chain.watermark(millis);
    }

    /** So many elements, or all that there are. */
    void produce(int limit) {
        int left = limit;
        while (left > 0 && !chain.isExhausted()) {
            left -= Math.max(1, chain.produce(Math.min(left, 64), nanos));
            tick();
        }
    }

    private void tick() {
        nanos += 1_000_000_000;
        chain.tick(nanos);
    }

    /** Answers the state of the first operator; null: it has none. */
    byte @Nullable [] cut() {
        checkpoint++;
        List<OperatorCut> cuts = chain.snapshot(new CheckpointId(checkpoint), false);
        while (!chain.gather(Integer.MAX_VALUE)) {}
        return cuts.stream()
                .filter(cut -> cut.operatorUid().equals(UID))
                .map(OperatorCut::operatorState)
                .findFirst()
                .orElse(null);
    }

    List<String> take() {
        List<String> taken = List.copyOf(emitted);
        emitted.clear();
        return taken;
    }

    /** The newest that has come out. */
    long watermarkMillis() {
        return watermarkMillis;
    }

    @Override
    public void close() {
        if (!chain.close().isEmpty()) {
            throw new AssertionError("a chain could not be closed");
        }
    }
}
