package io.selvage.minicluster.workload;

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
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Records that are a function of reader and sequence number, so that a replay is exact; each can be read once its time
 * has come. The splits are the readers' indexes.
 *
 * @param endFile of this machine: once it is there, it holds the sequence number before which every reader ends; empty:
 *     they never end
 */
record Arrivals(int readers, long keys, Schedule schedule, String endFile) implements Source<Arrival, Integer> {
    private static final long END_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    @Override
    public Serde<Arrival> serde() {
        return Serdes.of(Arrival.class);
    }

    @Override
    public Serde<Integer> splitSerde() {
        return Serdes.INTEGER;
    }

    /** The first ones visit every key once; then they come as they come. */
    static long key(int reader, long sequence, int readers, long keys, long prefill) {
        if (sequence < prefill) {
            return (sequence * readers + reader) % keys;
        }
        return Long.remainderUnsigned(mix(sequence * readers + reader), keys);
    }

    /** What the record adds to its key's sum. */
    static long amount(int reader, long sequence) {
        return mix(31 * sequence + reader) >>> 40;
    }

    /** The finalizer of SplitMix64 (Steele, Lea and Flood, 2014). */
    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    @Override
    public SplitPlanner<Integer> planner(SourceContext context, byte @Nullable [] restored) {
        return new Planner(readers, restored != null && restored[0] == 1);
    }

    @Override
    public SplitReader<Arrival> reader(Integer split, byte @Nullable [] position, SourceContext context) {
        return new Reader(this, split, position == null ? 0 : new BinaryReader(position).readLong());
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
            if (planned) {
                return List.of();
            }
            planned = true;
            return IntStream.range(0, readers).boxed().toList();
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
    private static final class Reader implements SplitReader<Arrival> {
        private final Arrivals source;
        private final int reader;
        private long next;
        private long end = Long.MAX_VALUE;
        private long endLookedAtNanos;

        Reader(Arrivals source, int reader, long next) {
            this.source = source;
            this.reader = reader;
            this.next = next;
            this.endLookedAtNanos = System.nanoTime() - END_POLL_NANOS;
        }

        @Override
        public Status read(SourceOutput<Arrival> out, int maxElements) throws IOException {
            // Before the look: what is read has come by then.
            long nowMillis = System.currentTimeMillis();
            lookForEnd();
            long until = Math.min(end, source.schedule.arrivedBy(nowMillis));
            for (int emitted = 0; emitted < maxElements && next < until; emitted++) {
                long sequence = next++;
                long key = key(reader, sequence, source.readers, source.keys, source.schedule.prefill());
                out.collect(new Arrival(key, reader, sequence));
            }
            if (next >= end) {
                return Status.END;
            }
            return next < until ? Status.MORE : Status.IDLE;
        }

        private void lookForEnd() throws IOException {
            long nowNanos = System.nanoTime();
            if (source.endFile.isEmpty() || end != Long.MAX_VALUE || nowNanos - endLookedAtNanos < END_POLL_NANOS) {
                return;
            }
            endLookedAtNanos = nowNanos;
            try {
                end = Long.parseLong(Files.readString(Path.of(source.endFile)).strip());
            } catch (NoSuchFileException notYet) {
                end = Long.MAX_VALUE;
            }
        }

        @Override
        public byte[] position() {
            BinaryWriter out = new BinaryWriter();
            out.writeLong(next);
            return out.toByteArray();
        }
    }
}
