package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.Collector;
import io.selvage.api.function.ProcessWindowFunction;
import io.selvage.api.window.SlidingWindows;
import io.selvage.api.window.TumblingWindows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Query 5: which auctions had the most bids in the last ten seconds? Asked every two seconds. */
final class HotItems {
    private static final Duration SIZE = Duration.ofSeconds(10);
    private static final Duration SLIDE = Duration.ofSeconds(2);

    private HotItems() {}

    /** @param startMillis of the ten seconds, as {@code endMillis} is */
    record HotItem(long auction, long bids, long startMillis, long endMillis) {}

    /** The auctions that have the most bids of those that were looked at. */
    record Hottest(long bids, List<HotItem> items) {}

    /**
     * Counts of all auctions meet in one key for each of the windows. Each has its window's last millisecond for its
     * timestamp, so that in a tumbling window of the length of a slide there are those of one window alone.
     */
    static DataStream<HotItem> of(DataStream<Bid> bids) {
        return bids.keyBy(Bid::auction)
                .window(SlidingWindows.of(SIZE, SLIDE))
                .aggregate(
                        new CountBids(),
                        (auction, window, count) ->
                                new HotItem(auction, count, window.startMillis(), window.endMillis()))
                .name("bids of each auction")
                .uid("auction-counts")
                .keyBy(HotItem::endMillis)
                .window(TumblingWindows.of(SLIDE))
                .aggregate(new FindHottest(), new Each())
                .name("hot items")
                .uid("hot-items");
    }

    private static final class FindHottest implements AggregateFunction<HotItem, Hottest, Hottest> {
        private static final long serialVersionUID = 1L;

        @Override
        public Hottest create() {
            return new Hottest(0, List.of());
        }

        @Override
        public Hottest add(Hottest hottest, HotItem item) {
            if (item.bids() < hottest.bids()) {
                return hottest;
            }
            List<HotItem> items = new ArrayList<>(item.bids() == hottest.bids() ? hottest.items() : List.of());
            items.add(item);
            return new Hottest(item.bids(), items);
        }

        @Override
        public Hottest result(Hottest hottest) {
            return hottest;
        }
    }

    private static final class Each extends ProcessWindowFunction<Long, Hottest, HotItem> {
        private static final long serialVersionUID = 1L;

        @Override
        public void process(Long endMillis, Context context, Iterable<Hottest> hottest, Collector<HotItem> out) {
            for (Hottest one : hottest) {
                one.items().forEach(out::collect);
            }
        }
    }
}
