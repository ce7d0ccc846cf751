package io.selvage.examples.nexmark;

import io.selvage.connector.memory.ElementSource;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Makes the events of an auction site from their numbers: of each 50 the first is a person, then come 3 auctions and 46
 * bids. An event is a function of its number and of these parameters, so that a source can be split and replayed.
 *
 * <p>Proportions, sizes, identities and what is hot are those that <a
 * href="https://github.com/nexmark/nexmark">github.com/nexmark/nexmark</a> has by itself, which has them from Apache
 * Beam's. The random numbers are others, and so are the texts: the very events differ.
 *
 * @param baseMillis event time of the first one
 * @param eventsPerSecond of event time: how fast they come is another question
 */
record Generator(long baseMillis, long eventsPerSecond) implements ElementSource.Elements<Event> {
    /** The one of Apache Beam's generator. */
    static final long BASE_MILLIS = Instant.parse("2015-07-15T00:00:00Z").toEpochMilli();

    static final long FIRST_ID = 1000;
    static final long FIRST_CATEGORY = 10;
    static final int CATEGORIES = 5;

    private static final int PERSONS = 1;
    private static final int AUCTIONS = 3;
    private static final int EPOCH = 50; // The rest are bids.

    /** So many auctions are open at a time, on average; bids go to one of these, or to a hot one. */
    private static final int OPEN_AUCTIONS = 100;
    /** Sellers and bidders are among the last so many who have registered, or hot. */
    private static final int ACTIVE_PERSONS = 1000;
    /** Of the persons and auctions that are still to come so many may be named already. */
    private static final int LEAD = 10;
    /** One of so many in a row is hot. */
    private static final int HOT_EVERY = 100;

    private static final int HOT_AUCTION_RATIO = 2; // One of two bids is not for the hot auction,
    private static final int HOT_BIDDER_RATIO = 4; // one of four not by the hot bidder,
    private static final int HOT_SELLER_RATIO = 4; // and one of four auctions not by the hot seller.
    private static final int HOT_CHANNEL_RATIO = 2;

    private static final int PERSON_BYTES = 200;
    private static final int AUCTION_BYTES = 500;
    private static final int BID_BYTES = 100; // Channel and URL come on top.

    private static final List<String> FIRST_NAMES =
            List.of("Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter");
    private static final List<String> LAST_NAMES =
            List.of("Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris");
    private static final List<String> CITIES = List.of(
            "Phoenix",
            "Los Angeles",
            "San Francisco",
            "Boise",
            "Portland",
            "Bend",
            "Redmond",
            "Seattle",
            "Kent",
            "Cheyenne");
    private static final List<String> STATES = List.of("AZ", "CA", "ID", "OR", "WA", "WY");

    private static final List<Channel> HOT_CHANNELS = List.of(
            Channel.of("Google", -1), Channel.of("Facebook", -2), Channel.of("Baidu", -3), Channel.of("Apple", -4));
    private static final List<Channel> CHANNELS = IntStream.range(0, 10_000)
            .mapToObj(number -> Channel.of("channel-" + number, number))
            .toList();

    /** Where a bidder has come from. */
    private record Channel(String name, String url) {
        static Channel of(String name, long seed) {
            Dice dice = new Dice(seed);
            return new Channel(
                    name,
                    String.format(
                            Locale.ROOT,
                            "https://www.nexmark.com/%s/%s/%s/item.htm?query=1",
                            dice.letters(5),
                            dice.letters(5),
                            dice.letters(5)));
        }
    }

    Generator {
        if (eventsPerSecond < 1) {
            throw new IllegalArgumentException(
                    "Event time does not go on with " + eventsPerSecond + " events to a second; give 1 or more.");
        }
    }

    @Override
    public Event element(long number) {
        Dice dice = new Dice(number);
        long place = number % EPOCH;
        if (place < PERSONS) {
            return person(number, dice);
        }
        return place < PERSONS + AUCTIONS ? auction(number, dice) : bid(number, dice);
    }

    long timeMillis(long number) {
        return baseMillis + number * 1000 / eventsPerSecond;
    }

