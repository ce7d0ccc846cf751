package io.selvage.checkpoint.backend;

import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Immutable. Which sections of a row are numbers that it has in place: the first few states whose values are such; or
 * the first state with namespaces, if these and its values are such, as long as a key has few of them.
 */
final class WordLayout {
    /** Numbers that a row has room for. */
    static final int WORDS = 2;

    /** A state whose values are nothing but 64 bits or fewer. */
    private enum Number {
        LONG(Serdes.LONG) {
            @Override
            long bits(Object value) {
                return (Long) value;
            }

            @Override
            Object value(long bits) {
                return bits;
            }
        },
        INTEGER(Serdes.INTEGER) {
            @Override
            long bits(Object value) {
                return (Integer) value;
            }

            @Override
            Object value(long bits) {
                return (int) bits;
            }
        },
        DOUBLE(Serdes.DOUBLE) {
            @Override
            long bits(Object value) {
                return Double.doubleToRawLongBits((Double) value);
            }

            @Override
            Object value(long bits) {
                return Double.longBitsToDouble(bits);
            }
        };

        private final Serde<?> serde;

        Number(Serde<?> serde) {
            this.serde = serde;
        }

        abstract long bits(Object value);

        abstract Object value(long bits);

        /** Null: the values are something else. */
        static @Nullable Number of(Serde<?> of) {
            Serde<?> ofValue = of instanceof SchemaSerde<?> only ? only.serde() : of;
            for (Number number : values()) {
                // A serde that has come with the job is a copy.
                if (ofValue.getClass() == number.serde.getClass()
                        && ofValue.schema().equals(number.serde.schema())) {
                    return number;
                }
            }
            return null;
        }
    }

    private static final int OBJECT = -1;
    /** The first word is a value, the second its namespace; the row has room for more such pairs. */
    private static final int PAIR = WORDS;

    private final int[] words; // By section.
    private final @Nullable Number[] numbers; // By word.

    private WordLayout(int[] words, @Nullable Number[] numbers) {
        this.words = words;
        this.numbers = numbers;
    }

    /**
     * Null: no section is a number.
     *
     * @param sections the serde of each; null for timers
     */
    static @Nullable WordLayout of(List<? extends @Nullable Serde<?>> sections) {
        int[] words = new int[sections.size()];
        @Nullable Number[] numbers = new Number[WORDS];
        int count = 0;
        for (int section = 0; section < words.length; section++) {
            Serde<?> serde = sections.get(section);
            words[section] = OBJECT;
            if (serde == null || count == WORDS) {
                continue;
            }
            Number number = Number.of(serde);
            if (number != null) {
                words[section] = count;
                numbers[count++] = number;
            } else if (count == 0 && serde instanceof NamespacesSerde<?, ?> pair) {
                Number value = Number.of(pair.value());
                Number namespace = Number.of(pair.namespace());
                if (value != null && namespace != null) {
                    words[section] = PAIR;
                    numbers[count++] = value;
                    numbers[count++] = namespace;
                }
            }
        }
        return count == 0 ? null : new WordLayout(words, numbers);
    }

    int sectionCount() {
        return words.length;
    }

    /** Less than 0: the section is an object; {@link #WORDS}: it {@link #isPair}. */
    int wordOf(int section) {
        return words[section];
    }

    boolean isPair(int section) {
        return words[section] == PAIR;
    }

    long bits(int word, Object value) {
        return numberOf(word).bits(value);
    }

    Object value(int word, long bits) {
        return numberOf(word).value(bits);
    }

    private Number numberOf(int word) {
        Number number = numbers[word];
        if (number == null) {
            throw new IllegalStateException("no section is the word " + word);
        }
        return number;
    }
}
