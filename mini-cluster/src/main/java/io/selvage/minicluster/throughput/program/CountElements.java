package io.selvage.minicluster.throughput.program;

import io.selvage.api.function.AggregateFunction;

/** Counts. */
final class CountElements<T> implements AggregateFunction<T, Long, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public Long create() {
        return 0L;
    }

    @Override
    public Long add(Long count, T element) {
        return count + 1;
    }

    @Override
    public Long result(Long count) {
        return count;
    }
}
