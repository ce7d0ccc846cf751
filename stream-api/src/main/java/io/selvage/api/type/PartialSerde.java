package io.selvage.api.type;

import java.util.List;
import java.util.function.Function;

/** What elements of one key, and one pane of time, have come to. */
public record PartialSerde<K, A>(Serde<K> key, Serde<A> accumulator) implements Serde<PartialSerde.Partial> {
    private static final long serialVersionUID = 1L;

    /** It has its pane as its timestamp. */
    public record Partial(Object key, Object accumulator) {}

    @Override
    @SuppressWarnings("unchecked")
    public void write(Partial partial, BinaryWriter out) {
        key.write((K) partial.key(), out);
        accumulator.write((A) partial.accumulator(), out);
    }

    @Override
    public Partial read(BinaryReader in) {
        return new Partial(key.read(in), accumulator.read(in));
    }

    @Override
    public Function<BinaryReader, Partial> reader(String written) {
        if (written.equals(schema())) {
            return this::read;
        }
        List<String> arguments = Schemas.argumentsOf(written, "partial", 2, schema());
        Function<BinaryReader, K> ofKey = key.reader(arguments.get(0));
        Function<BinaryReader, A> ofAccumulator = accumulator.reader(arguments.get(1));
        return in -> new Partial(ofKey.apply(in), ofAccumulator.apply(in));
    }

    @Override
    public String schema() {
        return "partial<" + key.schema() + "," + accumulator.schema() + ">";
    }

    @Override
    public boolean isCanonical() {
        return key.isCanonical() && accumulator.isCanonical();
    }
}
