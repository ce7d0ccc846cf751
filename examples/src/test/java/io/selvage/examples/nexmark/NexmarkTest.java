package io.selvage.examples.nexmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.api.DataStream;
import io.selvage.api.StreamEnvironment;
import io.selvage.api.graph.InvalidProgramException;
import io.selvage.connector.memory.ElementSource;
import io.selvage.examples.nexmark.AuctionStatistics.AuctionDay;
import io.selvage.examples.nexmark.AuctionStatistics.DayStatistics;
import io.selvage.examples.nexmark.BidderWindows.BidderWindow;
import io.selvage.examples.nexmark.Calculation.CalculatedBid;
import io.selvage.examples.nexmark.Calculation.TimeOfDay;
import io.selvage.examples.nexmark.CategoryAverages.CategoryAverage;
import io.selvage.examples.nexmark.CurrencyConversion.EuroBid;
import io.selvage.examples.nexmark.ExpandedBids.ExpandedBid;
import io.selvage.examples.nexmark.HighestBids.HighestBid;
import io.selvage.examples.nexmark.HotItems.HotItem;
import io.selvage.examples.nexmark.LastBids.BidderAuction;
import io.selvage.examples.nexmark.LocalItemSuggestion.Suggestion;
import io.selvage.examples.nexmark.NewUsers.NewUser;
import io.selvage.examples.nexmark.Selection.Price;
import io.selvage.examples.nexmark.SellerAverages.SellerAverage;
import io.selvage.examples.nexmark.SideInputJoin.EnrichedBid;
import io.selvage.examples.nexmark.TopBids.RankedBid;
import io.selvage.examples.nexmark.WinningBids.WinningBid;
import io.selvage.local.CollectSink;
import io.selvage.local.LocalEnvironment;
import io.selvage.local.harness.OperatorHarness;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each query is run over 100,000 events in two subtasks of each step, and fails once on the way: it goes on from a
 * checkpoint, or begins anew. What it has committed at its end is compared with what an {@link Oracle} says.
 *
 * <p>The events come from two readers, of which either may be ahead. Where the results must not depend on that, all of
 * them are compared, in any order. Queries 17 to 19 give a result anew whenever it changes: of these the last for each
 * key is compared; and, with one reader, by which the order is given, all that each key had, in its order.
 */
@Timeout(60)
final class NexmarkTest {
    private static final int EVENTS = 100_000;
    private static final int FAILS_AFTER = 60_000;
    /** 100 seconds, and a millisecond for each event. */
    private static final Generator GENERATOR = new Generator(Generator.BASE_MILLIS, 1_000);
    /** Nearly 14 hours, from noon. */
    private static final Generator SLOW =
            new Generator(Generator.BASE_MILLIS + Duration.ofHours(12).toMillis(), 2);

    private static final Oracle ORACLE = new Oracle(GENERATOR, EVENTS);
    private static final AtomicInteger UNTIL_FAILURE = new AtomicInteger();

    private static LocalEnvironment local;

    @BeforeAll
    static void start() {
        local = LocalEnvironment.builder()
                .parallelism(2)
                .set("selvage.checkpoint.interval", "100ms")
                .set("selvage.restart.delay", "10ms")
                .start();
    }

    @AfterAll
    static void close() {
        local.close();
    }

    private static <R> List<R> run(Query query, Class<R> type) {
        return run(query, GENERATOR, 2, type);
    }

    @SuppressWarnings("unchecked")
    private static <R> List<R> run(Query query, Generator generator, int readers, Class<R> type) {
        UNTIL_FAILURE.set(FAILS_AFTER);
        CollectSink<R> results = CollectSink.of(type);
        StreamEnvironment env = local.streams();
        DataStream<Event> events = env.from(
                        ElementSource.generate(Event.class, EVENTS, generator).splits(readers), "events")
                .map(NexmarkTest::failOnce);
        ((DataStream<R>) query.of(new Streams(env, events))).sinkTo(results, "results");
        env.execute(query.word());
        assertThat(UNTIL_FAILURE.get()).as("it has failed").isNegative();
        return results.results();
    }

    private static Event failOnce(Event event) {
        if (UNTIL_FAILURE.decrementAndGet() == 0) {
            throw new IllegalStateException("just now");
        }
        return event;
    }

    /** In any order. Unlike AssertJ's own it takes no time for each pair, and shows a few of many differences. */
    private static <R> void assertSame(Collection<R> results, Collection<R> expected) {
        Map<R, Integer> missing = new HashMap<>();
        expected.forEach(each -> missing.merge(each, 1, Integer::sum));
        results.forEach(each -> missing.merge(each, -1, Integer::sum));
        missing.values().removeIf(times -> times == 0);
        assertThat(missing.entrySet().stream().limit(5))
                .as("the first of %d that are there too seldom (above 0) or too often", missing.size())
                .isEmpty();
        assertThat(expected).isNotEmpty();
    }

