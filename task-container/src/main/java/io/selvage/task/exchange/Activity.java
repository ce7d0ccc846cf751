package io.selvage.task.exchange;

/**
 * Whether event time waits for what comes on the channel. After {@link #IDLE} no watermark comes, until {@link #ACTIVE}
 * has, or the end of input.
 */
public final class Activity extends Control {
    public static final Activity IDLE = new Activity("idle");
    /** As every channel is at first. */
    public static final Activity ACTIVE = new Activity("active");

    private final String word;

    private Activity(String word) {
        this.word = word;
    }

    public static Activity of(boolean isIdle) {
        return isIdle ? IDLE : ACTIVE;
    }

    @Override
    public String toString() {
        return word;
    }
}
