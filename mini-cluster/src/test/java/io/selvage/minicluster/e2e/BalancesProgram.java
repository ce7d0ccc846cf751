package io.selvage.minicluster.e2e;

import io.selvage.api.StreamEnvironment;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.checkpoint.source.KeyedStateSource;
import io.selvage.connector.file.FileSink;
import io.selvage.minicluster.workload.Account;

/** A program whose input is the state of another one: savepoint, parallelism and output directory are its arguments. */
public final class BalancesProgram {
    private BalancesProgram() {}

    /** A line of its output. */
    public record Balance(long key, long updates, long sum) {}

    public static void main(String[] arguments) {
        StreamEnvironment env = StreamEnvironment.create().parallelism(Integer.parseInt(arguments[1]));
        env.from(
                        KeyedStateSource.of(
                                        arguments[0],
                                        "accounts",
                                        Long.class,
                                        new ValueStateDescriptor<>("account", Account.class))
                                .splits(5),
                        "accounts")
                .map(entry -> new Balance(
                        entry.key(), entry.value().updates(), entry.value().sum()))
                .sinkTo(FileSink.csv(arguments[2], Balance.class), "balances");
        env.execute("balances");
    }
}
