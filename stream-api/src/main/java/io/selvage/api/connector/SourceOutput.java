package io.selvage.api.connector;

/** Takes what a split reader reads. */
public interface SourceOutput<T> {
    void collect(T element);

    void collect(T element, long timestampMillis);

    /** Counts an input that was malformed and passed over, as the user's policy says. */
    void skipped();
}
