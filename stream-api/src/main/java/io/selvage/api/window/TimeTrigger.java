package io.selvage.api.window;

import io.selvage.api.time.TimeDomain;

/**
 * Fires when the window is over, by its own clock, and again for each element that comes late and is allowed to. What
 * windows have that are given no trigger; of use within others.
 */
public record TimeTrigger<T>() implements Trigger<T> {
    private static final long serialVersionUID = 1L;

    public static <T> TimeTrigger<T> create() {
        return new TimeTrigger<>();
    }

    @Override
    public Result onElement(T element, long timestampMillis, Context context) {
        if (context.isLate()) {
            return Result.FIRE;
        }
        context.registerEndTimer();
        return Result.CONTINUE;
    }

    @Override
    public Result onTimer(long timestampMillis, TimeDomain domain, Context context) {
        return context.isEnd(timestampMillis, domain) ? Result.FIRE : Result.CONTINUE;
    }
}
