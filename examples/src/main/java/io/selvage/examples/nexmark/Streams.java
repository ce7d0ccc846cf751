package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.time.WatermarkStrategy;
import io.selvage.connector.memory.ElementSource;

/** What queries read. Each call adds a step to the job, so that a query has those that it needs. */
final class Streams {
    private final StreamEnvironment env;
    private final DataStream<Event> events;

    /** @param events in each subtask in the order of their time */
    Streams(StreamEnvironment env, DataStream<Event> events) {
        this.env = env;
        this.events = events.assignTimestamps(WatermarkStrategy.monotonousTimestamps(Event::timeMillis));
    }

    DataStream<Person> persons() {
        return only(Person.class).name("persons");
    }

    DataStream<Auction> auctions() {
        return only(Auction.class).name("auctions");
    }

    DataStream<Bid> bids() {
        return only(Bid.class).name("bids");
    }

    private <T extends Event> DataStream<T> only(Class<T> type) {
        return events.flatMap(
                (event, out) -> {
                    if (type.isInstance(event)) {
                        out.collect(type.cast(event));
                    }
                },
                type);
    }

    /** A table of another kind, which ends while events go on. */
    DataStream<SideInputJoin.Row> sideInput() {
        return env.from(
                ElementSource.generate(SideInputJoin.Row.class, SideInputJoin.ROWS, SideInputJoin.Row::of),
                "side-input");
    }
}
