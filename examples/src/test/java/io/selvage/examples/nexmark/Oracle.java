package io.selvage.examples.nexmark;

import io.selvage.examples.nexmark.AuctionStatistics.DayStatistics;
import io.selvage.examples.nexmark.BidderWindows.BidderWindow;
import io.selvage.examples.nexmark.Calculation.CalculatedBid;
import io.selvage.examples.nexmark.Calculation.TimeOfDay;
import io.selvage.examples.nexmark.CategoryAverages.CategoryAverage;
import io.selvage.examples.nexmark.CurrencyConversion.EuroBid;
import io.selvage.examples.nexmark.ExpandedBids.ExpandedBid;
import io.selvage.examples.nexmark.HighestBids.HighestBid;
import io.selvage.examples.nexmark.HotItems.HotItem;
import io.selvage.examples.nexmark.LocalItemSuggestion.Suggestion;
import io.selvage.examples.nexmark.NewUsers.NewUser;
import io.selvage.examples.nexmark.Selection.Price;
import io.selvage.examples.nexmark.SellerAverages.SellerAverage;
import io.selvage.examples.nexmark.SideInputJoin.EnrichedBid;
import io.selvage.examples.nexmark.TopBids.RankedBid;
import io.selvage.examples.nexmark.WinningBids.WinningBid;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * What the queries must come to: lists and maps in one thread, over all events in their order. Of the code that it is
 * the measure of it uses the records of events and results, and no more. Its events have different times.
 */
final class Oracle {
    private static final long TEN_SECONDS = 10_000;
    private static final long TWO_SECONDS = 2_000;
    private static final long HOUR = 3_600_000;
    private static final long DAY = 24 * HOUR;

    private final List<Person> persons = new ArrayList<>();
    private final List<Auction> auctions = new ArrayList<>();
    private final List<Bid> bids = new ArrayList<>();

    Oracle(Generator generator, long events) {
        LongStream.range(0, events).mapToObj(generator::element).forEach(event -> {
            if (event instanceof Person person) {
                persons.add(person);
            } else if (event instanceof Auction auction) {
                auctions.add(auction);
            } else {
                bids.add((Bid) event);
            }
        });
    }

    List<Bid> bids() {
        return bids;
    }

    private Map<Long, List<Bid>> bidsByAuction() {
        return bids.stream().collect(Collectors.groupingBy(Bid::auction));
    }

    List<EuroBid> inEuros() {
        return bids.stream()
                .map(bid -> new EuroBid(
                        bid.auction(),
                        bid.bidder(),
                        BigDecimal.valueOf(908 * bid.price(), 3),
                        bid.timeMillis(),
                        bid.extra()))
                .toList();
    }

    List<Price> selection() {
        return bids.stream()
                .filter(bid -> bid.auction() % 123 == 0)
                .map(bid -> new Price(bid.auction(), bid.price()))
                .toList();
    }

    List<Suggestion> suggestions() {
        List<Suggestion> suggestions = new ArrayList<>();
        for (Person person : persons) {
            if (List.of("OR", "ID", "CA").contains(person.state())) {
                for (Auction auction : auctions) {
                    if (auction.seller() == person.id() && auction.category() == 10) {
                        suggestions.add(new Suggestion(person.name(), person.city(), person.state(), auction.id()));
                    }
                }
            }
        }
        return suggestions;
    }

    List<WinningBid> winners() {
        Map<Long, List<Bid>> byAuction = bidsByAuction();
        List<WinningBid> winners = new ArrayList<>();
        for (Auction auction : auctions) {
            Bid best = null;
            for (Bid bid : byAuction.getOrDefault(auction.id(), List.of())) {
                if (bid.timeMillis() >= auction.timeMillis()
                        && bid.timeMillis() <= auction.expiresMillis()
                        && (best == null || bid.price() > best.price())) {
                    best = bid; // Of equal ones the first.
                }
            }
            if (best != null) {
                winners.add(new WinningBid(auction, best));
            }
        }
        return winners;
    }

