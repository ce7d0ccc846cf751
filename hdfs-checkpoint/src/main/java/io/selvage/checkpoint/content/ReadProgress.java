package io.selvage.checkpoint.content;

/** Told how far reading has come, on the reading thread and often. */
@FunctionalInterface
public interface ReadProgress {
    ReadProgress SILENT = (done, total) -> {};

    /**
     * Called after each piece of a segment.
     *
     * @param done bytes that are read
     * @param total bytes that there are to read
     */
    void onRead(long done, long total);
}
