package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.WindowedStream;
import io.selvage.api.window.SessionWindows;
import io.selvage.api.window.TumblingWindows;
import java.time.Duration;

/** Queries 11 and 12: how many bids did each bidder make? */
final class BidderWindows {
    private static final Duration LENGTH = Duration.ofSeconds(10);

    private BidderWindows() {}

    record BidderWindow(long bidder, long bids, long startMillis, long endMillis) {}

    /** Query 11: in each session, which is over after ten seconds without a bid. */
    static DataStream<BidderWindow> inSessions(DataStream<Bid> bids) {
        return counts(bids.keyBy(Bid::bidder).window(SessionWindows.withGap(LENGTH)))
                .name("sessions")
                .uid("sessions");
    }

    /** Query 12: in each ten seconds of the wall clock. */
    static DataStream<BidderWindow> inProcessingTime(DataStream<Bid> bids) {
        return counts(bids.keyBy(Bid::bidder).window(TumblingWindows.of(LENGTH).inProcessingTime()))
                .name("bids in ten seconds")
                .uid("bids-in-ten-seconds");
    }

    private static DataStream<BidderWindow> counts(WindowedStream<Bid, Long> windows) {
        return windows.aggregate(
                new CountBids(),
                (bidder, window, count) -> new BidderWindow(bidder, count, window.startMillis(), window.endMillis()));
    }
}
