package acme;

import io.selvage.api.connector.Committer;
import io.selvage.api.connector.Sink;
import io.selvage.api.connector.SinkContext;
import io.selvage.api.connector.SinkWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;

/** A sink that is only ever planned. */
final class Nowhere implements Sink<Long, Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public Serde<Long> committableSerde() {
        return Serdes.of(Long.class);
    }

    @Override
    public SinkWriter<Long, Long> writer(SinkContext context) {
        throw new UnsupportedOperationException("not run");
    }

    @Override
    public Committer<Long> committer(SinkContext context) {
        throw new UnsupportedOperationException("not run");
    }
}
