package io.selvage.master.job;

import io.selvage.protocol.wire.SourceLatency;
import io.selvage.protocol.wire.VertexDescription;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What subtasks of a sink tell of latencies, as one answer for each source; pure. */
final class SourceLatencies {
    private SourceLatencies() {}

    /** Of the subtask with the most of each; all markers are counted. */
    static void add(List<SourceLatency> ofSubtask, VertexDescription.Builder vertex) {
        if (ofSubtask.isEmpty()) {
            return;
        }
        List<SourceLatency> all = new ArrayList<>(vertex.getLatenciesList());
        for (SourceLatency latency : ofSubtask) {
            SourceLatency before = all.stream()
                    .filter(each -> each.getSource() == latency.getSource())
                    .findFirst()
                    .orElse(null);
            all.remove(before);
            all.add(before == null ? latency : most(before, latency));
        }
        all.sort(Comparator.comparingInt(SourceLatency::getSource));
        vertex.clearLatencies().addAllLatencies(all);
    }

    private static SourceLatency most(SourceLatency one, SourceLatency other) {
        return SourceLatency.newBuilder()
                .setSource(one.getSource())
                .setMarkers(one.getMarkers() + other.getMarkers())
                .setMedianMicros(Math.max(one.getMedianMicros(), other.getMedianMicros()))
                .setP99Micros(Math.max(one.getP99Micros(), other.getP99Micros()))
                .setGreatestMicros(Math.max(one.getGreatestMicros(), other.getGreatestMicros()))
                .build();
    }
}
