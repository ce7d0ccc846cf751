package io.selvage.local.harness;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;

/** Stands where the test takes elements out; never opened. */
record NoSink<T>() implements Sink<T, Integer> {
    @Override
    public Serde<Integer> committableSerde() {
        return Serdes.of(Integer.class);
    }

    @Override
    public SinkWriter<T, Integer> writer(SinkContext context) {
        throw new IllegalStateException("a harness's output is not written");
    }

    @Override
    public Committer<Integer> committer(SinkContext context) {
        throw new IllegalStateException("a harness's output is not committed");
    }
}
