package io.selvage.api.window;

/** Time from {@code startMillis} (inclusive) to {@code endMillis} (exclusive), since the epoch. */
public record Window(long startMillis, long endMillis) {
    /** The one of {@link GlobalWindows}. */
    public static final Window GLOBAL = new Window(Long.MIN_VALUE, Long.MAX_VALUE);

    public Window {
        if (endMillis <= startMillis) {
            throw new IllegalArgumentException("a window of [" + startMillis + ", " + endMillis + ") is empty");
        }
    }

    /** The last millisecond that belongs to the window; in event time it ends when the watermark reaches this. */
    public long lastMillis() {
        return endMillis - 1;
    }
}
