package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;

/** Query 14: bids of a certain price in euros, with the time of day and how often there is a c in what is extra. */
final class Calculation {
    private static final BigDecimal ABOVE = BigDecimal.valueOf(1_000_000);
    private static final BigDecimal BELOW = BigDecimal.valueOf(50_000_000);

    private Calculation() {}

    /** @param price in hundredths of a euro */
    record CalculatedBid(
            long auction,
            long bidder,
            BigDecimal price,
            TimeOfDay timeOfDay,
            long timeMillis,
            String extra,
            long lettersC) {}

    /** By the hour, in UTC. */
    enum TimeOfDay {
        /** From 8 to 18. */
        DAY,
        /** From 20 to 6. */
        NIGHT,
        OTHER;

        static TimeOfDay of(long timeMillis) {
            int hour = Instant.ofEpochMilli(timeMillis).atOffset(ZoneOffset.UTC).getHour();
            if (hour >= 8 && hour <= 18) {
                return DAY;
            }
            return hour <= 6 || hour >= 20 ? NIGHT : OTHER;
        }
    }

    static DataStream<CalculatedBid> of(DataStream<Bid> bids) {
        return bids.filter(bid -> isWanted(CurrencyConversion.inEuros(bid.price())))
                .map(Calculation::calculated);
    }

    private static boolean isWanted(BigDecimal euros) {
        return euros.compareTo(ABOVE) > 0 && euros.compareTo(BELOW) < 0;
    }

    private static CalculatedBid calculated(Bid bid) {
        return new CalculatedBid(
                bid.auction(),
                bid.bidder(),
                CurrencyConversion.inEuros(bid.price()),
                TimeOfDay.of(bid.timeMillis()),
                bid.timeMillis(),
                bid.extra(),
                bid.extra().chars().filter(letter -> letter == 'c').count());
    }
}
