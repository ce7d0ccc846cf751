package io.selvage.api.window;

/** Windows that begin and end at the same times for all keys: one each slide, counted from the epoch plus an offset. */
public sealed interface AlignedWindows extends WindowAssigner permits TumblingWindows, SlidingWindows {
    long sizeMillis();

    /** Between the beginnings of two. */
    long slideMillis();

    /** Below the slide. */
    long offsetMillis();

    /** The greatest common divisor of size and slide: windows begin and end at its multiples, from the offset on. */
    long paneMillis();
}
