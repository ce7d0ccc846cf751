package io.selvage.api.window;

import io.selvage.api.state.ReducingState;
import io.selvage.api.state.ReducingStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.time.TimeDomain;
import io.selvage.api.type.Serdes;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Gives early results: fires at most every interval, if elements have come since it last did, and when the window is
 * over.
 */
public final class ContinuousTrigger<T> implements Trigger<T> {
    private static final long serialVersionUID = 1L;

    private final long intervalMillis;
    private final TimeDomain time;
    private transient @Nullable ReducingState<Long> next; // When it fires next; none: nothing has come since it did.

    private ContinuousTrigger(Duration interval, TimeDomain time) {
        this.intervalMillis = interval.toMillis();
        this.time = time;
        if (intervalMillis < 1) {
            throw new IllegalArgumentException("a trigger can't fire every " + interval);
        }
    }

    /** Of the wall clock. */
    public static <T> ContinuousTrigger<T> everyProcessingTime(Duration interval) {
        return new ContinuousTrigger<>(interval, TimeDomain.PROCESSING_TIME);
    }

    /** Of the watermark. */
    public static <T> ContinuousTrigger<T> everyEventTime(Duration interval) {
        return new ContinuousTrigger<>(interval, TimeDomain.EVENT_TIME);
    }

    @Override
    public void openState(StateAccess states) {
        next = states.reducing(new ReducingStateDescriptor<>("trigger-next", Serdes.LONG, Math::min));
    }

    @Override
    public Result onElement(T element, long timestampMillis, Context context) throws Exception {
        if (context.isLate()) {
            return Result.FIRE;
        }
        context.registerEndTimer();
        ReducingState<Long> state = Objects.requireNonNull(next);
        if (state.value() == null) {
            long now = time == TimeDomain.EVENT_TIME ? timestampMillis : context.processingTimeMillis();
            long at = now - Math.floorMod(now, intervalMillis) + intervalMillis;
            state.add(at);
            register(at, context);
        }
        return Result.CONTINUE;
    }

    @Override
    public Result onTimer(long timestampMillis, TimeDomain domain, Context context) {
        if (context.isEnd(timestampMillis, domain)) {
            return Result.FIRE;
        }
        ReducingState<Long> state = Objects.requireNonNull(next);
        Long at = state.value();
        if (domain != time || at == null || at != timestampMillis) {
            return Result.CONTINUE;
        }
        state.clear();
        return Result.FIRE;
    }

    @Override
    public void onMerge(Context context) {
        Long at = Objects.requireNonNull(next).value();
        if (at != null) {
            register(at, context);
        }
    }

    private void register(long at, Context context) {
        switch (time) {
            case EVENT_TIME -> context.registerEventTimeTimer(at);
            case PROCESSING_TIME -> context.registerProcessingTimeTimer(at);
        }
    }
}
