package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.state.MapState;
import io.selvage.api.state.MapStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import io.selvage.examples.nexmark.WinningBids.WinningBid;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Query 6: what does each seller get for an item, on average of the last ten auctions that were over and had a winner?
 * Given anew for each of these.
 */
final class SellerAverages {
    private static final int AUCTIONS = 10;

    private SellerAverages() {}

    /**
     * @param auction the newest of which it is the average
     * @param averagePrice in whole cents, rounded down
     */
    record SellerAverage(long seller, long auction, long averagePrice) {}

    /** An auction that is over. */
    record Sale(long auction, long price) {}

    static DataStream<SellerAverage> of(DataStream<WinningBid> winners) {
        return winners.keyBy(winner -> winner.auction().seller())
                .process(new LastSales())
                .name("average of each seller")
                .uid("seller-averages");
    }

    /**
     * Winners come from several subtasks and so in no order. Which are the last ten is a question of their time: each
     * waits until event time is there.
     */
    @SuppressWarnings("NullAway.Init") // openState comes before any element.
    private static final class LastSales extends KeyedProcessFunction<Long, WinningBid, SellerAverage> {
        private static final long serialVersionUID = 1L;

        private transient MapState<Long, List<Sale>> waiting; // By when they were over.
        private transient ValueState<List<Long>> lastPrices;

        @Override
        public void openState(StateAccess states) {
            waiting = states.map(new MapStateDescriptor<>("waiting", Serdes.LONG, Serdes.list(Serdes.of(Sale.class))));
            lastPrices = states.value(new ValueStateDescriptor<>("last-prices", Serdes.list(Serdes.LONG)));
        }

        @Override
        public void process(WinningBid winner, Context<Long> context, Collector<SellerAverage> out) {
            long overMillis = winner.auction().expiresMillis();
            List<Sale> before = waiting.get(overMillis);
            List<Sale> sales = new ArrayList<>(before == null ? List.of() : before);
            sales.add(new Sale(winner.auction().id(), winner.bid().price()));
            waiting.put(overMillis, sales);
            context.registerEventTimeTimer(overMillis);
        }

        @Override
        public void onTimer(long overMillis, OnTimerContext<Long> context, Collector<SellerAverage> out) {
            List<Sale> over = waiting.get(overMillis);
            if (over == null) {
                return;
            }
            waiting.remove(overMillis);
            List<Long> before = lastPrices.value();
            List<Long> prices = new ArrayList<>(before == null ? List.of() : before);
            over.stream().sorted(Comparator.comparingLong(Sale::auction)).forEach(sale -> {
                prices.add(sale.price());
                if (prices.size() > AUCTIONS) {
                    prices.remove(0);
                }
                out.collect(new SellerAverage(context.key(), sale.auction(), average(prices)));
            });
            lastPrices.update(prices);
        }

        private static long average(List<Long> prices) {
            return prices.stream().mapToLong(Long::longValue).sum() / prices.size();
        }
    }
}
