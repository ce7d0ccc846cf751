package io.selvage.minicluster.throughput.program;

/** One record of the input: a function of its reader and its place there. Immutable. */
public interface Element<T extends Element<T>> {
    long key();

    /** Its number among the records of all readers, or what steps have made of it. */
    long value();

    /** Event time. */
    long timestampMillis();

    /** The same with a value that is one higher. */
    T raised();
}
