package io.selvage.api.window;

/** Event time from {@code startMillis} (inclusive) to {@code endMillis} (exclusive), since the epoch. */
public record Window(long startMillis, long endMillis) {
    public Window {
        if (endMillis <= startMillis) {
            throw new IllegalArgumentException("a window of [" + startMillis + ", " + endMillis + ") is empty");
        }
    }

    /** The last millisecond that belongs to the window; it fires when the watermark reaches this. */
    public long lastMillis() {
        return endMillis - 1;
    }
}
