package io.selvage.checkpoint.backend;

/** The key groups from {@code first} (inclusive) to {@code end} (exclusive). */
public record KeyGroupRange(int first, int end) {
    public KeyGroupRange {
        if (first < 0 || end < first) {
            throw new IllegalArgumentException("no key groups from " + first + " to " + end);
        }
    }

    public boolean contains(int group) {
        return group >= first && group < end;
    }

    public boolean overlaps(KeyGroupRange other) {
        return first < other.end && other.first < end;
    }

    public int count() {
        return end - first;
    }
}
