package io.selvage.task.operator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long markers took from each source to a sink's subtask; owned by its thread. Any other may read, and may find the
 * newest marker counted and an older one in its place.
 */
public final class Latencies {
    /** Of each source, the newest. */
    static final int KEPT = 256;

    // Volatile, where mail would not do: the heartbeat reads it and has nothing to answer with. Replaced by the owner.
    private volatile Map<Integer, OfSource> bySource = Map.of();

    /**
     * Of the newest markers.
     *
     * @param source the vertex that they come from
     * @param markers that have come, the newest of which the others speak of
     */
    public record Latency(int source, long markers, long medianMicros, long p99Micros, long greatestMicros) {}

    /** Owned as the whole is. The last cell counts. */
    private static final class OfSource {
        final AtomicLongArray micros = new AtomicLongArray(KEPT + 1);
    }

    /** Owner. @param micros below zero where the clocks of two hosts differ: counts as zero */
    void note(int source, long micros) {
        OfSource known = bySource.get(source);
        if (known == null) {
            known = new OfSource();
            Map<Integer, OfSource> more = new TreeMap<>(bySource);
            more.put(source, known);
            bySource = more;
        }
        long count = known.micros.getPlain(KEPT);
        known.micros.setOpaque((int) (count % KEPT), Math.max(0, micros));
        known.micros.setRelease(KEPT, count + 1);
    }

    /** Any thread: in the order of sources; none before the first marker. */
    public List<Latency> read() {
        List<Latency> all = new ArrayList<>();
        bySource.forEach((source, known) -> all.add(latency(source, known.micros)));
        return all;
    }

    private static Latency latency(int source, AtomicLongArray micros) {
        long count = micros.getAcquire(KEPT);
        long[] sorted = new long[(int) Math.min(count, KEPT)];
        Arrays.setAll(sorted, micros::getOpaque);
        Arrays.sort(sorted);
        return new Latency(source, count, at(sorted, 0.5), at(sorted, 0.99), at(sorted, 1));
    }

    /** The least value that so great a part of all is not above: the nearest rank. */
    private static long at(long[] sorted, double part) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.ceil(part * sorted.length) - 1];
    }
}
