package io.selvage.minicluster.throughput.program;

import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Counts the elements of each key, and emits every count. Owned by the subtask's thread. */
final class Counting<T extends Element<T>> extends KeyedProcessFunction<Long, T, Count> {
    private static final long serialVersionUID = 1L;

    private transient @Nullable ValueState<Long> counts;

    @Override
    public void openState(StateAccess states) {
        counts = states.value(new ValueStateDescriptor<>("count", Long.class));
    }

    @Override
    public void process(T element, Context<Long> context, Collector<Count> out) {
        ValueState<Long> mine = Objects.requireNonNull(counts);
        Long before = mine.value();
        Long count = before == null ? 1 : before + 1;
        mine.update(count);
        out.collect(new Count(context.key(), count, element.value()));
    }
}