    private Person person(long number, Dice dice) {
        String name = dice.oneOf(FIRST_NAMES) + " " + dice.oneOf(LAST_NAMES);
        String emailAddress = dice.text(7) + "@" + dice.text(5) + ".com";
        String creditCard = fourDigits(dice) + " " + fourDigits(dice) + " " + fourDigits(dice) + " " + fourDigits(dice);
        String city = dice.oneOf(CITIES);
        String state = dice.oneOf(STATES);
        int bytes = Long.BYTES
                + name.length()
                + emailAddress.length()
                + creditCard.length()
                + city.length()
                + state.length();
        return new Person(
                FIRST_ID + newestPerson(number),
                name,
                emailAddress,
                creditCard,
                city,
                state,
                timeMillis(number),
                dice.extra(bytes, PERSON_BYTES));
    }

    private static String fourDigits(Dice dice) {
        return Integer.toString(10_000 + dice.below(10_000)).substring(1);
    }

    private Auction auction(long number, Dice dice) {
        long seller = dice.below(HOT_SELLER_RATIO) > 0 ? hot(newestPerson(number)) : anyPerson(number, dice);
        long category = FIRST_CATEGORY + dice.below(CATEGORIES);
        long initialBid = dice.price();
        long expiresMillis = timeMillis(number) + lengthMillis(number, dice);
        String itemName = dice.text(20);
        String description = dice.text(100);
        int bytes = 6 * Long.BYTES + itemName.length() + description.length();
        return new Auction(
                FIRST_ID + newestAuction(number),
                itemName,
                description,
                initialBid,
                initialBid + dice.price(),
                timeMillis(number),
                expiresMillis,
                FIRST_ID + seller,
                category,
                dice.extra(bytes, AUCTION_BYTES));
    }

    /** On average, until so many auctions have come as are to be open at a time. */
    private long lengthMillis(long number, Dice dice) {
        long averageMillis = timeMillis(number + OPEN_AUCTIONS * EPOCH / AUCTIONS) - timeMillis(number);
        return 1 + dice.below((int) Math.max(1, 2 * averageMillis));
    }

    private Bid bid(long number, Dice dice) {
        long auction = dice.below(HOT_AUCTION_RATIO) > 0 ? hot(newestAuction(number)) : openAuction(number, dice);
        // The second in the row: hot bidders are not hot sellers.
        long bidder = dice.below(HOT_BIDDER_RATIO) > 0 ? hot(newestPerson(number)) + 1 : anyPerson(number, dice);
        Channel channel = dice.oneOf(dice.below(HOT_CHANNEL_RATIO) > 0 ? HOT_CHANNELS : CHANNELS);
        return new Bid(
                FIRST_ID + auction,
                FIRST_ID + bidder,
                dice.price(),
                channel.name(),
                channel.url(),
                timeMillis(number),
                dice.extra(4 * Long.BYTES, BID_BYTES));
    }

    // ---- persons and auctions, counted from 0 --------------------------------------------------------------------

    /** By that event, which may be the one. */
    private static long newestPerson(long number) {
        return number / EPOCH * PERSONS + Math.min(number % EPOCH, PERSONS - 1);
    }

    /** By that event, which may be the one; -1 before the first. */
    private static long newestAuction(long number) {
        long place = number % EPOCH - PERSONS;
        return number / EPOCH * AUCTIONS + Math.max(-1, Math.min(place, AUCTIONS - 1));
    }

    private static long hot(long newest) {
        return newest / HOT_EVERY * HOT_EVERY;
    }

    private static long anyPerson(long number, Dice dice) {
        long persons = newestPerson(number) + 1;
        int active = (int) Math.min(persons, ACTIVE_PERSONS);
        return persons - active + dice.below(active + LEAD);
    }

    private static long openAuction(long number, Dice dice) {
        long newest = newestAuction(number);
        long oldest = Math.max(0, newest - OPEN_AUCTIONS);
        return oldest + dice.below((int) (newest - oldest) + 1 + LEAD);
    }
}
