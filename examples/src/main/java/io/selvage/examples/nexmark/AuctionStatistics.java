package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** Query 17: how many bids had an auction on each day, and of what prices? Given anew for each bid. */
final class AuctionStatistics {
    private static final long RANK_2 = 10_000;
    private static final long RANK_3 = 1_000_000;

    private AuctionStatistics() {}

    /** @param day in UTC */
    record AuctionDay(long auction, LocalDate day) {
        static AuctionDay of(Bid bid) {
            return new AuctionDay(
                    bid.auction(), LocalDate.ofInstant(Instant.ofEpochMilli(bid.timeMillis()), ZoneOffset.UTC));
        }
    }

    /**
     * @param bids all of that day so far
     * @param rank1Bids below 100 dollars; {@code rank2Bids} below 10,000; {@code rank3Bids} are the others
     * @param averagePrice in whole cents, rounded down
     */
    record DayStatistics(
            long auction,
            LocalDate day,
            long bids,
            long rank1Bids,
            long rank2Bids,
            long rank3Bids,
            long lowestPrice,
            long highestPrice,
            long averagePrice,
            long sumOfPrices) {

        static DayStatistics none(AuctionDay key) {
            return new DayStatistics(key.auction(), key.day(), 0, 0, 0, 0, Long.MAX_VALUE, Long.MIN_VALUE, 0, 0);
        }

        DayStatistics plus(long price) {
            return new DayStatistics(
                    auction,
                    day,
                    bids + 1,
                    rank1Bids + (price < RANK_2 ? 1 : 0),
                    rank2Bids + (price >= RANK_2 && price < RANK_3 ? 1 : 0),
                    rank3Bids + (price >= RANK_3 ? 1 : 0),
                    Math.min(lowestPrice, price),
                    Math.max(highestPrice, price),
                    (sumOfPrices + price) / (bids + 1),
                    sumOfPrices + price);
        }
    }

    static DataStream<DayStatistics> of(DataStream<Bid> bids) {
        return bids.keyBy(AuctionDay::of)
                .process(new Update())
                .name("statistics of each auction and day")
                .uid("auction-days");
    }

    @SuppressWarnings("NullAway.Init") // openState comes before any element.
    private static final class Update extends KeyedProcessFunction<AuctionDay, Bid, DayStatistics> {
        private static final long serialVersionUID = 1L;

        private transient ValueState<DayStatistics> statistics;

        @Override
        public void openState(StateAccess states) {
            statistics = states.value(new ValueStateDescriptor<>("statistics", DayStatistics.class));
        }

        @Override
        public void process(Bid bid, Context<AuctionDay> context, Collector<DayStatistics> out) {
            DayStatistics before = statistics.value();
            DayStatistics now = (before == null ? DayStatistics.none(context.key()) : before).plus(bid.price());
            statistics.update(now);
            out.collect(now);
        }
    }
}
