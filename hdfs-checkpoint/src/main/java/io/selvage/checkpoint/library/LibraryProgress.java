package io.selvage.checkpoint.library;

/** Told, on the thread that publishes, of each file that has become available. */
@FunctionalInterface
public interface LibraryProgress {
    LibraryProgress SILENT = (entry, uploaded, done, total) -> {};

    /**
     * @param uploaded false if the store had the file
     * @param done files available so far, this one included
     */
    void onAvailable(LibraryEntry entry, boolean uploaded, int done, int total);
}
