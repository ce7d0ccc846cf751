package io.selvage.examples.nexmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serdes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

final class GeneratorTest {
    private static final int EVENTS = 50_000;
    private static final Generator GENERATOR = new Generator(Generator.BASE_MILLIS, 1_000);
    private static final List<Event> ALL =
            LongStream.range(0, EVENTS).mapToObj(GENERATOR::element).toList();
    private static final List<Person> PERSONS = only(Person.class);
    private static final List<Auction> AUCTIONS = only(Auction.class);
    private static final List<Bid> BIDS = only(Bid.class);

    private static <T extends Event> List<T> only(Class<T> type) {
        return ALL.stream().filter(type::isInstance).map(type::cast).toList();
    }

    @Test
    void ofFiftyEventsOneIsAPersonThreeAreAuctionsAndTheRestBids() {
        assertThat(PERSONS).hasSize(EVENTS / 50);
        assertThat(AUCTIONS).hasSize(EVENTS / 50 * 3);
        assertThat(BIDS).hasSize(EVENTS / 50 * 46);
        assertThat(ALL.get(50)).isInstanceOf(Person.class);
        assertThat(ALL.get(53)).isInstanceOf(Auction.class);
        assertThat(ALL.get(54)).isInstanceOf(Bid.class);
    }

    @Test
    void anEventIsTheSameWhoeverAsksAndWhenever() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(GENERATOR);
        }
        Generator copy;
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            copy = (Generator) in.readObject();
        }
        for (int number = EVENTS - 1; number >= 0; number -= 7) {
            assertThat(copy.element(number)).isEqualTo(ALL.get(number));
        }
    }

    /** A change of the generator makes all figures of before figures of something else. */
    @Test
    void eventsAreThoseOfEarlierVersions() {
        BinaryWriter out = new BinaryWriter();
        for (Event event : ALL) {
            writeIf(event, Person.class, out);
            writeIf(event, Auction.class, out);
            writeIf(event, Bid.class, out);
        }
        CRC32 sum = new CRC32();
        sum.update(out.array(), 0, out.length());

        assertThat(sum.getValue()).isEqualTo(3_578_192_437L);
    }

    /** As those had it: three records, of which two are null. */
    private static <T extends Event> void writeIf(Event event, Class<T> type, BinaryWriter out) {
        out.writeBoolean(type.isInstance(event));
        if (type.isInstance(event)) {
            Serdes.of(type).write(type.cast(event), out);
        }
    }

    @Test
    void timeGoesOnWithTheNumberAndTheRate() {
        assertThat(ALL.get(0).timeMillis()).isEqualTo(Generator.BASE_MILLIS);
        assertThat(ALL.get(1234).timeMillis()).isEqualTo(Generator.BASE_MILLIS + 1234);
        assertThat(new Generator(0, 3).element(10).timeMillis()).isEqualTo(3_333);
        assertThatThrownBy(() -> new Generator(0, 0)).hasMessageContaining("with 0 events to a second");
    }

    @Test
    void personsAndAuctionsAreNumberedInTheirOrder() {
        assertThat(PERSONS)
                .extracting(Person::id)
                .containsExactlyElementsOf(
                        LongStream.range(1000, 1000 + PERSONS.size()).boxed().toList());
        assertThat(AUCTIONS)
                .extracting(Auction::id)
                .containsExactlyElementsOf(
                        LongStream.range(1000, 1000 + AUCTIONS.size()).boxed().toList());
    }

    @Test
    void whatIsNamedIsThereOrComesSoon() {
        for (int number = 1; number < EVENTS; number++) {
            long newestPerson = 1000 + number / 50;
            long newestAuction = 1000 + number / 50 * 3 + Math.min(number % 50 - 1, 2);
            Event event = ALL.get(number);
            if (event instanceof Auction auction) {
                assertThat(auction.seller()).isBetween(newestPerson - 1000, newestPerson + 10);
                assertThat(auction.category()).isBetween(10L, 14L);
                assertThat(auction.expiresMillis()).isGreaterThan(auction.timeMillis());
                assertThat(auction.reserve()).isGreaterThan(auction.initialBid());
            }
            if (event instanceof Bid bid) {
                assertThat(bid.bidder()).isBetween(newestPerson - 1000, newestPerson + 10);
                assertThat(bid.auction()).isBetween(newestAuction - 100, newestAuction + 10);
                assertThat(bid.price()).isBetween(100L, 100_000_000L);
            }
        }
    }

    @Test
    void hotAuctionsBiddersAndSellersHaveTheirShare() {
        assertThat(share(BIDS, bid -> bid.auction() % 100 == 0)).isCloseTo(0.505, within(0.01));
        assertThat(share(BIDS, bid -> bid.bidder() % 100 == 1)).isCloseTo(0.7525, within(0.01));
        assertThat(share(AUCTIONS, auction -> auction.seller() % 100 == 0)).isCloseTo(0.7525, within(0.02));
        assertThat(share(BIDS, bid -> !bid.channel().startsWith("channel-"))).isCloseTo(0.5, within(0.01));
    }

    private static <T> double share(List<T> all, Predicate<T> of) {
        return (double) all.stream().filter(of).count() / all.size();
    }

    @Test
    void auctionsLastUntilAHundredMoreHaveComeOnAverage() {
        assertThat(AUCTIONS.stream()
                        .mapToLong(auction -> auction.expiresMillis() - auction.timeMillis())
                        .average()
                        .orElseThrow())
                .isCloseTo(100 * 50 / 3.0, within(100.0));
    }

    @Test
    void eventsAreAsLongAsTheyAreToBe() {
        assertThat(PERSONS.stream()
                        .mapToInt(person -> 8
                                + person.name().length()
                                + person.emailAddress().length()
                                + person.creditCard().length()
                                + person.city().length()
                                + person.state().length()
                                + person.extra().length())
                        .average()
                        .orElseThrow())
                .isCloseTo(200, within(5.0));
        assertThat(AUCTIONS.stream()
                        .mapToInt(auction -> 48
                                + auction.itemName().length()
                                + auction.description().length()
                                + auction.extra().length())
                        .average()
                        .orElseThrow())
                .isCloseTo(500, within(5.0));
        assertThat(BIDS.stream()
                        .mapToInt(bid -> 32 + bid.extra().length())
                        .average()
                        .orElseThrow())
                .isCloseTo(100, within(2.0));
    }
}
