package io.selvage.minicluster.workload;

/** What is kept for each key: how often it came, the sum of its amounts, and as many bytes as a real record has. */
public record Account(long updates, long sum, byte[] padding) {}
