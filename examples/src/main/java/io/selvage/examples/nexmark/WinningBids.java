package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import java.util.ArrayList;
import java.util.List;

/**
 * Query 9, and what queries 4 and 6 begin with: the best bid of each auction, given once, when event time has passed
 * the auction's end. Bids from before its beginning do not count, nor do those after its end; an auction without a bid
 * has no winner.
 */
final class WinningBids {
    private WinningBids() {}

    record WinningBid(Auction auction, Bid bid) {}

    static DataStream<WinningBid> of(DataStream<Auction> auctions, DataStream<Bid> bids) {
        return auctions.keyBy(Auction::id)
                .connect(bids.keyBy(Bid::auction))
                .process(new Closing())
                .name("winning bids")
                .uid("winning-bids");
    }

    /**
     * Of two readers one may be ahead: bids may come before their auction though they were made after its beginning.
     * They are kept until event time has passed them: an auction that comes later has begun later, too.
     */
    @SuppressWarnings("NullAway.Init") // openState comes before any element.
    private static final class Closing extends KeyedCoProcessFunction<Long, Auction, Bid, WinningBid> {
        private static final long serialVersionUID = 1L;

        private transient ValueState<Auction> open;
        private transient ValueState<Bid> best;
        private transient ListState<Bid> early;

        @Override
        public void openState(StateAccess states) {
            open = states.value(new ValueStateDescriptor<>("open", Auction.class));
            best = states.value(new ValueStateDescriptor<>("best", Bid.class));
            early = states.list(new ListStateDescriptor<>("early", Bid.class));
        }

        @Override
        public void process1(Auction auction, Context<Long> context, Collector<WinningBid> out) {
            open.update(auction);
            context.registerEventTimeTimer(auction.expiresMillis());
            for (Bid bid : early.elements()) {
                offer(auction, bid);
            }
            early.clear();
        }

        @Override
        public void process2(Bid bid, Context<Long> context, Collector<WinningBid> out) {
            Auction auction = open.value();
            if (auction != null) {
                offer(auction, bid);
                return;
            }
            if (!early.elements().iterator().hasNext()) {
                context.registerEventTimeTimer(bid.timeMillis());
            }
            early.add(bid);
        }

        private void offer(Auction auction, Bid bid) {
            boolean isInTime = bid.timeMillis() >= auction.timeMillis() && bid.timeMillis() <= auction.expiresMillis();
            Bid before = best.value();
            if (isInTime && (before == null || Bid.BEST_FIRST.compare(bid, before) < 0)) {
                best.update(bid);
            }
        }

        @Override
        public void onTimer(long timestampMillis, OnTimerContext<Long> context, Collector<WinningBid> out) {
            Auction auction = open.value();
            if (auction == null) {
                forgetEarlyBids(context);
                return;
            }
            if (timestampMillis < auction.expiresMillis()) {
                return; // One for early bids, from before the auction came.
            }
            Bid winner = best.value();
            if (winner != null) {
                out.collect(new WinningBid(auction, winner));
            }
            open.clear();
            best.clear();
        }

        private void forgetEarlyBids(Context<Long> context) {
            List<Bid> kept = new ArrayList<>();
            for (Bid bid : early.elements()) {
                if (bid.timeMillis() > context.watermarkMillis()) {
                    kept.add(bid);
                }
            }
            early.clear();
            kept.forEach(early::add);
            if (!kept.isEmpty()) {
                context.registerEventTimeTimer(kept.get(0).timeMillis());
            }
        }
    }
}
