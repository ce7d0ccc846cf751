package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import java.util.function.Function;

/** A value, and behind it when it was used last. */
record StampedSerde<V>(Serde<V> plain, TimeLimit limit) implements ExpiringSerde<Stamped<V>> {
    @Override
    public void write(Stamped<V> stamped, BinaryWriter out) {
        plain.write(stamped.value, out);
        out.writeLong(stamped.millis);
    }

    @Override
    public Stamped<V> read(BinaryReader in) {
        V value = plain.read(in);
        return new Stamped<>(value, in.readLong());
    }

    @Override
    public String schema() {
        return ExpiringSerde.schema(plain.schema());
    }

    @Override
    public Function<BinaryReader, Stamped<V>> reader(String written) {
        Function<BinaryReader, V> value = plain.reader(written);
        boolean isStamped = ExpiringSerde.schemaOfContent(written).isPresent();
        return in -> new Stamped<>(value.apply(in), isStamped ? in.readLong() : limit.startMillis());
    }

    @Override
    public boolean hasExpired(Stamped<V> cell, long horizonMillis) {
        return cell.millis <= horizonMillis;
    }

    @Override
    public boolean expire(Stamped<V> cell, long horizonMillis) {
        return hasExpired(cell, horizonMillis);
    }
}
