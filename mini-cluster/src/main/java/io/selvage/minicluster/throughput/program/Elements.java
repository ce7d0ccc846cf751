package io.selvage.minicluster.throughput.program;

import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceContext;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitPlanner;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.api.type.Serdes;
import java.io.IOException;
import java.io.Writer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Records that are a function of reader and sequence number. The splits are the readers' indexes. A reader ends once
 * the end file is there, and notes in a file how many records it has read by when.
 *
 * @param keys each reader's first records visit every key once if {@code prefilled}; then keys come as they come
 * @param pace when the records after those come
 * @param directory of this machine, for the readers' files; the file {@value #END} in it ends them
 */
public record Elements<T extends Element<T>>(
        Class<T> type, int readers, long keys, boolean prefilled, Pace pace, String directory)
        implements Source<T, Integer> {
    public static final String END = "end";
    private static final int TEXT_LENGTH = 80;
    /** Records to a second of event time. */
    private static final long RECORDS_PER_SECOND = 250_000;

    private static final long GOLDEN = 0x9e3779b97f4a7c15L;
    static final VarHandle EIGHT_BYTES = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    @Override
    public Serde<T> serde() {
        return Serdes.of(type);
    }

    @Override
    public Serde<Integer> splitSerde() {
        return Serdes.INTEGER;
    }

    static long timestampMillis(long value) {
        return value * 1000 / RECORDS_PER_SECOND;
    }

    /** Records of each reader that come before those that have a pace. */
    public long prefill() {
        return prefilled ? (keys + readers - 1) / readers : 0;
    }

    public long key(int reader, long sequence) {
        return sequence < prefill()
                ? (sequence * readers + reader) % keys
                : Long.remainderUnsigned(mix(((long) reader << 56) + sequence * GOLDEN), keys);
    }

    public long value(int reader, long sequence) {
        return sequence * readers + reader;
    }

    /** The finalizer of SplitMix64 (Steele, Lea and Flood, 2014). */
    static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    /** Knuth's linear congruential generator of 64 bits (MMIX). */
    static long next(long bits) {
        return bits * 0x5851f42d4c957f2dL + 0x14057b7ef767814fL;
    }

    private Object element(int reader, long sequence, byte[] buffer) {
        long key = key(reader, sequence);
        long value = value(reader, sequence);
        if (type == Small.class) {
            return new Small(key, value);
        }
        long bits = mix(value);
        for (int at = 0; at < TEXT_LENGTH; at += Long.BYTES) {
            bits = next(bits);
            EIGHT_BYTES.set(buffer, at, (bits & 0x0f0f0f0f0f0f0f0fL) + 0x6161616161616161L);
        }
        return new Big(key, value, timestampMillis(value), new String(buffer, StandardCharsets.ISO_8859_1));
    }

    @Override
    public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
        return new Planner(readers, restored != null && restored[0] == 1);
    }

    @Override
    public SplitReader<T> reader(Integer split, byte @Nullable [] position, SourceContext context) throws IOException {
        return new Reader<>(this, split, position == null ? 0 : new BinaryReader(position).readLong());
    }

    /** Owned by the planner's thread. */
    private static final class Planner implements SplitPlanner<Integer> {
        private final int readers;
        private boolean planned;

        Planner(int readers, boolean planned) {
            this.readers = readers;
            this.planned = planned;
        }

        @Override
        public List<Integer> discover() {
            List<Integer> splits =
                    planned ? List.of() : IntStream.range(0, readers).boxed().toList();
            planned = true;
            return splits;
        }

        @Override
        public boolean isComplete() {
            return planned;
        }

        @Override
        public byte[] snapshot() {
            return new byte[] {(byte) (planned ? 1 : 0)};
        }
    }

    /** Owned by the reader's thread. */
    private static final class Reader<T extends Element<T>> implements SplitReader<T> {
        private static final long NOTE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

        private final Elements<T> source;
        private final int reader;
        private final Path end;
        private final Writer notes;
        private final byte[] buffer = new byte[TEXT_LENGTH];
        private long next;
        private long notedNanos;

        Reader(Elements<T> source, int reader, long next) throws IOException {
            this.source = source;
            this.reader = reader;
            this.next = next;
            this.end = Path.of(source.directory, END);
            this.notes = Files.newBufferedWriter(Path.of(source.directory, "reader-" + reader + ".csv"));
            note(System.nanoTime());
        }

        @Override
        public Status read(SourceOutput<T> out, int maxElements) throws IOException {
            long nowNanos = System.nanoTime();
            if (nowNanos - notedNanos >= NOTE_NANOS) {
                note(nowNanos);
                if (Files.exists(end)) {
                    return Status.END;
                }
            }
            long arrived = source.prefill() + source.pace.arrivedBy(nowNanos);
            long until = Math.min(next + maxElements, arrived);
            while (next < until) {
                out.collect(source.type.cast(source.element(reader, next++, buffer)));
            }
            return next < arrived ? Status.MORE : Status.IDLE;
        }

        /** Read by whoever measures, while this is running. */
        private void note(long nowNanos) throws IOException {
            notedNanos = nowNanos;
            notes.write(nowNanos + "," + next + "\n");
            notes.flush();
        }

        @Override
        public byte[] position() {
            BinaryWriter out = new BinaryWriter();
            out.writeLong(next);
            return out.toByteArray();
        }

        @Override
        public void close() throws IOException {
            note(System.nanoTime());
            notes.close();
        }
    }
}
