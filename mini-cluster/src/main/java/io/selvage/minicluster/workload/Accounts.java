package io.selvage.minicluster.workload;

import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Keeps an account for each key, and emits it with every arrival. Owned by the subtask's thread. */
final class Accounts extends KeyedProcessFunction<Long, Arrival, Update> {
    private static final long serialVersionUID = 1L;

    private final int stateBytes;
    private transient @Nullable ValueState<Account> accounts;

    Accounts(int stateBytes) {
        this.stateBytes = stateBytes;
    }

    @Override
    public void openState(StateAccess states) {
        accounts = states.value(new ValueStateDescriptor<>("account", Account.class));
    }

    @Override
    public void process(Arrival arrival, Context<Long> context, Collector<Update> out) {
        ValueState<Account> mine = Objects.requireNonNull(accounts);
        Account before = mine.value();
        long updates = before == null ? 1 : before.updates() + 1;
        long sum = (before == null ? 0 : before.sum()) + Arrivals.amount(arrival.reader(), arrival.sequence());
        byte[] padding = new byte[stateBytes];
        Arrays.fill(padding, (byte) updates);
        mine.update(new Account(updates, sum, padding));
        out.collect(new Update(arrival.key(), arrival.reader(), arrival.sequence(), updates, sum));
    }
}
