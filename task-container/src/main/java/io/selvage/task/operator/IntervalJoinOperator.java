package io.selvage.task.operator;

import io.selvage.api.function.KeySelector;
import io.selvage.api.function.OutputTag;
import io.selvage.api.function.ProcessJoinFunction;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.checkpoint.backend.JoinStates;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.TimerQueue;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Joins elements of two keyed inputs that are near in event time; owned by the subtask's thread.
 *
 * <p>What each input has given is kept in stretches as long as the interval, so that an element looks at two of the
 * other input's, or three, however many there are, and one timer takes away a stretch.
 */
final class IntervalJoinOperator extends KeyedOperator {
    private final ProcessJoinFunction<Object, Object, Object> function;
    private final KeySelector<Object, Object> rightSelector;
    private final long lowerMillis;
    private final long upperMillis;
    private final long stretchMillis;
    private final @Nullable OutputTag<Object> lateLeft;
    private final @Nullable OutputTag<Object> lateRight;
    private final OperatorDefinition.IntervalJoin<Object, Object, Object, Object> definition;
    private final Counters counters;
    private final TimestampedCollector collector;
    private final PairContext pair = new PairContext();
    private final ElementReceiver right = this::emitRight;
    private @Nullable JoinStates ofLeft;
    private @Nullable JoinStates ofRight;
    private final TimerQueue.Firing<Object, Long> leftEnd = (key, start, millis) -> drop(ofLeft(), start);
    private final TimerQueue.Firing<Object, Long> rightEnd = (key, start, millis) -> drop(ofRight(), start);

    IntervalJoinOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.IntervalJoin<Object, Object, Object, Object> definition,
            KeyedBackends backends,
            Counters counters,
            InstantSource wall) {
        super(context, output, definition.leftKey(), definition.keySerde(), backends, wall);
        this.definition = definition;
        this.function = definition.function();
        this.rightSelector = definition.rightKey();
        this.lowerMillis = definition.lowerMillis();
        this.upperMillis = definition.upperMillis();
        this.stretchMillis = Math.max(1, upperMillis - lowerMillis);
        this.lateLeft = definition.lateLeft();
        this.lateRight = definition.lateRight();
        this.counters = counters;
        this.collector = new TimestampedCollector(context, output);
    }

    @Override
    void open(RestoredState restored) {
        Functions.open(function, context);
        openBackend(restored);
    }

    @Override
    void openStates(KeyedStateBackend<Object> opening) {
        JoinStates.Both opened = JoinStates.of(opening, definition);
        ofLeft = opened.left();
        ofRight = opened.right();
    }

    // ---- elements ------------------------------------------------------------------------------------------------

    @Override
    public void emit(Object value, long timestampMillis) {
        context.requireTimestamp(timestampMillis);
        if (timestampMillis <= watermarkMillis) {
            late(lateLeft, value, timestampMillis);
            return;
        }
        Object key = keyOf(value);
        backend().setCurrentKey(key);
        try {
            joinWithRight(value, timestampMillis);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis, key);
        }
        collector.rethrow();
        keep(ofLeft(), value, timestampMillis, upperMillis);
    }

    @Override
    ElementReceiver second() {
        return right;
    }

    private void emitRight(Object value, long timestampMillis) {
        context.requireTimestamp(timestampMillis);
        if (timestampMillis <= watermarkMillis) {
            late(lateRight, value, timestampMillis);
            return;
        }
        Object key = context.keyOf(rightSelector, value);
        backend().setCurrentKey(key);
        try {
            joinWithLeft(value, timestampMillis);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis, key);
        }
        collector.rethrow();
        keep(ofRight(), value, timestampMillis, -lowerMillis);
    }

    private void late(@Nullable OutputTag<Object> tag, Object value, long timestampMillis) {
        counters.recordsLate++;
        if (tag != null) {
            collector.at(timestampMillis);
            collector.collect(tag, value);
        }
    }

    private void joinWithRight(Object left, long timestampMillis) throws Exception {
        long fromMillis = timestampMillis + lowerMillis;
        long toMillis = timestampMillis + upperMillis;
        for (long start = startOf(fromMillis); start <= toMillis; start += stretchMillis) {
            JoinStates others = ofRight();
            others.stretches().setNamespace(start);
            Iterator<Object> elements = others.elements().elements().iterator();
            for (long atMillis : others.timestamps().elements()) {
                Object other = elements.next();
                if (atMillis >= fromMillis && atMillis <= toMillis) {
                    join(left, timestampMillis, other, atMillis);
                }
            }
        }
    }

    private void joinWithLeft(Object value, long timestampMillis) throws Exception {
        long fromMillis = timestampMillis - upperMillis;
        long toMillis = timestampMillis - lowerMillis;
        for (long start = startOf(fromMillis); start <= toMillis; start += stretchMillis) {
            JoinStates others = ofLeft();
            others.stretches().setNamespace(start);
            Iterator<Object> elements = others.elements().elements().iterator();
            for (long atMillis : others.timestamps().elements()) {
                Object other = elements.next();
                if (atMillis >= fromMillis && atMillis <= toMillis) {
                    join(other, atMillis, value, timestampMillis);
                }
            }
        }
    }

    private long startOf(long millis) {
        return millis - Math.floorMod(millis, stretchMillis);
    }

    private void join(Object left, long leftMillis, Object other, long rightMillis) throws Exception {
        pair.leftMillis = leftMillis;
        pair.rightMillis = rightMillis;
        collector.at(Math.max(leftMillis, rightMillis));
        function.process(left, other, pair, collector);
    }

    /** @param aheadMillis how far the last element that it can be joined with may be ahead of it */
    private void keep(JoinStates own, Object value, long timestampMillis, long aheadMillis) {
        if (timestampMillis + aheadMillis <= watermarkMillis) {
            return; // What could come for it would be late.
        }
        Long start = startOf(timestampMillis);
        own.stretches().setNamespace(start);
        own.timestamps().add(timestampMillis);
        own.elements().add(value);
        own.ends().register(start, start + stretchMillis - 1 + Math.max(0, aheadMillis));
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    @Override
    void advance(long newWatermarkMillis) throws Exception {
        ofLeft().ends().advance(newWatermarkMillis, leftEnd);
        ofRight().ends().advance(newWatermarkMillis, rightEnd);
    }

    @Override
    void advanceProcessing(long nowMillis) {
        // There is nothing of the kind.
    }

    @Override
    long earliestProcessingMillis() {
        return Long.MAX_VALUE;
    }

    private static void drop(JoinStates states, Long start) {
        states.stretches().setNamespace(start);
        states.stretches().clear();
    }

    private JoinStates ofLeft() {
        return Objects.requireNonNull(ofLeft, "the operator is not open");
    }

    private JoinStates ofRight() {
        return Objects.requireNonNull(ofRight, "the operator is not open");
    }

    @Override
    void close() throws Exception {
        function.close();
    }

    /** Owned by the subtask's thread; valid during a call of the function. */
    private final class PairContext implements ProcessJoinFunction.Context {
        private long leftMillis;
        private long rightMillis;

        @Override
        public long leftTimestampMillis() {
            return leftMillis;
        }

        @Override
        public long rightTimestampMillis() {
            return rightMillis;
        }

        @Override
        public <X> void output(OutputTag<X> tag, X element) {
            collector.collect(tag, element);
        }
    }
}
