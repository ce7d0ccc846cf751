package io.selvage.minicluster.throughput.program;

/**
 * What a keyed step makes of an element.
 *
 * @param count of elements of the key, or of the key and window
 * @param value that of the element which has led to it
 */
public record Count(long key, long count, long value) {}