    /** Once all auctions are over, by category. */
    Map<Long, CategoryAverage> categoryAverages() {
        Map<Long, CategoryAverage> averages = new HashMap<>();
        winners().stream()
                .collect(Collectors.groupingBy(winner -> winner.auction().category()))
                .forEach((category, winners) -> {
                    long sum = winners.stream()
                            .mapToLong(winner -> winner.bid().price())
                            .sum();
                    averages.put(category, new CategoryAverage(category, winners.size(), sum / winners.size()));
                });
        return averages;
    }

    /** One behind the other, by seller. */
    Map<Long, List<SellerAverage>> sellerAverages() {
        Map<Long, List<Long>> prices = new HashMap<>();
        Map<Long, List<SellerAverage>> averages = new HashMap<>();
        Comparator<WinningBid> byEnd =
                Comparator.comparingLong(winner -> winner.auction().expiresMillis());
        winners().stream()
                .sorted(byEnd.thenComparingLong(winner -> winner.auction().id()))
                .forEach(winner -> {
                    long seller = winner.auction().seller();
                    List<Long> all = prices.computeIfAbsent(seller, key -> new ArrayList<>());
                    all.add(winner.bid().price());
                    List<Long> last = all.subList(Math.max(0, all.size() - 10), all.size());
                    long sum = last.stream().mapToLong(price -> price).sum();
                    averages.computeIfAbsent(seller, key -> new ArrayList<>())
                            .add(new SellerAverage(seller, winner.auction().id(), sum / last.size()));
                });
        return averages;
    }

    List<HotItem> hotItems() {
        List<HotItem> items = new ArrayList<>();
        long first = bids.get(0).timeMillis();
        long last = bids.get(bids.size() - 1).timeMillis();
        for (long start = first / TWO_SECONDS * TWO_SECONDS - TEN_SECONDS + TWO_SECONDS;
                start <= last;
                start += TWO_SECONDS) {
            Map<Long, Long> counts = new HashMap<>();
            for (Bid bid : bids) {
                if (bid.timeMillis() >= start && bid.timeMillis() < start + TEN_SECONDS) {
                    counts.merge(bid.auction(), 1L, Long::sum);
                }
            }
            long most = counts.values().stream().max(Long::compare).orElseThrow();
            for (Map.Entry<Long, Long> count : counts.entrySet()) {
                if (count.getValue() == most) {
                    items.add(new HotItem(count.getKey(), most, start, start + TEN_SECONDS));
                }
            }
        }
        return items;
    }

    List<HighestBid> highestBids() {
        Map<Long, Long> prices = new HashMap<>();
        bids.forEach(bid -> prices.merge(bid.timeMillis() / TEN_SECONDS, bid.price(), Math::max));
        return bids.stream()
                .filter(bid -> prices.get(bid.timeMillis() / TEN_SECONDS) == bid.price())
                .map(bid -> new HighestBid(bid.timeMillis() / TEN_SECONDS * TEN_SECONDS, bid))
                .toList();
    }

    List<NewUser> newUsers() {
        List<NewUser> users = new ArrayList<>();
        for (Person person : persons) {
            long start = person.timeMillis() / TEN_SECONDS * TEN_SECONDS;
            boolean sells = auctions.stream()
                    .anyMatch(auction -> auction.seller() == person.id()
                            && auction.timeMillis() >= start
                            && auction.timeMillis() < start + TEN_SECONDS);
            if (sells) {
                users.add(new NewUser(person.id(), person.name(), start));
            }
        }
        return users;
    }

    List<BidderWindow> sessions() {
        Map<Long, List<Long>> times = new HashMap<>();
        bids.forEach(bid ->
                times.computeIfAbsent(bid.bidder(), key -> new ArrayList<>()).add(bid.timeMillis()));
        List<BidderWindow> sessions = new ArrayList<>();
        times.forEach((bidder, all) -> {
            int from = 0;
            for (int i = 1; i <= all.size(); i++) {
                if (i == all.size() || all.get(i) - all.get(i - 1) > TEN_SECONDS) {
                    sessions.add(new BidderWindow(bidder, i - from, all.get(from), all.get(i - 1) + TEN_SECONDS));
                    from = i;
                }
            }
        });
        return sessions;
    }

