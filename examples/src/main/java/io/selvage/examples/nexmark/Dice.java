package io.selvage.examples.nexmark;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The pseudo-random numbers of one event: SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
 * Generators", 2014) beginning with the event's number. It is written out here because the JDK does not promise that
 * its own generators stay as they are. Owned by one thread.
 */
final class Dice {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;
    private static final int LETTERS = 26;
    private static final int SHORTEST_TEXT = 3;

    private long state;

    Dice(long seed) {
        state = mix(seed);
    }

    private long next() {
        state += GOLDEN;
        return mix(state);
    }

    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    /** From 0 to {@code bound - 1}. */
    int below(int bound) {
        return (int) ((next() >>> 32) * bound >>> 32);
    }

    <T> T oneOf(List<T> all) {
        return all.get(below(all.size()));
    }

    /**
     * In cents, from a dollar to a million, as many of each number of digits; strict, so that it is the same on all
     * JVMs.
     */
    long price() {
        double unit = (next() >>> 11) * 0x1.0p-53;
        return Math.round(StrictMath.pow(10, unit * 6) * 100);
    }

    String text(int lengthBelow) {
        return letters(SHORTEST_TEXT + below(lengthBelow - SHORTEST_TEXT));
    }

    /** What makes an event as long as it is to be, give or take a fifth of this. */
    String extra(int currentBytes, int averageBytes) {
        int missing = Math.max(0, averageBytes - currentBytes);
        int deviation = missing / 5;
        return letters(missing - deviation + (deviation == 0 ? 0 : below(2 * deviation)));
    }

    String letters(int length) {
        byte[] text = new byte[length];
        int at = 0;
        while (at < length) {
            long bits = next();
            for (int i = 0; i < Long.BYTES && at < length; i++) {
                text[at++] = (byte) ('a' + ((bits & 0xFF) * LETTERS >>> 8));
                bits >>>= 8;
            }
        }
        return new String(text, StandardCharsets.ISO_8859_1);
    }
}
