package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.window.TumblingWindows;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Query 7: the highest bid of each ten seconds, or several if they have the same price. First of each auction and then
 * of all of them: no subtask sees all bids.
 */
final class HighestBids {
    private static final TumblingWindows WINDOWS = TumblingWindows.of(Duration.ofSeconds(10));

    private HighestBids() {}

    record HighestBid(long startMillis, Bid bid) {}

    /** Bids of one price, the highest so far. */
    record Highest(List<Bid> bids) {
        static final Highest NONE = new Highest(List.of());

        Highest or(Highest other) {
            if (bids.isEmpty() || other.bids.isEmpty()) {
                return bids.isEmpty() ? other : this;
            }
            int compared = Long.compare(bids.get(0).price(), other.bids.get(0).price());
            if (compared != 0) {
                return compared > 0 ? this : other;
            }
            return new Highest(Stream.concat(bids.stream(), other.bids.stream()).toList());
        }
    }

    /** The same of a window. */
    record OfWindow(long startMillis, Highest highest) {}

    static DataStream<HighestBid> of(DataStream<Bid> bids) {
        return bids.keyBy(Bid::auction)
                .window(WINDOWS)
                .aggregate(new FindHighest(), (auction, window, highest) -> new OfWindow(window.startMillis(), highest))
                .name("highest of each auction")
                .uid("auction-highest")
                .keyBy(OfWindow::startMillis)
                .window(WINDOWS)
                .reduce((one, other) ->
                        new OfWindow(one.startMillis(), one.highest().or(other.highest())))
                .name("highest of all")
                .uid("highest")
                .flatMap(
                        (found, out) -> found.highest()
                                .bids()
                                .forEach(bid -> out.collect(new HighestBid(found.startMillis(), bid))),
                        HighestBid.class);
    }

    private static final class FindHighest implements AggregateFunction<Bid, Highest, Highest> {
        private static final long serialVersionUID = 1L;

        @Override
        public Highest create() {
            return Highest.NONE;
        }

        @Override
        public Highest add(Highest highest, Bid bid) {
            return highest.or(new Highest(List.of(bid)));
        }

        @Override
        public Highest result(Highest highest) {
            return highest;
        }
    }
}
