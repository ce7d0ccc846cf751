package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;

/** Query 2: the prices bid for some of the auctions: every 123rd, as the specification has it since there are many. */
final class Selection {
    private static final int EVERY = 123;

    private Selection() {}

    record Price(long auction, long price) {}

    static DataStream<Price> of(DataStream<Bid> bids) {
        return bids.filter(bid -> bid.auction() % EVERY == 0).map(bid -> new Price(bid.auction(), bid.price()));
    }
}
