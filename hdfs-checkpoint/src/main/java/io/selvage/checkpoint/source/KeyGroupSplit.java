package io.selvage.checkpoint.source;

/**
 * The keys of some key groups.
 *
 * @param metadataFile of the checkpoint or savepoint; fully qualified
 * @param end exclusive
 */
public record KeyGroupSplit(String metadataFile, int first, int end) {}
