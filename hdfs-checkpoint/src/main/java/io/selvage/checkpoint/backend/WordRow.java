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
            case WordLayout.WORDS -> (has & HAS_FIRST) == 0 ? super.get(section) : pair();
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
                has &= ~HAS_FIRST;
                super.clear(section);
            }
            default -> super.clear(section);
        }
    }

    // ---- a state with namespaces ---------------------------------------------------------------------------------

    /** A copy. */
    private Namespaces<Object, Object> pair() {
        Namespaces<Object, Object> all = new Namespaces<>();
        all.put(layout.value(1, second), layout.value(0, first));
        return all;
    }

    private void setAll(int section, Namespaces<?, ?> all) {
        if (all.count() == 1) {
            super.clear(section);
            all.forEach(this::setPair);
        } else {
            has &= ~HAS_FIRST;
            super.set(section, all);
        }
    }

    private void setPair(Object namespace, Object value) {
        first = layout.bits(0, value);
        second = layout.bits(1, namespace);
        has |= HAS_FIRST;
    }

    /** Whether the key has one namespace of that state, here in place. */
    boolean hasPair(int section) {
        return layout.isPair(section) && (has & HAS_FIRST) != 0;
    }

    boolean hasNamespace(Object namespace) {
        return layout.bits(1, namespace) == second;
    }

    Object valueOfPair() {
        return layout.value(0, first);
    }

    /** False: it would not be the only namespace of that state, or can't be in place at all. */
    boolean trySetPair(int section, Object namespace, Object value) {
        if (!layout.isPair(section)
                || ((has & HAS_FIRST) == 0 ? super.get(section) != null : !hasNamespace(namespace))) {
            return false;
        }
        setPair(namespace, value);
        return true;
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
