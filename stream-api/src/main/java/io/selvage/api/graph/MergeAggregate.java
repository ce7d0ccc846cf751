package io.selvage.api.graph;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.OpenContext;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.PartialSerde.Partial;
import io.selvage.api.type.Serde;

/** The second of two stages: joins what the first one has folded. */
public record MergeAggregate<A, R>(AggregateFunction<?, A, R> aggregate, Serde<A> accumulatorSerde)
        implements AggregateFunction<Partial, A, R> {
    private static final long serialVersionUID = 1L;

    @Override
    public void open(OpenContext context) throws Exception {
        aggregate.open(context);
    }

    @Override
    public A create() {
        return aggregate.create();
    }

    /** A partial is an element, and stays as it is, whatever the user's merge returns. */
    @Override
    @SuppressWarnings("unchecked")
    public A add(A accumulator, Partial partial) throws Exception {
        A other = (A) partial.accumulator();
        A merged = aggregate.merge(accumulator, other);
        return merged != other || aggregate instanceof ReduceAggregate<?> ? merged : copied(other);
    }

    private A copied(A accumulator) {
        BinaryWriter bytes = new BinaryWriter();
        accumulatorSerde.write(accumulator, bytes);
        return accumulatorSerde.read(new BinaryReader(bytes.toByteArray()));
    }

    @Override
    public R result(A accumulator) throws Exception {
        return aggregate.result(accumulator);
    }

    @Override
    public A merge(A accumulator, A other) throws Exception {
        return aggregate.merge(accumulator, other);
    }

    @Override
    public void close() throws Exception {
        aggregate.close();
    }
}
