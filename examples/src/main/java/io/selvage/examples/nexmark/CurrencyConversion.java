package io.selvage.examples.nexmark;

import io.selvage.api.DataStream;
import java.math.BigDecimal;

/** Query 1: bids with their prices in euros. */
final class CurrencyConversion {
    private static final BigDecimal EUROS_FOR_A_DOLLAR = new BigDecimal("0.908");

    private CurrencyConversion() {}

    /** @param price in hundredths of a euro */
    record EuroBid(long auction, long bidder, BigDecimal price, long timeMillis, String extra) {}

    static DataStream<EuroBid> of(DataStream<Bid> bids) {
        return bids.map(
                bid -> new EuroBid(bid.auction(), bid.bidder(), inEuros(bid.price()), bid.timeMillis(), bid.extra()));
    }

    static BigDecimal inEuros(long price) {
        return EUROS_FOR_A_DOLLAR.multiply(BigDecimal.valueOf(price));
    }
}
