package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.examples.nexmark.WinningBids.WinningBid;

/** Query 4: the average of the winning bids of each category, given anew for each auction that is over. */
final class CategoryAverages {
    private CategoryAverages() {}

    /**
     * @param auctions of which it is the average
     * @param averagePrice in whole cents, rounded down
     */
    record CategoryAverage(long category, long auctions, long averagePrice) {}

    /** The state of a category. */
    record Sum(long auctions, long prices) {}

    static DataStream<CategoryAverage> of(DataStream<WinningBid> winners) {
        return winners.keyBy(winner -> winner.auction().category())
                .process(new Average())
                .name("average of each category")
                .uid("category-averages");
    }

    @SuppressWarnings("NullAway.Init") // openState comes before any element.
    private static final class Average extends KeyedProcessFunction<Long, WinningBid, CategoryAverage> {
        private static final long serialVersionUID = 1L;

        private transient ValueState<Sum> sum;

        @Override
        public void openState(StateAccess states) {
            sum = states.value(new ValueStateDescriptor<>("sum", Sum.class));
        }

        @Override
        public void process(WinningBid winner, Context<Long> context, Collector<CategoryAverage> out) {
            Sum before = sum.value();
            long price = winner.bid().price();
            Sum now = before == null ? new Sum(1, price) : new Sum(before.auctions() + 1, before.prices() + price);
            sum.update(now);
            out.collect(new CategoryAverage(context.key(), now.auctions(), now.prices() / now.auctions()));
        }
    }
}
