package acme;

import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import org.jspecify.annotations.Nullable;

/** A source that is only ever planned. */
final class Numbers implements Source<Long, Long> {
    private static final long serialVersionUID = 1L;

    private final boolean missing;

    Numbers(boolean missing) {
        this.missing = missing;
    }

    @Override
    public Serde<Long> serde() {
        return Serdes.of(Long.class);
    }

    @Override
    public Serde<Long> splitSerde() {
        return Serdes.of(Long.class);
    }

    @Override
    public void check() throws java.io.IOException {
        if (missing) {
            throw new java.io.IOException("There is no hdfs:/numbers. Put the numbers there.");
        }
    }

    @Override
    public SplitPlanner<Long> planner(SourceContext context, byte @Nullable [] restored) {
        throw new UnsupportedOperationException("not run");
    }

    @Override
    public SplitReader<Long> reader(Long split, byte @Nullable [] position, SourceContext context) {
        throw new UnsupportedOperationException("not run");
    }
}
