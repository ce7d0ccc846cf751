package io.selvage.minicluster.workload;

/**
 * The output: the arrival, and its key's account after it.
 *
 * @param updates how often the key has come, this time included
 * @param sum of all amounts of the key
 */
public record Update(long key, int reader, long sequence, long updates, long sum) {}
