package io.selvage.examples.nexmark;

import io.selvage.api.function.AggregateFunction;

/** How many bids there are. */
final class CountBids implements AggregateFunction<Bid, Long, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public Long create() {
        return 0L;
    }

    @Override
    public Long add(Long count, Bid bid) {
        return count + 1;
    }

    @Override
    public Long merge(Long count, Long other) {
        return count + other;
    }

    @Override
    public Long result(Long count) {
        return count;
    }
}
