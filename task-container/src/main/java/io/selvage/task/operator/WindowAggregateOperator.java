package io.selvage.task.operator;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.graph.MergeAggregate;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.graph.ReduceAggregate;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.window.AlignedWindows;
import io.selvage.api.window.Window;
import io.selvage.checkpoint.backend.Accumulators;
import io.selvage.checkpoint.backend.NamespacedStates;
import io.selvage.checkpoint.backend.TimerQueue;
import io.selvage.checkpoint.backend.WindowStates;
import java.time.InstantSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tumbling and sliding windows that fire when they are over; owned by the subtask's thread.
 *
 * <p>Sliding windows share panes (Li et al., 2005): time is cut at every beginning and every end of a window, an
 * element is folded into the accumulator of its pane alone, and a window's result is that of its panes' accumulators,
 * joined when it fires. A tumbling window is its own only pane. Of each key the next window that is not empty has a
 * timer; when it fires, the one after it gets one if a pane of that has something. With allowed lateness a pane has a
 * timer of its own, for when it goes.
 */
final class WindowAggregateOperator extends WindowOperator {
    private static final int CACHED_STARTS = 64;

    private final long sizeMillis;
    private final long slideMillis;
    private final long paneMillis;
    private final boolean isSliding;
    private final boolean hasLateness;
    private final boolean areImmutable;
    private final Serde<Object> accumulatorSerde;
    private final TimerQueue.Firing<Object, Long> firing = this::onTimer;
    /** Boxed starts of panes, so that an element of an open pane needs no new one. */
    private final @Nullable Long[] starts = new @Nullable Long[CACHED_STARTS];

    private Long recent = 0L; // The one that was wanted last.
    private final WindowStarts windowStarts;
    private final WindowStarts paneStarts;

    private @Nullable NamespacedStates<Long> contents;
    private @Nullable Accumulators<Object, Object, Object> accumulators;
    private @Nullable TimerQueue<Object, Long> timers;

    WindowAggregateOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object> definition,
            KeyedBackends backends,
            Counters counters,
            InstantSource wall) {
        super(context, output, definition, backends, counters, wall);
        if (!(definition.windows() instanceof AlignedWindows windows)) {
            throw new IllegalStateException("windows that have no panes: " + definition.windows());
        }
        this.sizeMillis = windows.sizeMillis();
        this.slideMillis = windows.slideMillis();
        this.paneMillis = windows.paneMillis();
        this.windowStarts = new WindowStarts(slideMillis, windows.offsetMillis());
        this.paneStarts = new WindowStarts(paneMillis, windows.offsetMillis());
        this.isSliding = sizeMillis != slideMillis;
        this.hasLateness = latenessMillis > 0;
        this.areImmutable = areImmutable(aggregate);
        this.accumulatorSerde = definition.accumulatorSerde();
    }

    private static boolean areImmutable(AggregateFunction<?, ?, ?> aggregate) {
        return aggregate instanceof ReduceAggregate
                || aggregate instanceof MergeAggregate<?, ?> merge && areImmutable(merge.aggregate());
    }

    @Override
    void obtain(WindowStates opened) {
        contents = opened.contents();
        accumulators = opened.accumulators();
        timers = opened.timers(time);
    }

    // ---- elements ------------------------------------------------------------------------------------------------

    @Override
    public void emit(Object value, long timestampMillis) {
        long atMillis;
        if (isEventTime) {
            context.requireTimestamp(timestampMillis);
            atMillis = timestampMillis;
        } else {
            atMillis = processingMillis();
        }
        long startMillis = windowStarts.of(atMillis);
        long lastMillis = startMillis + sizeMillis - 1;
        if (atMillis > lastMillis) {
            return; // Windows that slide by more than their size leave it out.
        }
        if (isEventTime && lastMillis <= lateMillis) {
            late(value, timestampMillis);
            return;
        }
        Object key = keyOf(value);
        backend().setCurrentKey(key);
        long paneStartMillis = isSliding ? paneStarts.of(atMillis) : startMillis;
        Long pane = boxed(paneStartMillis);
        Objects.requireNonNull(contents).setNamespace(pane);
        boolean isNew;
        try {
            isNew = Objects.requireNonNull(accumulators).add(value);
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis, key);
        }
        if (isNew) {
            onNewPane(pane, startMillis);
        }
        if (hasLateness) {
            fireAgain(key, paneStartMillis, startMillis);
        }
    }

    /** Start of the first window that holds a pane. */
    private long firstStartOf(long paneStartMillis) {
        return windowStarts.of(paneStartMillis - sizeMillis) + slideMillis;
    }

    private Long boxed(long startMillis) {
        if (recent == startMillis) {
            return recent;
        }
        int slot = (int) Math.floorMod(Math.floorDiv(startMillis, paneMillis), (long) CACHED_STARTS);
        Long cached = starts[slot];
        if (cached == null || cached != startMillis) {
            cached = startMillis;
            starts[slot] = cached;
        }
        recent = cached;
        return cached;
    }

    private void onNewPane(Long pane, long lastStartMillis) {
        long startMillis = isSliding ? firstStartOf(pane) : lastStartMillis;
        if (isEventTime && startMillis + sizeMillis - 1 <= watermarkMillis) {
            // The first that has not fired yet.
            startMillis = windowStarts.of(watermarkMillis - sizeMillis + 1) + slideMillis;
        }
        if (startMillis <= lastStartMillis) {
            registerFiring(startMillis);
        }
        if (hasLateness) {
            registerCleanup(lastStartMillis);
        }
    }

    private void registerCleanup(long startMillis) {
        Objects.requireNonNull(timers).register(boxed(startMillis), cleanupMillis(startMillis + sizeMillis - 1));
    }

    /** A window by the wall clock fires when its last millisecond is over: elements of that are in it still. */
    private void registerFiring(long startMillis) {
        long lastMillis = startMillis + sizeMillis - 1;
        Objects.requireNonNull(timers).register(boxed(startMillis), isEventTime ? lastMillis : lastMillis + 1);
    }

    /** Windows that an element has come to after they had fired. */
    private void fireAgain(Object key, long paneStartMillis, long lastStartMillis) {
        long startMillis = isSliding ? firstStartOf(paneStartMillis) : lastStartMillis;
        for (; startMillis <= lastStartMillis; startMillis += slideMillis) {
            long lastMillis = startMillis + sizeMillis - 1;
            if (lastMillis > watermarkMillis) {
                return;
            }
            if (lastMillis > lateMillis) {
                fire(key, startMillis);
            }
        }
    }

    // ---- firing --------------------------------------------------------------------------------------------------

    @Override
    void fireDue(TimeDomain domain, long millis) throws Exception {
        Objects.requireNonNull(timers).advance(millis, firing);
    }

    private void onTimer(Object key, Long start, long timestampMillis) {
        long lastMillis = start + sizeMillis - 1;
        if (timestampMillis < (isEventTime ? lastMillis : lastMillis + 1)) {
            return; // Of a trigger that the windows had before.
        }
        boolean isCleanup = isEventTime && timestampMillis > lastMillis;
        if (isCleanup && timestampMillis < cleanupMillis(lastMillis)) {
            registerCleanup(start); // There was less lateness when its pane was new.
            return;
        }
        if (!isCleanup) {
            fire(key, start);
        }
        if (isCleanup || !hasLateness) {
            dropPanes(start);
        } else if (hasPanes(start, start + Math.min(slideMillis, sizeMillis))) {
            registerCleanup(start); // It has none if there was no lateness when its pane was new.
        }
        if (isSliding && !isCleanup && hasPanes(start + slideMillis, start + sizeMillis)) {
            registerFiring(start + slideMillis);
        }
    }

    private void fire(Object key, long startMillis) {
        Object accumulator;
        try {
            accumulator = isSliding ? joined(startMillis) : accumulatorOf(startMillis);
        } catch (Throwable thrown) {
            throw failedOnTimer(thrown, key, startMillis + sizeMillis - 1);
        }
        if (accumulator != null) {
            give(key, new Window(startMillis, startMillis + sizeMillis), accumulator);
        }
    }

    private @Nullable Object accumulatorOf(long paneStartMillis) {
        Objects.requireNonNull(contents).setNamespace(boxed(paneStartMillis));
        return Objects.requireNonNull(accumulators).accumulator();
    }

    /** That of all panes of a window; null: they have nothing. */
    private @Nullable Object joined(long startMillis) throws Exception {
        Object joined = null;
        boolean isOfPane = false; // It is a pane's own, which must stay as it is.
        for (long pane = startMillis; pane < startMillis + sizeMillis; pane += paneMillis) {
            Object next = accumulatorOf(pane);
            if (next == null) {
                continue;
            }
            if (joined == null) {
                joined = next;
                isOfPane = true;
                continue;
            }
            if (isOfPane && !areImmutable) {
                joined = merged(aggregate.create(), joined);
            }
            joined = merged(joined, next);
            isOfPane = false;
        }
        return joined;
    }

    /** Whatever the user's merge does, it is none of a pane's own. */
    private Object merged(Object into, Object ofPane) throws Exception {
        Object merged = aggregate.merge(into, ofPane);
        if (merged != ofPane || areImmutable) {
            return merged;
        }
        BinaryWriter bytes = new BinaryWriter();
        accumulatorSerde.write(ofPane, bytes);
        return accumulatorSerde.read(new BinaryReader(bytes.toByteArray()));
    }

    /** Of those that no later window needs. */
    private void dropPanes(long startMillis) {
        long endMillis = startMillis + Math.min(slideMillis, sizeMillis);
        for (long pane = startMillis; pane < endMillis; pane += paneMillis) {
            Objects.requireNonNull(contents).setNamespace(boxed(pane));
            Objects.requireNonNull(accumulators).clear();
        }
    }

    private boolean hasPanes(long startMillis, long endMillis) {
        for (long pane = startMillis; pane < endMillis; pane += paneMillis) {
            if (accumulatorOf(pane) != null) {
                return true;
            }
        }
        return false;
    }
}
