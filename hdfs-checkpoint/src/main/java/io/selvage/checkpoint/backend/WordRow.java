package io.selvage.checkpoint.backend;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Owned by its table. A row that has its first numbers in place and not as objects: to read one is to read the row, and
 * to replace one leaves no garbage, and nothing for the collector to note of an old object that names a young one.
 */
final class WordRow extends Row {
    /** Of a state with namespaces: where a key has more, they are objects. */
    static final int MOST_PAIRS = 8;

    private static final int HAS_FIRST = 1;
    private static final int HAS_SECOND = 2;
    private static final long[] NO_WORDS = {};

    private final WordLayout layout;
    private int has;
    private long first;
    private long second;
    private int pairs; // Of values and namespaces that are in place, the first in the two words.
    private long[] more = NO_WORDS; // The other pairs, each a value and its namespace; it does not shrink.

    WordRow(Object key, int hash, int group, WordLayout layout) {
        super(key, hash, group, layout.sectionCount());
        this.layout = layout;
    }

    @Override
    @Nullable
    Object get(int section) {
        return switch (layout.wordOf(section)) {
            case 0 -> (has & HAS_FIRST) == 0 ? null : layout.value(0, first);
            case 1 -> (has & HAS_SECOND) == 0 ? null : layout.value(1, second);
            case WordLayout.WORDS -> pairs == 0 ? super.get(section) : copyOfPairs();
            default -> super.get(section);
        };
    }

    @Override
    void set(int section, Object value) {
        switch (layout.wordOf(section)) {
            case 0 -> {
                first = layout.bits(0, value);
                has |= HAS_FIRST;
            }
            case 1 -> {
                second = layout.bits(1, value);
                has |= HAS_SECOND;
            }
            case WordLayout.WORDS -> setAll(section, (Namespaces<?, ?>) value);
            default -> super.set(section, value);
        }
    }

    @Override
    void clear(int section) {
        switch (layout.wordOf(section)) {
            case 0 -> has &= ~HAS_FIRST;
            case 1 -> has &= ~HAS_SECOND;
            case WordLayout.WORDS -> {
                pairs = 0;
                super.clear(section);
            }
            default -> super.clear(section);
        }
    }

    // ---- a state with namespaces ---------------------------------------------------------------------------------

    private Namespaces<Object, Object> copyOfPairs() {
        Namespaces<Object, Object> all = new Namespaces<>();
        for (int pair = 0; pair < pairs; pair++) {
            all.put(layout.value(1, namespaceOf(pair)), layout.value(0, valueOf(pair)));
        }
        return all;
    }

    /** Where they have become a few again: who has one more and one less in turn is not to move them each time. */
    private void setAll(int section, Namespaces<?, ?> all) {
        clear(section);
        if (all.count() <= MOST_PAIRS / 2) {
            all.forEach((namespace, value) -> putPair(pairs++, layout.bits(1, namespace), layout.bits(0, value)));
        } else {
            super.set(section, all);
        }
    }

    /** Whether all that the key has of that state is here in place. */
    boolean isInPlace(int section) {
        return layout.isPair(section) && super.get(section) == null;
    }

    /** Of a state that is in place; null: there is none. */
    @Nullable
    Object valueAt(Object namespace) {
        int pair = pairOf(layout.bits(1, namespace));
        return pair == pairs ? null : layout.value(0, valueOf(pair));
    }

    /** False: it would be one too many, or can't be in place at all. */
    boolean trySetPair(int section, Object namespace, Object value) {
        if (!isInPlace(section)) {
            return false;
        }
        long bits = layout.bits(1, namespace);
        int pair = pairOf(bits);
        if (pair == MOST_PAIRS) {
            return false;
        }
        pairs = Math.max(pairs, pair + 1);
        putPair(pair, bits, layout.bits(0, value));
        return true;
    }

    /** Of a state that is in place; the namespace may have nothing. */
    void clearPair(Object namespace) {
        int pair = pairOf(layout.bits(1, namespace));
        if (pair < pairs) {
            pairs--;
            putPair(pair, namespaceOf(pairs), valueOf(pairs));
        }
    }

    /** Where that namespace is; the number of pairs if it is not there. */
    private int pairOf(long namespace) {
        if (pairs > 0 && second == namespace) {
            return 0;
        }
        for (int pair = 1; pair < pairs; pair++) {
            if (namespaceOf(pair) == namespace) {
                return pair;
            }
        }
        return pairs;
    }

    private long valueOf(int pair) {
        return pair == 0 ? first : more[2 * pair - 2];
    }

    private long namespaceOf(int pair) {
        return pair == 0 ? second : more[2 * pair - 1];
    }

    private void putPair(int pair, long namespace, long value) {
        if (pair == 0) {
            first = value;
            second = namespace;
            return;
        }
        if (2 * pair > more.length) {
            more = Arrays.copyOf(more, Math.max(2 * pair, 2 * more.length));
        }
        more[2 * pair - 2] = value;
        more[2 * pair - 1] = namespace;
    }

    @Override
    boolean isEmpty() {
        return has == 0 && pairs == 0 && super.isEmpty();
    }

    @Override
    int prefetch() {
        return super.prefetch() + (int) first;
    }
}
