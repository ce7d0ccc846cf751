package io.selvage.task.operator;

import io.selvage.api.function.KeySelector;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.KeyedCut;
import io.selvage.checkpoint.backend.KeyedOrigin;
import io.selvage.checkpoint.backend.KeyedStateBackend;
import io.selvage.checkpoint.backend.RetainedState;
import io.selvage.checkpoint.backend.StateMismatchException;
import io.selvage.task.exchange.Shown;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An operator with state for each key, and event time; owned by the subtask's thread. The watermark is part of its
 * checkpoint: a window that had fired before a failure does not open again after it.
 */
abstract class KeyedOperator extends RuntimeOperator {
    /** Until the wall clock is looked at again: it may be set. */
    private static final long LONGEST_WAIT_MILLIS = 1000;

    private static final Object[] NOTHING = {};

    private static final Logger LOG = LoggerFactory.getLogger(KeyedOperator.class);

    private final KeySelector<Object, Object> selector;
    private final Serde<Object> keySerde;
    private final KeyedBackends backends;
    private final InstantSource wall;
    private @Nullable KeyedStateBackend<Object> backend;
    private @Nullable KeyedCut gathering; // The newest cut, while it is not complete.
    private @Nullable Object[] expected = NOTHING; // Elements that come next.
    private @Nullable Object[] expectedKeys = NOTHING;
    private int expectedNext;
    private int expectedCount;
    private boolean hasEnded; // Its input, in this incarnation: the restored watermark may be of one that was drained.
    private boolean isAnnounced; // The watermark has been passed on by this incarnation.
    private long wallMillis = Long.MIN_VALUE; // When it was last looked at.
    private long tickNanos; // Then, by the clock that ticks go by.
    long watermarkMillis = Long.MIN_VALUE;

    KeyedOperator(
            OperatorContext context,
            Output output,
            KeySelector<Object, Object> selector,
            Serde<Object> keySerde,
            KeyedBackends backends,
            InstantSource wall) {
        super(context, output);
        this.selector = selector;
        this.keySerde = keySerde;
        this.backends = backends;
        this.wall = wall;
    }

    /** Obtains states and timers. */
    abstract void openStates(KeyedStateBackend<Object> opening) throws Exception;

    /** Fires what is due in event time. */
    abstract void advance(long newWatermarkMillis) throws Exception;

    /** Fires what is due in processing time; {@link Long#MAX_VALUE}: the input has ended, and all of it is. */
    abstract void advanceProcessing(long nowMillis) throws Exception;

    /** Nothing is due in processing time before; {@link Long#MAX_VALUE}: nothing is. */
    abstract long earliestProcessingMillis();

    final KeyedStateBackend<Object> openBackend(RestoredState restored) {
        KeyedStateBackend<Object> opening = create(restored.keyed());
        backend = opening;
        watermarkMillis = WatermarkState.restore(restored, context);
        try {
            openStates(opening);
        } catch (Throwable thrown) {
            throw context.failed(thrown, "while it obtained its states");
        }
        List<String> dropped = opening.opened();
        if (!dropped.isEmpty()) {
            LOG.warn(
                    "{} has no use for the states {} of the restored checkpoint: they are dropped",
                    context.describe(),
                    dropped);
        }
        return opening;
    }

    private KeyedStateBackend<Object> create(KeyedOrigin origin) {
        try {
            return backends.create(context, keySerde, origin);
        } catch (StateMismatchException e) {
            origin.close();
            throw context.failed(e, "while it took up its state");
        } catch (RuntimeException e) {
            origin.close();
            throw e;
        }
    }

    @Override
    public final boolean prefetches() {
        return true;
    }

    /** A selector that throws does so again when the element itself is there. */
    @Override
    public final void prefetch(Object[] elements, int count) {
        Object[] keys = new Object[count];
        expected = elements;
        expectedKeys = keys;
        expectedNext = 0;
        expectedCount = 0;
        try {
            for (int i = 0; i < count; i++) {
                Object key = selector.key(elements[i]);
                if (key == null) {
                    break;
                }
                keys[i] = key;
                expectedCount++;
            }
            backend().prefetch(keys, expectedCount);
        } catch (Throwable again) {
            if (again instanceof VirtualMachineError && !(again instanceof StackOverflowError)) {
                throw again;
            }
            LOG.debug("A key could not be told ahead of its element", again);
        }
        Arrays.fill(elements, expectedCount, elements.length, null); // Nobody would forget them.
    }

