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
 * Query 13: bids with what a table says of their auction. The table is a stream that ends; a bid that is there sooner
 * than its row waits for it, and each bid has one.
 */
final class SideInputJoin {
    static final int ROWS = 10_000;

    private SideInputJoin() {}

    /** @param key the last digits of an auction */
    record Row(long key, String value) {
        static Row of(long key) {
            return new Row(key, "side-" + key);
        }
    }

    record EnrichedBid(long auction, long bidder, long price, long timeMillis, String value) {}

    static DataStream<EnrichedBid> of(DataStream<Bid> bids, DataStream<Row> table) {
        return bids.keyBy(bid -> bid.auction() % ROWS)
                .connect(table.keyBy(Row::key))
                .process(new Enrich())
                .name("enriched bids")
                .uid("enriched-bids");
    }

    @SuppressWarnings("NullAway.Init") // openState comes before any element.
    private static final class Enrich extends KeyedCoProcessFunction<Long, Bid, Row, EnrichedBid> {
        private static final long serialVersionUID = 1L;

        private transient ValueState<String> value;
        private transient ListState<Bid> waiting;

        @Override
        public void openState(StateAccess states) {
            value = states.value(new ValueStateDescriptor<>("value", String.class));
            waiting = states.list(new ListStateDescriptor<>("waiting", Bid.class));
        }

        @Override
        public void process1(Bid bid, Context<Long> context, Collector<EnrichedBid> out) {
            String known = value.value();
            if (known == null) {
                waiting.add(bid);
            } else {
                out.collect(enriched(bid, known));
            }
        }

        @Override
        public void process2(Row row, Context<Long> context, Collector<EnrichedBid> out) {
            value.update(row.value());
            for (Bid bid : waiting.elements()) {
                out.collect(enriched(bid, row.value()));
            }
            waiting.clear();
        }

        private static EnrichedBid enriched(Bid bid, String value) {
            return new EnrichedBid(bid.auction(), bid.bidder(), bid.price(), bid.timeMillis(), value);
        }
    }
}
