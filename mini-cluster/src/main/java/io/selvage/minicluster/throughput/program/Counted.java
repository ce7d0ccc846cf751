package io.selvage.minicluster.throughput.program;

/** The state of a key, of a given size. */
public record Counted(long count, byte[] padding) {}
