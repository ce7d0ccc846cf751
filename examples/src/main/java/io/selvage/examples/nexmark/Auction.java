package io.selvage.examples.nexmark;

/**
 * An item is for sale.
 *
 * @param initialBid in cents, as all prices
 * @param reserve the least price that it is sold for
 * @param expiresMillis bids of this time still count, and later ones don't
 * @param seller a person, who may be one that registers a little later
 * @param extra makes the event as long as it is to be
 */
record Auction(
        long id,
        String itemName,
        String description,
        long initialBid,
        long reserve,
        long timeMillis,
        long expiresMillis,
        long seller,
        long category,
        String extra)
        implements Event {}
