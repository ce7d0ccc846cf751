package io.selvage.master.job;

import io.selvage.protocol.id.SubtaskId;
import java.util.HashMap;
import java.util.Map;

/**
 * Owned by its deployment: how many records sources have read. Heartbeats tell, about once a second; what has been read
 * since the last one is reckoned at the rate of the last two, as what a killed process has read nobody can say.
 */
final class RecordsRead {
    /** No longer than so is a rate carried on: who is silent for longer may have stopped. */
    private static final long LONGEST_NANOS = 5_000_000_000L;

    /** What a subtask has told last. */
    private record Told(long records, long nanos, double perNano) {
        long at(long nowNanos) {
            return records + (long) (perNano * Math.min(LONGEST_NANOS, Math.max(0, nowNanos - nanos)));
        }
    }

    private final Map<SubtaskId, Told> told = new HashMap<>();

    void count(SubtaskId subtask, long records, long nowNanos) {
        Told last = told.get(subtask);
        double perNano = last == null || nowNanos <= last.nanos()
                ? 0
                : Math.max(0, records - last.records()) / (double) (nowNanos - last.nanos());
        told.put(subtask, new Told(records, nowNanos, perNano));
    }

    long at(SubtaskId subtask, long nowNanos) {
        Told last = told.get(subtask);
        return last == null ? 0 : last.at(nowNanos);
    }
}
