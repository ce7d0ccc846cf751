package io.selvage.minicluster.workload;

/** One record of the input: the reader that it comes from, and its place there. */
public record Arrival(long key, int reader, long sequence) {}