    /** All that each bidder made. */
    Map<Long, Long> bidsOfBidders() {
        return bids.stream().collect(Collectors.groupingBy(Bid::bidder, Collectors.counting()));
    }

    List<EnrichedBid> enriched() {
        return bids.stream()
                .map(bid -> new EnrichedBid(
                        bid.auction(), bid.bidder(), bid.price(), bid.timeMillis(), "side-" + bid.auction() % 10_000))
                .toList();
    }

    List<CalculatedBid> calculated() {
        List<CalculatedBid> calculated = new ArrayList<>();
        for (Bid bid : bids) {
            long thousandths = 908 * bid.price();
            if (thousandths > 1_000_000_000L && thousandths < 50_000_000_000L) {
                TimeOfDay timeOfDay = switch ((int) (bid.timeMillis() % DAY / HOUR)) {
                    case 0, 1, 2, 3, 4, 5, 6, 20, 21, 22, 23 -> TimeOfDay.NIGHT;
                    case 7, 19 -> TimeOfDay.OTHER;
                    default -> TimeOfDay.DAY;
                };
                calculated.add(new CalculatedBid(
                        bid.auction(),
                        bid.bidder(),
                        BigDecimal.valueOf(thousandths, 3),
                        timeOfDay,
                        bid.timeMillis(),
                        bid.extra(),
                        bid.extra().length() - bid.extra().replace("c", "").length()));
            }
        }
        return calculated;
    }

    /** Each bid makes one, in their order. */
    List<DayStatistics> statistics() {
        Map<String, List<Long>> prices = new HashMap<>();
        List<DayStatistics> statistics = new ArrayList<>();
        for (Bid bid : bids) {
            LocalDate day = LocalDate.ofEpochDay(bid.timeMillis() / DAY);
            List<Long> all = prices.computeIfAbsent(bid.auction() + " " + day, key -> new ArrayList<>());
            all.add(bid.price());
            long[] ranks = new long[3];
            long lowest = bid.price();
            long highest = bid.price();
            long sum = 0;
            for (long price : all) {
                ranks[price < 10_000 ? 0 : price < 1_000_000 ? 1 : 2]++;
                lowest = Math.min(lowest, price);
                highest = Math.max(highest, price);
                sum += price;
            }
            statistics.add(new DayStatistics(
                    bid.auction(),
                    day,
                    all.size(),
                    ranks[0],
                    ranks[1],
                    ranks[2],
                    lowest,
                    highest,
                    sum / all.size(),
                    sum));
        }
        return statistics;
    }

    /** Each rank that has another bid after one has come, in their order. */
    List<RankedBid> topBids() {
        Comparator<Bid> order =
                Comparator.comparingLong((Bid bid) -> -bid.price()).thenComparingLong(Bid::timeMillis);
        Map<Long, TreeSet<Bid>> sorted = new TreeMap<>();
        Map<Long, List<Bid>> tops = new HashMap<>();
        List<RankedBid> changes = new ArrayList<>();
        for (Bid bid : bids) {
            TreeSet<Bid> all = sorted.computeIfAbsent(bid.auction(), key -> new TreeSet<>(order));
            all.add(bid);
            List<Bid> now = all.stream().limit(10).toList();
            List<Bid> before = tops.getOrDefault(bid.auction(), List.of());
            for (int i = 0; i < now.size(); i++) {
                if (i >= before.size() || now.get(i) != before.get(i)) {
                    changes.add(new RankedBid(bid.auction(), i + 1, now.get(i)));
                }
            }
            tops.put(bid.auction(), now);
        }
        return changes;
    }

    List<ExpandedBid> expanded() {
        Map<Long, List<Bid>> byAuction = bidsByAuction();
        return auctions.stream()
                .filter(auction -> auction.category() == 10)
                .flatMap(auction -> byAuction.getOrDefault(auction.id(), List.of()).stream()
                        .map(bid -> new ExpandedBid(bid, auction)))
                .toList();
    }
}
