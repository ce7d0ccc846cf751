package io.selvage.protocol.config;

import java.util.Collection;
import java.util.Optional;

/** Finds what somebody may have meant who has named what there is not; pure. */
public final class Nearest {
    private Nearest() {}

    /** The name that takes the fewest changes; nothing if even that would only mislead. */
    public static Optional<String> of(String typed, Collection<String> known) {
        String best = null;
        int bestDistance = Integer.MAX_VALUE;
        for (String name : known) {
            int distance = editDistance(typed, name);
            if (distance < bestDistance) {
                best = name;
                bestDistance = distance;
            }
        }
        // Further away than half of the name, a guess would only mislead.
        return bestDistance <= typed.length() / 2 ? Optional.ofNullable(best) : Optional.empty();
    }

    /** Levenshtein's distance, by the usual two rows. */
    static int editDistance(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int column = 0; column <= to.length(); column++) {
            previous[column] = column;
        }
        for (int row = 1; row <= from.length(); row++) {
            int[] current = new int[to.length() + 1];
            current[0] = row;
            for (int column = 1; column <= to.length(); column++) {
                int substitution = from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1;
                current[column] = Math.min(
                        Math.min(current[column - 1], previous[column]) + 1, previous[column - 1] + substitution);
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
