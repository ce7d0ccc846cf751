package io.selvage.task.operator;

import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.state.MapState;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.window.AlignedWindows;
import io.selvage.api.window.GlobalWindows;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.Trigger;
import io.selvage.api.window.Window;
import io.selvage.api.window.WindowAssigner;
import io.selvage.checkpoint.backend.NamespacedStates;
import io.selvage.checkpoint.backend.TimerQueue;
import io.selvage.checkpoint.backend.WindowStates;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sessions, and windows of any kind that have a trigger; owned by the subtask's thread. Each window has an accumulator
 * of its own, known by the window's start: sessions of a key do not touch each other.
 *
 * <p>A session that grows keeps its start if it can, and so its state where it is. Without a trigger its timer, too,
 * stays where it was: when that fires before the session is over, it is registered for when the session is. With a
 * trigger the session's timers go whenever it changes, and the trigger registers those that it needs.
 */
final class TriggeredWindowOperator extends WindowOperator {
    private static final int NO_SESSION = -1;

    private final @Nullable Trigger<Object> trigger; // Null: sessions that fire when they are over.
    private final boolean isSession;
    private final boolean isGlobal;
    private final long sizeMillis; // Of a session: the gap.
    private final long slideMillis;
    private final WindowStarts starts; // Of tumbling and sliding windows.
    private final TriggerContext at = new TriggerContext();
    private final TimerQueue.Firing<Object, Long> eventFiring =
            (key, start, millis) -> onTimer(TimeDomain.EVENT_TIME, key, start, millis);
    private final TimerQueue.Firing<Object, Long> processingFiring =
            (key, start, millis) -> onTimer(TimeDomain.PROCESSING_TIME, key, start, millis);

    private @Nullable MapState<Long, Long> sessions;
    private @Nullable NamespacedStates<Long> ofTrigger;
    private long[] touched = new long[4]; // Starts of sessions that an element touches.
    private int touchedCount;

