package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A query by its number. 10 is not here, which needs files by the hour, nor are 15, 16 and those from 21. */
enum Query {
    /** All bids, as they are. */
    Q0(Streams::bids),
    Q1(streams -> CurrencyConversion.of(streams.bids())),
    Q2(streams -> Selection.of(streams.bids())),
    Q3(streams -> LocalItemSuggestion.of(streams.auctions(), streams.persons())),
    Q4(streams -> CategoryAverages.of(WinningBids.of(streams.auctions(), streams.bids()))),
    Q5(streams -> HotItems.of(streams.bids())),
    Q6(streams -> SellerAverages.of(WinningBids.of(streams.auctions(), streams.bids()))),
    Q7(streams -> HighestBids.of(streams.bids())),
    Q8(streams -> NewUsers.of(streams.persons(), streams.auctions())),
    Q9(streams -> WinningBids.of(streams.auctions(), streams.bids())),
    Q11(streams -> BidderWindows.inSessions(streams.bids())),
    Q12(streams -> BidderWindows.inProcessingTime(streams.bids())),
    Q13(streams -> SideInputJoin.of(streams.bids(), streams.sideInput())),
    Q14(streams -> Calculation.of(streams.bids())),
    Q17(streams -> AuctionStatistics.of(streams.bids())),
    Q18(streams -> LastBids.of(streams.bids())),
    Q19(streams -> TopBids.of(streams.bids())),
    Q20(streams -> ExpandedBids.of(streams.bids(), streams.auctions()));

    private final Function<Streams, DataStream<?>> steps;

    Query(Function<Streams, DataStream<?>> steps) {
        this.steps = steps;
    }

    /** Adds the query's steps to the job; what they make is for a sink. */
    DataStream<?> of(Streams streams) {
        return steps.apply(streams);
    }

    /** Its name on the command line. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Query> named(String word) {
        return Arrays.stream(values())
                .filter(query -> query.word().equals(word))
                .findFirst();
    }

    static String words() {
        return Arrays.stream(values()).map(Query::word).collect(Collectors.joining(", "));
    }
}
