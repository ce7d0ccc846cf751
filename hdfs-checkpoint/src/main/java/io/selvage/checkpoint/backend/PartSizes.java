package io.selvage.checkpoint.backend;

/**
 * From when on maps and lists are in parts, and how large these are; immutable.
 *
 * @param most entries of a map, and elements of a list, that is whole
 * @param perPart entries of a part of a map, at most on average; a quarter of that is the least
 * @param perListPart elements of a part of a list, and the most of its last ones, which are in no part; not more than a
 *     whole one has
 */
record PartSizes(int most, int perPart, int perListPart) {
    /**
     * A whole map of that size takes some ten microseconds as bytes, about as much as one look-up in RocksDB. A part is
     * what RocksDB reads as one block, if entries have 100 bytes.
     */
    static final PartSizes DEFAULT = new PartSizes(1024, 32, 1024);

    /**
     * Of lists by namespace: a key has several, and the last elements of each are in its row. To look for a part takes
     * as long as to go over some of its elements.
     */
    static final PartSizes OF_NAMESPACES = new PartSizes(256, 32, 32);

    /** Into how many parts a map goes that was whole: half as full as they may be. */
    int partsFor(int entries) {
        return Integer.highestOneBit(Math.max(1, 2 * (entries / perPart)));
    }

    boolean isCrowded(int entries, int parts) {
        return entries > (long) parts * perPart;
    }

    boolean isSparse(int entries, int parts) {
        return 4L * entries < (long) parts * perPart;
    }

    /** Far from where it came into parts, so that a map does not go to and fro. */
    boolean isWhole(int entries) {
        return entries <= most / 4;
    }
}
