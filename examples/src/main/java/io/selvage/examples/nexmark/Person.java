package io.selvage.examples.nexmark;

/**
 * Somebody has registered, to sell or to bid.
 *
 * @param state of the USA, by its two letters
 * @param extra makes the event as long as it is to be
 */
record Person(
        long id,
        String name,
        String emailAddress,
        String creditCard,
        String city,
        String state,
        long timeMillis,
        String extra)
        implements Event {}
