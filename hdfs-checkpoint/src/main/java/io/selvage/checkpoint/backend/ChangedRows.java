package io.selvage.checkpoint.backend;

import java.util.Arrays;

/** Owned by a cut. Places in undo logs, sorted by key group, and in each with parts behind the rows of keys. */
final class ChangedRows {
    private final KeyGroupRange range;
    private UndoLog[] logs = new UndoLog[64];
    private int[] places = new int[64];
    private int[] order = {};
    private int size;
    private long imageBytes;

    ChangedRows(KeyGroupRange range) {
        this.range = range;
    }

    void add(UndoLog log, int place) {
        if (size == places.length) {
            logs = Arrays.copyOf(logs, 2 * size);
            places = Arrays.copyOf(places, 2 * size);
        }
        logs[size] = log;
        places[size] = place;
        imageBytes += log.imageLength(place);
        size++;
    }

    /** By counting. */
    void sort() {
        int[] starts = new int[2 * range.count() + 1];
        for (int i = 0; i < size; i++) {
            starts[rank(logs[i].row(places[i])) + 1]++;
        }
        for (int i = 1; i < starts.length; i++) {
            starts[i] += starts[i - 1];
        }
        order = new int[size];
        for (int i = 0; i < size; i++) {
            order[starts[rank(logs[i].row(places[i]))]++] = i;
        }
    }

    private int rank(Row row) {
        return 2 * (row.group - range.first()) + (row.isPart() ? 1 : 0);
    }

    int size() {
        return size;
    }

    long imageBytes() {
        return imageBytes;
    }

    Row row(int index) {
        return logs[order[index]].row(places[order[index]]);
    }

    byte[] image(int index) {
        return logs[order[index]].image(places[order[index]]);
    }

    int imageAt(int index) {
        return logs[order[index]].imageAt(places[order[index]]);
    }

    int imageLength(int index) {
        return logs[order[index]].imageLength(places[order[index]]);
    }
}
