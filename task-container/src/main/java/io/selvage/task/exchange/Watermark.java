package io.selvage.task.exchange;

/** No element with a timestamp of this or less is expected any more on the channel. Immutable. */
public final class Watermark extends Control {
    /** Event time has ended. */
    public static final Watermark MAX = new Watermark(Long.MAX_VALUE);

    private final long millis;

    public Watermark(long millis) {
        this.millis = millis;
    }

    public long millis() {
        return millis;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Watermark that && that.millis == millis;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(millis);
    }

    @Override
    public String toString() {
        return "watermark " + millis;
    }
}
