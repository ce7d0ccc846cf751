package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedCoProcessFunction;
import io.selvage.api.state.ListState;
import io.selvage.api.state.ListStateDescriptor;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;

/**
 * Query 20: bids with their auction, if that is of category 10. A join without a bound in time: a bid that is there
 * sooner than its auction waits for it.
 */
final class ExpandedBids {
    private static final long CATEGORY = 10;

    private ExpandedBids() {}

    record ExpandedBid(Bid bid, Auction auction) {}

    /** Auctions of other categories come to the join, too, so that their bids need not wait for ever. */
    static DataStream<ExpandedBid> of(DataStream<Bid> bids, DataStream<Auction> auctions) {
        return bids.keyBy(Bid::auction)
                .connect(auctions.keyBy(Auction::id))
                .process(new Join())
                .name("expanded bids")
                .uid("expanded-bids");
    }

    @SuppressWarnings("NullAway.Init") // openState comes before any element.
    private static final class Join extends KeyedCoProcessFunction<Long, Bid, Auction, ExpandedBid> {
        private static final long serialVersionUID = 1L;

        private transient ValueState<Boolean> isWanted; // Of an auction that has come.
        private transient ValueState<Auction> wanted;
        private transient ListState<Bid> waiting;

        @Override
        public void openState(StateAccess states) {
            isWanted = states.value(new ValueStateDescriptor<>("is-wanted", Boolean.class));
            wanted = states.value(new ValueStateDescriptor<>("wanted", Auction.class));
            waiting = states.list(new ListStateDescriptor<>("waiting", Bid.class));
        }

        @Override
        public void process1(Bid bid, Context<Long> context, Collector<ExpandedBid> out) {
            Auction auction = wanted.value();
            if (auction != null) {
                out.collect(new ExpandedBid(bid, auction));
            } else if (isWanted.value() == null) {
                waiting.add(bid);
            }
        }

        @Override
        public void process2(Auction auction, Context<Long> context, Collector<ExpandedBid> out) {
            isWanted.update(auction.category() == CATEGORY);
            if (auction.category() == CATEGORY) {
                wanted.update(auction);
                for (Bid bid : waiting.elements()) {
                    out.collect(new ExpandedBid(bid, auction));
                }
            }
            waiting.clear();
        }
    }
}
