package io.selvage.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.protocol.wire.SourceLatency;
import io.selvage.protocol.wire.VertexDescription;
import java.util.List;
import org.junit.jupiter.api.Test;

class SourceLatenciesTest {
    private static SourceLatency of(int source, long markers, long median, long p99, long greatest) {
        return SourceLatency.newBuilder()
                .setSource(source)
                .setMarkers(markers)
                .setMedianMicros(median)
                .setP99Micros(p99)
                .setGreatestMicros(greatest)
                .build();
    }

    @Test
    void ofEachSourceTheSubtaskWithTheMostCounts() {
        VertexDescription.Builder sink = VertexDescription.newBuilder();
        SourceLatencies.add(List.of(), sink);
        assertThat(sink.getLatenciesList()).isEmpty();
        SourceLatencies.add(List.of(of(4, 10, 5, 50, 60)), sink);
        SourceLatencies.add(List.of(of(1, 3, 1, 2, 3), of(4, 20, 7, 40, 80)), sink);
        assertThat(sink.getLatenciesList()).containsExactly(of(1, 3, 1, 2, 3), of(4, 30, 7, 50, 80));
    }
}
