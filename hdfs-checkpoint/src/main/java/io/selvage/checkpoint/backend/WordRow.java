package io.selvage.checkpoint.backend;

import org.jspecify.annotations.Nullable;

/**
 * Owned by its table. A row that has its first numbers in place and not as objects: to read one is to read the row, and
 * to replace one leaves no garbage, and nothing for the collector to note of an old object that names a young one.
 */
final class WordRow extends Row {
    private static final int HAS_FIRST = 1;
    private static final int HAS_SECOND = 2;

    private final WordLayout layout;
    private int has;
    private long first;
    private long second;

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
            default -> super.set(section, value);
        }
    }

    @Override
    void clear(int section) {
        switch (layout.wordOf(section)) {
            case 0 -> has &= ~HAS_FIRST;
            case 1 -> has &= ~HAS_SECOND;
            default -> super.clear(section);
        }
    }

    @Override
    boolean isEmpty() {
        return has == 0 && super.isEmpty();
    }

    @Override
    int prefetch() {
        return super.prefetch() + (int) first;
    }
}