    private static <K, R> Map<K, R> lastOfEach(List<R> results, Function<R, K> key) {
        Map<K, R> last = new HashMap<>();
        results.forEach(result -> last.put(key.apply(result), result));
        return last;
    }

    /** Compares the last result of each key, and with one reader all of them. */
    private static <K, R> void assertChangesOf(
            Query query, Generator generator, Class<R> type, Function<R, K> key, List<R> expected) {
        assertSame(
                lastOfEach(run(query, generator, 2, type), key).entrySet(),
                lastOfEach(expected, key).entrySet());
        assertSame(
                run(query, generator, 1, type).stream()
                        .collect(Collectors.groupingBy(key))
                        .entrySet(),
                expected.stream().collect(Collectors.groupingBy(key)).entrySet());
    }

    @Test
    void q0PassesAllBidsOn() {
        assertSame(run(Query.Q0, Bid.class), ORACLE.bids());
    }

    @Test
    void q1ConvertsPrices() {
        assertSame(run(Query.Q1, EuroBid.class), ORACLE.inEuros());
    }

    @Test
    void q2SelectsAuctions() {
        assertSame(run(Query.Q2, Price.class), ORACLE.selection());
    }

    @Test
    void q3JoinsSellersWithTheirAuctions() {
        assertSame(run(Query.Q3, Suggestion.class), ORACLE.suggestions());
    }

