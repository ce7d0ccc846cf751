package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;

/**
 * Query 18: the last bid of each bidder for each auction, given whenever there is a later one. Of several of the same
 * millisecond the one that comes last is the last.
 */
final class LastBids {
    private LastBids() {}

    record BidderAuction(long bidder, long auction) {
        static BidderAuction of(Bid bid) {
            return new BidderAuction(bid.bidder(), bid.auction());
        }
    }

    static DataStream<Bid> of(DataStream<Bid> bids) {
        return bids.keyBy(BidderAuction::of)
                .process(new Latest())
                .name("last bids")
                .uid("last-bids");
    }

    @SuppressWarnings("NullAway.Init") // openState comes before any element.
    private static final class Latest extends KeyedProcessFunction<BidderAuction, Bid, Bid> {
        private static final long serialVersionUID = 1L;

        private transient ValueState<Long> lastMillis;

        @Override
        public void openState(StateAccess states) {
            lastMillis = states.value(new ValueStateDescriptor<>("last-millis", Long.class));
        }

        @Override
        public void process(Bid bid, Context<BidderAuction> context, Collector<Bid> out) {
            Long last = lastMillis.value();
            if (last == null || bid.timeMillis() >= last) {
                lastMillis.update(bid.timeMillis());
                out.collect(bid);
            }
        }
    }
}
