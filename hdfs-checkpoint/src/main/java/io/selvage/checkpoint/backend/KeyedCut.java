package io.selvage.checkpoint.backend;

/**
 * What a keyed backend puts into one checkpoint; immutable once made.
 *
 * @param bytes one segment, in the keyed backends' format
 * @param base 0: the segment stands alone; else it is added to what the completed checkpoint of that number holds of
 *     the same operator and subtask
 * @param oldestNeeded segments of checkpoints below this one need not be applied any more, and are left out
 */
public record KeyedCut(byte[] bytes, long base, long oldestNeeded) {}