    @SuppressWarnings("unchecked")
    TriggeredWindowOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.WindowAggregate<Object, Object, Object, Object, Object> definition,
            KeyedBackends backends,
            Counters counters,
            InstantSource wall) {
        super(context, output, definition, backends, counters, wall);
        this.trigger = (Trigger<Object>) definition.trigger();
        WindowAssigner windows = definition.windows();
        this.isSession = windows instanceof SessionWindows;
        this.isGlobal = windows instanceof GlobalWindows;
        long offsetMillis = 0;
        if (windows instanceof SessionWindows session) {
            this.sizeMillis = session.gapMillis();
            this.slideMillis = 0;
        } else if (windows instanceof AlignedWindows aligned) {
            this.sizeMillis = aligned.sizeMillis();
            this.slideMillis = aligned.slideMillis();
            offsetMillis = aligned.offsetMillis();
        } else {
            this.sizeMillis = 0;
            this.slideMillis = 0;
        }
        this.starts = new WindowStarts(slideMillis, offsetMillis);
    }

    @Override
    void obtain(WindowStates opened) {
        sessions = opened.sessions();
        ofTrigger = opened.ofTrigger();
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
        Object key = keyOf(value);
        backend().setCurrentKey(key);
        try {
            if (isSession) {
                addToSession(key, value, timestampMillis, atMillis);
            } else if (isGlobal) {
                add(key, Window.GLOBAL, value, timestampMillis);
            } else {
                addToEach(key, value, timestampMillis, atMillis);
            }
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis, key);
        }
    }

    private void addToEach(Object key, Object value, long timestampMillis, long atMillis) throws Exception {
        boolean isLate = false;
        boolean isAdded = false;
        long lastStartMillis = starts.of(atMillis);
        for (long start = lastStartMillis; start > atMillis - sizeMillis; start -= slideMillis) {
            if (isPast(start + sizeMillis - 1)) {
                isLate = true;
            } else {
                isAdded = true;
                add(key, new Window(start, start + sizeMillis), value, timestampMillis);
            }
        }
        if (isLate && !isAdded) {
            late(value, timestampMillis);
        }
    }

    private boolean isPast(long lastMillis) {
        return isEventTime && lastMillis <= lateMillis;
    }

    private void add(Object key, Window window, Object value, long timestampMillis) throws Exception {
        Long start = window.startMillis();
        contents().setNamespace(start);
        boolean isNew = accumulators().add(value);
        if (trigger == null) {
            if (isOver(window.lastMillis())) {
                fire(key, window);
            }
            return;
        }
        if (isNew) {
            registerCleanup(window);
        }
        at(window);
        apply(trigger.onElement(value, timestampMillis, at), key, window);
    }

    // ---- sessions ------------------------------------------------------------------------------------------------

    private void addToSession(Object key, Object value, long timestampMillis, long atMillis) throws Exception {
        MapState<Long, Long> all = Objects.requireNonNull(sessions);
        long startMillis = atMillis;
        long endMillis = atMillis + sizeMillis;
        long longest = NO_SESSION;
        touchedCount = 0;
        for (Map.Entry<Long, Long> session : all.entries()) {
            if (session.getKey() <= atMillis + sizeMillis && atMillis <= session.getValue()) {
                touch(session.getKey());
                startMillis = Math.min(startMillis, session.getKey());
                endMillis = Math.max(endMillis, session.getValue());
                longest = session.getValue();
            }
        }
        if (touchedCount == 0 && isPast(endMillis - 1)) {
            late(value, timestampMillis);
            return;
        }
        Window window = new Window(startMillis, endMillis);
        if (touchedCount != 1 || touched[0] != startMillis) {
            become(window);
        } else if (longest != endMillis) {
            grow(window, longest);
        }
        add(key, window, value, timestampMillis);
    }

    private void touch(long startMillis) {
        if (touchedCount == touched.length) {
            touched = Arrays.copyOf(touched, 2 * touchedCount);
        }
        touched[touchedCount++] = startMillis;
    }

    /** Of one session that begins where it did. */
    private void grow(Window window, long endMillisBefore) throws Exception {
        Objects.requireNonNull(sessions).put(window.startMillis(), window.endMillis());
        if (trigger != null) {
            deleteTimers(window.startMillis());
            registerCleanup(window);
            at(window);
            trigger.onMerge(at);
        } else if (isOver(endMillisBefore - 1) && !isOver(window.lastMillis())) {
            registerEnd(window); // It has fired: what waits is its cleanup.
        }
    }

    /** Of no session, of one that begins earlier now, or of several. */
    private void become(Window window) throws Exception {
        MapState<Long, Long> all = Objects.requireNonNull(sessions);
        Long into = window.startMillis();
        Arrays.sort(touched, 0, touchedCount); // So that elements stay in the order of their sessions.
        for (int i = 0; i < touchedCount; i++) {
            Long from = touched[i];
            deleteTimers(from);
            all.remove(from);
            if (!from.equals(into)) {
                contents().merge(from, into);
                if (ofTrigger != null) {
                    ofTrigger.merge(from, into);
                }
            }
        }
        all.put(into, window.endMillis());
        if (trigger == null && !isOver(window.lastMillis())) {
            registerEnd(window);
            return;
        }
        registerCleanup(window);
        if (trigger != null && touchedCount > 0) {
            at(window);
            trigger.onMerge(at);
        }
    }

    /** Of event time: a session that has fired fires again for each element that it is given. */
    private boolean isOver(long lastMillis) {
        return isEventTime && lastMillis <= watermarkMillis;
    }

    // ---- timers --------------------------------------------------------------------------------------------------

    @Override
    void fireDue(TimeDomain domain, long millis) throws Exception {
        states().timers(domain).advance(millis, domain == TimeDomain.EVENT_TIME ? eventFiring : processingFiring);
    }

    private void onTimer(TimeDomain domain, Object key, Long start, long timestampMillis) {
        Window window = windowOf(start);
        if (window == null) {
            return; // The session is part of another one now.
        }
        if (trigger == null) {
            onTimeOfSession(key, window, timestampMillis);
            return;
        }
        at(window);
        try {
            apply(trigger.onTimer(timestampMillis, domain, at), key, window);
        } catch (Throwable thrown) {
            throw failedOnTimer(thrown, key, timestampMillis);
        }
        if (isGlobal || domain != time) {
            return;
        }
        if (timestampMillis >= goesAt(window)) {
            cleanUp(window);
        } else if (timestampMillis >= window.lastMillis()) {
            registerCleanup(window); // It has none if there was no or less lateness when it was new.
        }
    }

    private @Nullable Window windowOf(Long start) {
        if (isGlobal) {
            return Window.GLOBAL;
        }
        if (!isSession) {
            return new Window(start, start + sizeMillis);
        }
        Long endMillis = Objects.requireNonNull(sessions).get(start);
        return endMillis == null ? null : new Window(start, endMillis);
    }

    private void onTimeOfSession(Object key, Window window, long timestampMillis) {
        long overMillis = isEventTime ? window.lastMillis() : window.endMillis();
        if (timestampMillis < overMillis) {
            registerEnd(window); // It has grown since.
            return;
        }
        if (timestampMillis == overMillis) {
            fire(key, window);
        }
        if (timestampMillis >= goesAt(window)) {
            cleanUp(window);
        } else {
            registerCleanup(window);
        }
    }

    private void registerEnd(Window window) {
        states().timers(time).register(window.startMillis(), isEventTime ? window.lastMillis() : window.endMillis());
    }

    private void registerCleanup(Window window) {
        if (!isGlobal) {
            states().timers(time).register(window.startMillis(), goesAt(window));
        }
    }

    /** The time at which the window's contents go. */
    private long goesAt(Window window) {
        return isEventTime ? cleanupMillis(window.lastMillis()) : window.endMillis();
    }

    private void deleteTimers(Long start) {
        delete(states().eventTimers(), start);
        delete(states().processingTimers(), start);
    }

    private static void delete(@Nullable TimerQueue<Object, Long> timers, Long start) {
        if (timers != null) {
            timers.deleteAll(start);
        }
    }

    // ---- firing --------------------------------------------------------------------------------------------------

    private void apply(Trigger.Result decision, Object key, Window window) {
        if (decision.fires()) {
            fire(key, window);
        }
        if (decision.purges()) {
            contents().setNamespace(window.startMillis());
            accumulators().clear();
        }
    }

    private void fire(Object key, Window window) {
        contents().setNamespace(window.startMillis());
        Object accumulator = accumulators().accumulator();
        if (accumulator != null) {
            give(key, window, accumulator);
        }
    }

    private void cleanUp(Window window) {
        Long start = window.startMillis();
        contents().setNamespace(start);
        contents().clear();
        clear(ofTrigger, start);
        clear(states().ofFunction(), start);
        deleteTimers(start);
        if (sessions != null) {
            sessions.remove(start);
        }
    }

    private static void clear(@Nullable NamespacedStates<Long> states, Long start) {
        if (states != null) {
            states.setNamespace(start);
            states.clear();
        }
    }

    private void at(Window window) {
        at.window = window;
        if (ofTrigger != null) {
            ofTrigger.setNamespace(window.startMillis());
        }
    }

    /** Owned by the subtask's thread; valid during a call of the trigger. */
    private final class TriggerContext implements Trigger.Context {
        private Window window = Window.GLOBAL;

        @Override
        public Window window() {
            return window;
        }

        @Override
        public TimeDomain windowTime() {
            return time;
        }

        @Override
        public long watermarkMillis() {
            return watermarkMillis;
        }

        @Override
        public long processingTimeMillis() {
            return processingMillis();
        }

        @Override
        public void registerEventTimeTimer(long timestampMillis) {
            states().timers(TimeDomain.EVENT_TIME).register(window.startMillis(), timestampMillis);
        }

        @Override
        public void deleteEventTimeTimer(long timestampMillis) {
            delete(TimeDomain.EVENT_TIME, timestampMillis);
        }

        @Override
        public void registerProcessingTimeTimer(long timestampMillis) {
            if (!hasEnded()) {
                states().timers(TimeDomain.PROCESSING_TIME).register(window.startMillis(), timestampMillis);
            }
        }

        @Override
        public void deleteProcessingTimeTimer(long timestampMillis) {
            delete(TimeDomain.PROCESSING_TIME, timestampMillis);
        }

        /** What is the window's own stays. */
        private void delete(TimeDomain domain, long timestampMillis) {
            if (isGlobal || domain != time || timestampMillis != goesAt(window)) {
                states().timers(domain).delete(window.startMillis(), timestampMillis);
            }
        }
    }
}
