package io.selvage.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.api.StreamEnvironment;
import io.selvage.connector.memory.DiscardSink;
import io.selvage.connector.memory.ElementSource;
import io.selvage.protocol.wire.SourceLatency;
import io.selvage.protocol.wire.VertexDescription;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Markers through all steps of a job, beside its elements. */
@Timeout(60)
class LatencyTest {
    private static LocalJob submit(LocalEnvironment local) {
        StreamEnvironment env = local.streams();
        env.from(ElementSource.endless(Long.class, number -> number), "left", 1_000)
                .union(env.from(ElementSource.endless(Long.class, number -> -number), "right", 1_000))
                .rebalance()
                .map(number -> number + 1)
                .keyBy(number -> number % 10)
                .sinkTo(new DiscardSink<>(), "out");
        return local.submit(env.graph("latencies"));
    }

    private static VertexDescription sink(LocalJob job) {
        List<VertexDescription> vertices = job.describe().getVerticesList();
        return vertices.get(vertices.size() - 1);
    }

    @Test
    void aSinkTellsOfEachSourceHowLongElementsTake() {
        try (LocalEnvironment local = LocalEnvironment.builder()
                .parallelism(2)
                .set("selvage.latency.interval", "5ms")
                .start()) {
            LocalJob job = submit(local);
            while (sink(job).getLatenciesList().stream()
                            .filter(latency -> latency.getMarkers() >= 20)
                            .count()
                    < 2) {
                job.checkpoint();
            }
            for (SourceLatency latency : sink(job).getLatenciesList()) {
                assertThat(latency.getMedianMicros()).isBetween(0L, latency.getP99Micros());
                assertThat(latency.getP99Micros()).isLessThanOrEqualTo(latency.getGreatestMicros());
            }
            assertThat(sink(job).getLatenciesList().stream().map(latency -> name(job, latency.getSource())))
                    .containsExactlyInAnyOrder("read left", "read right");
            job.cancel();
        }
    }

    private static String name(LocalJob job, int vertex) {
        return job.describe().getVerticesList().stream()
                .filter(each -> each.getId() == vertex)
                .map(VertexDescription::getName)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void withoutTheSettingThereAreNone() {
        try (LocalEnvironment local = LocalEnvironment.start()) {
            LocalJob job = submit(local);
            while (job.describe().getRecordsWritten() < 100) {
                job.checkpoint();
            }
            assertThat(sink(job).getLatenciesList()).isEmpty();
            job.cancel();
        }
    }
}
