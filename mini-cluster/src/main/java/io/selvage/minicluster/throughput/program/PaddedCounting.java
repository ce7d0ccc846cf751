package io.selvage.minicluster.throughput.program;

import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The same as {@link Counting} with a state of so many bytes, all of which change. Owned by the subtask's thread. */
final class PaddedCounting<T extends Element<T>> extends KeyedProcessFunction<Long, T, Count> {
    private static final long serialVersionUID = 1L;

    private final int bytes;
    private transient @Nullable ValueState<Counted> counts;

    PaddedCounting(int bytes) {
        this.bytes = bytes;
    }

    @Override
    public void openState(StateAccess states) {
        counts = states.value(new ValueStateDescriptor<>("count", Counted.class));
    }

    @Override
    public void process(T element, Context<Long> context, Collector<Count> out) {
        ValueState<Counted> mine = Objects.requireNonNull(counts);
        Counted before = mine.value();
        long count = before == null ? 1 : before.count() + 1;
        mine.update(new Counted(count, padding(element.value())));
        out.collect(new Count(context.key(), count, element.value()));
    }

    /**
     * Half of it is noise, as with records of a real kind: what is all the same takes no room where it is compressed.
     */
    private byte[] padding(long number) {
        byte[] padding = new byte[bytes];
        long noise = Elements.mix(number);
        for (int at = 0; at + Long.BYTES <= bytes; at += 2 * Long.BYTES) {
            noise = Elements.next(noise);
            Elements.EIGHT_BYTES.set(padding, at, noise);
        }
        return padding;
    }
}
