package io.selvage.examples.nexmark;

import java.util.Comparator;

/**
 * Somebody offers a price for an item.
 *
 * @param auction may be one that begins a little later, or is over
 * @param bidder a person, who may be one that registers a little later
 * @param price in cents
 * @param extra makes the event as long as it is to be
 */
record Bid(long auction, long bidder, long price, String channel, String url, long timeMillis, String extra)
        implements Event {
    /** The highest price, and of equal ones the earliest. What comes behind that makes it an order of all bids. */
    static final Comparator<Bid> BEST_FIRST = Comparator.comparingLong(Bid::price)
            .reversed()
            .thenComparingLong(Bid::timeMillis)
            .thenComparingLong(Bid::bidder)
            .thenComparing(Bid::extra);
}
