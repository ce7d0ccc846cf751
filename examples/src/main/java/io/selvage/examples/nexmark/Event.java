package io.selvage.examples.nexmark;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What happens on the site: one of the three. */
record Event(
        @Nullable Person person,
        @Nullable Auction auction,
        @Nullable Bid bid) {

    static Event of(Person person) {
        return new Event(person, null, null);
    }

    static Event of(Auction auction) {
        return new Event(null, auction, null);
    }

    static Event of(Bid bid) {
        return new Event(null, null, bid);
    }

    /** Event time. */
    long timeMillis() {
        if (bid != null) {
            return bid.timeMillis();
        }
        return auction != null
                ? auction.timeMillis()
                : Objects.requireNonNull(person).timeMillis();
    }
}