    /** Of what was told ahead; it is not held. */
    private void forgetExpected(int until) {
        for (int i = expectedNext; i < until; i++) {
            expected[i] = null;
            expectedKeys[i] = null;
        }
        expectedNext = until;
    }

    final Object keyOf(Object element) {
        for (int next = expectedNext; next < expectedCount; next++) {
            if (expected[next] == element) {
                Object key = Objects.requireNonNull(expectedKeys[next]);
                forgetExpected(next + 1); // Nobody has asked for those before it: they were too late, perhaps.
                return key;
            }
        }
        return context.keyOf(selector, element);
    }

    final RuntimeException failedOnTimer(Throwable thrown, Object key, long timestampMillis) {
        RuntimeException failure = context.failed(thrown, "on a timer");
        if (failure instanceof OperatorException operator) {
            operator.at("timer at " + timestampMillis + ", key " + Shown.of(key));
        }
        return failure;
    }

    final KeyedStateBackend<Object> backend() {
        return Objects.requireNonNull(backend, "the operator is not open");
    }

    @Override
    public final void watermark(long millis) {
        boolean ends = millis == Long.MAX_VALUE && !hasEnded;
        if (millis <= watermarkMillis && !ends) {
            announceRestored();
            return;
        }
        hasEnded |= ends;
        // What a timer sees is the time that has made it due.
        watermarkMillis = millis;
        try {
            advance(millis);
            if (ends) {
                // Who waits for a time that no input reaches any more would wait in vain.
                advanceProcessing(Long.MAX_VALUE);
                advance(millis);
            }
        } catch (Throwable thrown) {
            throw context.failed(thrown, "on a timer");
        }
        isAnnounced = true;
        output.watermark(millis);
    }

    /** What is downstream of a restored operator has forgotten what it was told before. */
    private void announceRestored() {
        if (!isAnnounced) {
            isAnnounced = true;
            output.watermark(watermarkMillis);
        }
    }

    /** The wall clock; what the subtask has seen of it does not go back. */
    final long processingMillis() {
        wallMillis = Math.max(wallMillis, wall.millis());
        return wallMillis;
    }

    /** No processing time comes after the end of the input. */
    final boolean hasEnded() {
        return hasEnded;
    }

    @Override
    final void tick(long nowNanos) {
        if (earliestProcessingMillis() == Long.MAX_VALUE) {
            return;
        }
        tickNanos = nowNanos;
        long nowMillis = processingMillis();
        if (earliestProcessingMillis() > nowMillis) {
            return;
        }
        try {
            advanceProcessing(nowMillis);
        } catch (Throwable thrown) {
            throw context.failed(thrown, "on a timer");
        }
    }

    @Override
    final long nextTickNanos() {
        long dueMillis = earliestProcessingMillis();
        if (dueMillis == Long.MAX_VALUE) {
            return Long.MAX_VALUE;
        }
        boolean isFar = wallMillis < dueMillis - LONGEST_WAIT_MILLIS;
        return tickNanos
                + TimeUnit.MILLISECONDS.toNanos(isFar ? LONGEST_WAIT_MILLIS : Math.max(0, dueMillis - wallMillis));
    }

    @Override
    final OperatorCut snapshot(long checkpoint, boolean isSavepoint) {
        KeyedCut cut;
        try {
            cut = isSavepoint ? backend().snapshotWhole(checkpoint) : backend().snapshot(checkpoint);
        } catch (Throwable thrown) {
            throw context.failed(thrown, "to write its state at checkpoint " + checkpoint);
        }
        gathering = cut;
        BinaryWriter out = new BinaryWriter(16);
        WatermarkState.write(watermarkMillis, out);
        writeMore(out);
        return new OperatorCut(context.operatorUid(), cut, out.toByteArray());
    }

    /** Writes what a checkpoint keeps of the operator that belongs to no key, behind its event time. */
    void writeMore(BinaryWriter out) {}

    @Override
    final boolean gather(int bytes) {
        KeyedCut cut = gathering;
        try {
            if (cut != null && cut.proceed(bytes)) {
                gathering = null;
            }
        } catch (Throwable thrown) {
            throw context.failed(thrown, "to write its state at a checkpoint");
        }
        return gathering == null;
    }

    @Override
    final void complete(long checkpoint) {
        backend().confirm(checkpoint);
    }

    @Override
    final void abort(long checkpoint, boolean isStored) {
        backend().abort(checkpoint, isStored);
    }

    @Override
    final @Nullable RetainedState retain() {
        return backend == null ? null : backend.retain();
    }
}
