package io.selvage.local.harness;

import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import org.jspecify.annotations.Nullable;

/** Stands where the test puts elements in; never opened. */
record NoSource<T>(Serde<T> serde) implements Source<T, Integer> {
    @Override
    public Serde<Integer> splitSerde() {
        return Serdes.of(Integer.class);
    }

    @Override
    public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
        throw new IllegalStateException("a harness's input is not planned");
    }

    @Override
    public SplitReader<T> reader(Integer split, byte @Nullable [] position, SourceContext context) {
        throw new IllegalStateException("a harness's input is not read");
    }
}
