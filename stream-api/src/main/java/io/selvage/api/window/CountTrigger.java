package io.selvage.api.window;

import io.selvage.api.state.ReducingState;
import io.selvage.api.state.ReducingStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.type.Serdes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Fires each time that so many elements have come to the window since it last did; what is left when the window goes is
 * not given. The contents stay, unless it is wrapped in a {@link PurgingTrigger}.
 */
public final class CountTrigger<T> implements Trigger<T> {
    private static final long serialVersionUID = 1L;

    private final long count;
    private transient @Nullable ReducingState<Long> come;

    private CountTrigger(long count) {
        if (count < 1) {
            throw new IllegalArgumentException("a trigger can't fire every " + count + " elements");
        }
        this.count = count;
    }

    public static <T> CountTrigger<T> of(long count) {
        return new CountTrigger<>(count);
    }

    @Override
    public void openState(StateAccess states) {
        come = states.reducing(new ReducingStateDescriptor<>("trigger-count", Serdes.LONG, Long::sum));
    }

    @Override
    public Result onElement(T element, long timestampMillis, Context context) throws Exception {
        ReducingState<Long> state = Objects.requireNonNull(come);
        state.add(1L);
        Long now = state.value();
        if (now == null || now < count) {
            return Result.CONTINUE;
        }
        state.clear();
        return Result.FIRE;
    }
}