    /** In which order auctions of a category come is by chance, and so are the averages but the last. */
    @Test
    void q4AveragesCategories() {
        Map<Long, List<CategoryAverage>> results =
                run(Query.Q4, CategoryAverage.class).stream().collect(Collectors.groupingBy(CategoryAverage::category));

        List<CategoryAverage> last = new ArrayList<>();
        results.values().forEach(averages -> {
            last.add(averages.get(averages.size() - 1));
            assertThat(averages)
                    .extracting(CategoryAverage::auctions)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, averages.size()).boxed().toList());
        });
        assertSame(last, ORACLE.categoryAverages().values());
    }

    @Test
    void q5FindsHotItems() {
        assertSame(run(Query.Q5, HotItem.class), ORACLE.hotItems());
    }

    /** In the order of their sales, whatever the order in which they come. */
    @Test
    void q6AveragesTheLastSalesOfEachSeller() {
        Map<Long, List<SellerAverage>> results =
                run(Query.Q6, SellerAverage.class).stream().collect(Collectors.groupingBy(SellerAverage::seller));

        assertSame(results.entrySet(), ORACLE.sellerAverages().entrySet());
    }

    @Test
    void q7FindsTheHighestBids() {
        assertSame(run(Query.Q7, HighestBid.class), ORACLE.highestBids());
    }

    @Test
    void q8FindsNewUsersWhoSell() {
        assertSame(run(Query.Q8, NewUser.class), ORACLE.newUsers());
    }

    @Test
    void q9FindsWinners() {
        assertSame(run(Query.Q9, WinningBid.class), ORACLE.winners());
    }

    @Test
    void q11CountsBidsOfSessions() {
        assertSame(run(Query.Q11, BidderWindow.class), ORACLE.sessions());
    }

    /** Which bids are in a window is the clock's to say; in all windows together is each of them once. */
    @Test
    void q12CountsEachBidInOneWindowOfTheWallClock() {
        List<BidderWindow> results = run(Query.Q12, BidderWindow.class);

        Map<Long, Long> counts = new HashMap<>();
        Set<List<Long>> windows = new HashSet<>();
        for (BidderWindow result : results) {
            counts.merge(result.bidder(), result.bids(), Long::sum);
            assertThat(result.startMillis() % 10_000).isZero();
            assertThat(result.endMillis()).isEqualTo(result.startMillis() + 10_000);
            assertThat(windows.add(List.of(result.bidder(), result.startMillis())))
                    .as("the only one of its bidder and window: %s", result)
                    .isTrue();
        }
        assertSame(counts.entrySet(), ORACLE.bidsOfBidders().entrySet());
    }

    /** The same with the clock in the test's hands. */
    @Test
    void q12GivesAWindowWhenTheClockHasPassedIt() {
        List<Bid> bids = ORACLE.bids().subList(0, 100);
        try (OperatorHarness<Bid, BidderWindow> harness =
                OperatorHarness.of(Bid.class, BidderWindows::inProcessingTime).open()) {
            bids.subList(0, 40).forEach(harness::element);
            harness.passTime(Duration.ofMillis(9_999));
            bids.subList(40, 60).forEach(harness::element);
            assertThat(harness.take()).isEmpty();

            harness.passTime(Duration.ofMillis(1));
            assertSame(harness.take(), windows(bids.subList(0, 60), 0));

            bids.subList(60, 100).forEach(harness::element);
            harness.passTime(Duration.ofSeconds(10));
            assertSame(harness.take(), windows(bids.subList(60, 100), 10_000));
        }
    }

    private static List<BidderWindow> windows(List<Bid> bids, long startMillis) {
        return bids.stream().collect(Collectors.groupingBy(Bid::bidder, Collectors.counting())).entrySet().stream()
                .map(count -> new BidderWindow(count.getKey(), count.getValue(), startMillis, startMillis + 10_000))
                .toList();
    }

    @Test
    void q13JoinsASideInput() {
        assertSame(run(Query.Q13, EnrichedBid.class), ORACLE.enriched());
    }

    @Test
    void q14Calculates() {
        List<CalculatedBid> expected = new Oracle(SLOW, EVENTS).calculated();

        assertSame(run(Query.Q14, SLOW, 2, CalculatedBid.class), expected);
        assertThat(expected).extracting(CalculatedBid::timeOfDay).contains(TimeOfDay.values());
    }

    @Test
    void q17UpdatesStatisticsOfAuctionsAndDays() {
        List<DayStatistics> expected = new Oracle(SLOW, EVENTS).statistics();

        assertChangesOf(
                Query.Q17,
                SLOW,
                DayStatistics.class,
                statistics -> new AuctionDay(statistics.auction(), statistics.day()),
                expected);
        assertThat(expected.stream().map(DayStatistics::day).distinct()).hasSize(2);
    }

    @Test
    void q18UpdatesTheLastBidsOfBiddersForAuctions() {
        assertChangesOf(Query.Q18, GENERATOR, Bid.class, BidderAuction::of, ORACLE.bids());
    }

    @Test
    void q19UpdatesTheTopBidsOfAuctions() {
        assertChangesOf(
                Query.Q19,
                GENERATOR,
                RankedBid.class,
                ranked -> List.of(ranked.auction(), (long) ranked.rank()),
                ORACLE.topBids());
    }

    @Test
    void q20ExpandsBidsWithTheirAuctions() {
        assertSame(run(Query.Q20, ExpandedBid.class), ORACLE.expanded());
    }

    // ---- the program ---------------------------------------------------------------------------------------------

    @Test
    void theProgramWritesWhatItIsToldTo(@TempDir Path folder) throws Exception {
        Path output = folder.resolve("selection");
        local.run(() -> Nexmark.main(new String[] {
            "q2", "--events", "20000", "--output", output.toUri().toString()
        }));

        List<String> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(output)) {
            for (Path file : files.filter(NexmarkTest::isResult).toList()) {
                lines.addAll(Files.readAllLines(file));
            }
        }
        Oracle oracle = new Oracle(new Generator(Generator.BASE_MILLIS, 10_000), 20_000);
        assertSame(lines, oracle.selection().stream().map(Price::toString).toList());
    }

    private static boolean isResult(Path file) {
        return file.getFileName().toString().startsWith("part-");
    }

    @Test
    void theProgramThrowsResultsAwayByItself() throws Exception {
        local.run(() -> Nexmark.main(new String[] {"q5", "--events", "20000", "--parallelism", "1"}));
    }

    @Test
    void optionsAreRead() {
        assertThat(NexmarkOptions.parse("q5")).isEqualTo(new NexmarkOptions(Query.Q5, 10_000_000, 0, 10_000, 2, null));
        assertThat(NexmarkOptions.parse(
                        "q20",
                        "--events",
                        "7",
                        "--rate",
                        "0.5",
                        "--event-rate",
                        "3",
                        "--parallelism",
                        "4",
                        "--output",
                        "o"))
                .isEqualTo(new NexmarkOptions(Query.Q20, 7, 0.5, 3, 4, "o"));
    }

    @Test
    void everyMistakeIsNamedAndTheUsageShown() {
        assertRefused("There is no query.");
        assertRefused("There is no query q10.", "q10");
        assertRefused("There is no option --event.", "q5", "--event", "1");
        assertRefused("The option --events is a whole number, which many is not.", "q5", "--events", "many");
        assertRefused("The option --events is from 1 to 9223372036854775807, and not 0.", "q5", "--events", "0");
        assertRefused("A --rate is a number of events a second, which fast is not.", "q5", "--rate", "fast");
        assertRefused("The option --parallelism is from 1 to 32767, and not 40000.", "q5", "--parallelism", "40000");
    }

    private static void assertRefused(String message, String... args) {
        assertThatThrownBy(() -> NexmarkOptions.parse(args))
                .isInstanceOf(InvalidProgramException.class)
                .hasMessageStartingWith(message)
                .hasMessageContaining("Usage: nexmark QUERY")
                .hasMessageContaining("q0, q1, q2");
    }
}
