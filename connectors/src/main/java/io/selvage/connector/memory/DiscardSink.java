package io.selvage.connector.memory;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.util.List;

/** Throws elements away: for what is measured without an output, or does its work before the end. */
public record DiscardSink<T>() implements Sink<T, Long> {
    @Override
    public Serde<Long> committableSerde() {
        return Serdes.LONG;
    }

    @Override
    public SinkWriter<T, Long> writer(SinkContext context) {
        return new SinkWriter<>() {
            @Override
            public void write(T element, long timestampMillis) {}

            @Override
            public List<Long> prepare(long checkpoint) {
                return List.of();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Committer<Long> committer(SinkContext context) {
        return new Committer<>() {
            @Override
            public void commit(List<Long> committables) {}

            @Override
            public void recover(List<Long> committables) {}
        };
    }
}
