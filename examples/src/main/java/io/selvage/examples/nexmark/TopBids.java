package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.function.Collector;
import io.selvage.api.function.KeyedProcessFunction;
import io.selvage.api.state.StateAccess;
import io.selvage.api.state.ValueState;
import io.selvage.api.state.ValueStateDescriptor;
import io.selvage.api.type.Serdes;
import java.util.ArrayList;
import java.util.List;

/** Query 19: the ten best bids of each auction. Whenever another bid has a rank, that rank is given anew. */
final class TopBids {
    private static final int RANKS = 10;

    private TopBids() {}

    /** @param rank from 1 */
    record RankedBid(long auction, int rank, Bid bid) {}

    static DataStream<RankedBid> of(DataStream<Bid> bids) {
        return bids.keyBy(Bid::auction).process(new Rank()).name("top bids").uid("top-bids");
    }

    @SuppressWarnings("NullAway.Init") // openState comes before any element.
    private static final class Rank extends KeyedProcessFunction<Long, Bid, RankedBid> {
        private static final long serialVersionUID = 1L;

        private transient ValueState<List<Bid>> top; // In the order of their ranks.

        @Override
        public void openState(StateAccess states) {
            top = states.value(new ValueStateDescriptor<>("top", Serdes.list(Serdes.of(Bid.class))));
        }

        @Override
        public void process(Bid bid, Context<Long> context, Collector<RankedBid> out) {
            List<Bid> before = top.value();
            List<Bid> bids = new ArrayList<>(before == null ? List.of() : before);
            int place = 0;
            while (place < bids.size() && Bid.BEST_FIRST.compare(bids.get(place), bid) <= 0) {
                place++;
            }
            if (place == RANKS) {
                return;
            }
            bids.add(place, bid);
            if (bids.size() > RANKS) {
                bids.remove(RANKS);
            }
            top.update(bids);
            for (int changed = place; changed < bids.size(); changed++) {
                out.collect(new RankedBid(bid.auction(), changed + 1, bids.get(changed)));
            }
        }
    }
}
