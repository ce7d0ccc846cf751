package io.selvage.benchmarks;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A record, and a plain class of the same fields, to bytes and back, as between processes and in snapshots. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SerdeBenchmark {
    private final Serde<Reading> serde = Serdes.of(Reading.class);
    private final Reading record = Reading.sample(4711);
    private final BinaryWriter writer = new BinaryWriter();
    private final byte[] written = write().toByteArray();
    private final BinaryReader reader = new BinaryReader(written);
    private final Serde<PlainReading> plainSerde = Serdes.of(PlainReading.class);
    private final PlainReading plain = PlainReading.of(record);
    private final byte[] plainWritten = writePlain().toByteArray();

    @Benchmark
    public BinaryWriter write() {
        writer.clear();
        serde.write(record, writer);
        return writer;
    }

    @Benchmark
    public Reading read() {
        reader.reset(written, 0, written.length);
        return serde.read(reader);
    }

    @Benchmark
    public BinaryWriter writePlain() {
        writer.clear();
        plainSerde.write(plain, writer);
        return writer;
    }

    @Benchmark
    public PlainReading readPlain() {
        reader.reset(plainWritten, 0, plainWritten.length);
        return plainSerde.read(reader);
    }

    /** As a program has it that was written for another engine. */
    public static class PlainReading {
        private long sensor;
        private long timeMillis;
        private double value;
        private String place = "";
        private int quality;

        static PlainReading of(Reading reading) {
            PlainReading plain = new PlainReading();
            plain.sensor = reading.sensor();
            plain.timeMillis = reading.timeMillis();
            plain.value = reading.value();
            plain.place = reading.place();
            plain.quality = reading.quality();
            return plain;
        }
    }
}
