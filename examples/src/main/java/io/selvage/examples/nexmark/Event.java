package io.selvage.examples.nexmark;

/** What happens on the site: one of the three. */
sealed interface Event permits Person, Auction, Bid {
    /** Event time. */
    long timeMillis();
}
