package io.selvage.benchmarks;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import io.selvage.task.exchange.ElementDecoder;
import io.selvage.task.exchange.ElementEncoder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** Elements of a channel to bytes and back: what kind, timestamp and serde take together. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ElementCodecBenchmark {
    private static final int BATCH = 512;

    @SuppressWarnings("unchecked")
    private final Serde<Object> serde = (Serde<Object>) (Serde<?>) Serdes.of(Reading.class);

    private final Reading record = Reading.sample(4711);
    private final BinaryWriter writer = new BinaryWriter();
    private final byte[] written = encode().toByteArray();
    private final BinaryReader reader = new BinaryReader(written);

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public BinaryWriter encode() {
        ElementEncoder encoder = new ElementEncoder(serde);
        writer.clear();
        for (int i = 0; i < BATCH; i++) {
            encoder.write(record, record.timeMillis() + i, writer);
        }
        return writer;
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void decode(Blackhole hole) {
        ElementDecoder decoder = new ElementDecoder(serde);
        reader.reset(written, 0, written.length);
        for (int i = 0; i < BATCH; i++) {
            hole.consume(decoder.read(reader));
        }
    }
}
