package io.selvage.api.window;

import io.selvage.api.state.StateAccess;
import io.selvage.api.time.TimeDomain;

/** Does what another trigger does, and each time that fires, the window loses its contents. */
public record PurgingTrigger<T>(Trigger<T> trigger) implements Trigger<T> {
    private static final long serialVersionUID = 1L;

    public static <T> PurgingTrigger<T> of(Trigger<T> trigger) {
        return new PurgingTrigger<>(trigger);
    }

    @Override
    public void openState(StateAccess states) throws Exception {
        trigger.openState(states);
    }

    @Override
    public Result onElement(T element, long timestampMillis, Context context) throws Exception {
        return purging(trigger.onElement(element, timestampMillis, context));
    }

    @Override
    public Result onTimer(long timestampMillis, TimeDomain domain, Context context) throws Exception {
        return purging(trigger.onTimer(timestampMillis, domain, context));
    }

    @Override
    public void onMerge(Context context) throws Exception {
        trigger.onMerge(context);
    }

    private static Result purging(Result result) {
        return result == Result.FIRE ? Result.FIRE_AND_PURGE : result;
    }
}
