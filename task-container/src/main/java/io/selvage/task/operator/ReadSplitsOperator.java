package io.selvage.task.operator;

import io.selvage.api.connector.Source;
import io.selvage.api.connector.SourceOutput;
import io.selvage.api.connector.SplitReader;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.OperatorStateKind;
import io.selvage.task.exchange.Timestamps;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads the splits that come in as elements: a batch of each that is begun, in turn. Side by side, all are, once those
 * that there were at the start have come; of a queue, the next one is begun when those before it have ended, or have
 * nothing for now. Owned by the subtask's thread. Every split that is not read to its end, how far it is read, and how
 * far event time has come in it, is part of the checkpoint.
 */
final class ReadSplitsOperator extends RuntimeOperator implements SourceHead {
    static final long LEAST_IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    /** Until it is looked again whether other sources have caught up. */
    static final long HELD_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    static final long MOST_IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    /** The first format. */
    private static final int WITHOUT_TIMES = 1;

    private final Source<Object, Object> source;
    private final boolean sideBySide;
    private final SplitTimes times;
    private final Serde<Object> splitSerde;
    private final RateLimit rate;
    private final MarkerClock markers;
    private final ReaderOutput readerOutput;
    private final Deque<OpenSplit> begun = new ArrayDeque<>(); // The next to be read first.
    private final Deque<OpenSplit> waiting = new ArrayDeque<>(); // Of a queue.
    private int idleInARow;
    private long idleNanos = LEAST_IDLE_NANOS;
    private long nextNanos = Long.MIN_VALUE;
    private boolean hasFinished; // Its end has been sent on, or is about to be.
    private boolean isPlanned; // The planner has emitted what it has found at the start.

    /** A split on its way; the position counts while no reader is open. */
    private static final class OpenSplit {
        final Object split;
        final SplitTimes.SplitTime time;
        byte @Nullable [] position;

        @Nullable
        SplitReader<Object> reader;

        OpenSplit(Object split, byte @Nullable [] position, long greatestMillis) {
            this.split = split;
            this.position = position;
            this.time = new SplitTimes.SplitTime(greatestMillis);
        }
    }

    ReadSplitsOperator(
            OperatorContext context,
            Output output,
            Source<Object, Object> source,
            double recordsPerSecond,
            Counters counters,
            MarkerClock markers,
            long nowNanos) {
        super(context, output);
        this.source = source;
        this.sideBySide = source.readsSideBySide();
        this.times = SplitTimes.of(sideBySide);
        this.splitSerde = source.splitSerde();
        this.rate = new RateLimit(recordsPerSecond / context.parallelism(), nowNanos);
        this.markers = markers;
        this.readerOutput = new ReaderOutput(output, counters);
    }

    @Override
    void open(RestoredState restored) {
        output.splits(times);
        if (restored.parallelism() == context.parallelism()) {
            restored.heldState(context.subtask()).forEach(bytes -> read(bytes).forEach(this::take));
        } else {
            redistribute(restored);
        }
    }

    /** One that has been read from before is begun. */
    private void take(OpenSplit split) {
        if (sideBySide || split.position != null) {
            begin(split);
        } else {
            waiting.add(split);
        }
    }

    private void begin(OpenSplit split) {
        begun.add(split);
        times.begin(split.time);
    }

    /** The next split of every subtask, then the one after it of every subtask: about as the planner gave them out. */
    private void redistribute(RestoredState restored) {
        List<Deque<OpenSplit>> bySubtask = new ArrayList<>();
        for (int subtask = 0; subtask < restored.parallelism(); subtask++) {
            Deque<OpenSplit> left = new ArrayDeque<>();
            restored.heldState(subtask).forEach(bytes -> left.addAll(read(bytes)));
            bySubtask.add(left);
        }
        int index = 0;
        while (bySubtask.stream().anyMatch(left -> !left.isEmpty())) {
            for (Deque<OpenSplit> left : bySubtask) {
                OpenSplit split = left.poll();
                if (split != null && index++ % context.parallelism() == context.subtask()) {
                    take(split);
                }
            }
        }
    }

    /** A split to read. */
    @Override
    public void emit(Object value, long timestampMillis) {
        take(new OpenSplit(value, null, Long.MIN_VALUE));
        nextNanos = Long.MIN_VALUE;
        idleInARow = 0;
    }

    /** The planner's event time is not the elements'; its end shows that there is no more to wait for. */
    @Override
    public void watermark(long millis) {
        onPlanned();
    }

    /** Of the planner, as is its event time. */
    @Override
    public void idle(boolean isPlannerIdle) {
        if (isPlannerIdle) {
            onPlanned();
        }
    }

    private void onPlanned() {
        isPlanned = true;
        times.onPlanned();
    }

    @Override
    public boolean hasInputTime() {
        return false;
    }

    @Override
    public int produce(int limit, long nowNanos) {
        if (isExhausted() || !mayRead() || nextNanos != Long.MIN_VALUE && nowNanos - nextNanos < 0) {
            return 0;
        }
        int allowed = rate.available(limit, nowNanos);
        if (allowed == 0) {
            nextNanos = rate.nextNanos();
            return 0;
        }
        OpenSplit current = nextToRead(nowNanos);
        if (current == null) {
            nextNanos = nowNanos + HELD_NANOS;
            return 0;
        }
        readerOutput.emitted = 0;
        SplitReader.Status status;
        try {
            SplitReader<Object> reader = reader(current);
            readerOutput.reader = reader;
            times.turnTo(current.time);
            status = reader.read(readerOutput, allowed);
        } catch (Throwable thrown) {
            throw context.failed(thrown, "while it read " + current.split);
        }
        readerOutput.rethrow();
        rate.take(readerOutput.emitted);
        nextNanos = Long.MIN_VALUE;
        switch (status) {
            case MORE -> idleInARow = 0;
            case IDLE -> onIdle(nowNanos);
            case END -> finish(current);
        }
        // To have turned to a split that may have something is work too.
        return readerOutput.emitted + (nextNanos == Long.MIN_VALUE ? 1 : 0);
    }

    /** It is the last one from now on. Null: all that are begun are too far ahead of other sources. */
    private @Nullable OpenSplit nextToRead(long nowNanos) {
        if (idleInARow >= begun.size() && !waiting.isEmpty()) {
            begin(waiting.remove());
            return begun.getLast();
        }
        for (int turn = begun.size(); turn > 0; turn--) {
            OpenSplit split = begun.remove();
            begun.add(split);
            if (!times.mustWait(split.time, nowNanos)) {
                return split;
            }
        }
        return null;
    }

    /** Elements of a split that nobody knows of yet would be late. */
    private boolean mayRead() {
        return isPlanned || !sideBySide;
    }

    private void onIdle(long nowNanos) {
        idleInARow = readerOutput.emitted > 0 ? 0 : idleInARow + 1;
        if (idleInARow == 0) {
            idleNanos = LEAST_IDLE_NANOS;
        } else if (idleInARow >= begun.size() && waiting.isEmpty()) {
            idleInARow = 0;
            nextNanos = nowNanos + idleNanos;
            idleNanos = Math.min(MOST_IDLE_NANOS, 2 * idleNanos);
        }
    }

    private void finish(OpenSplit read) {
        begun.removeLast();
        times.end(read.time);
        idleInARow = 0;
        try {
            close(read);
        } catch (Throwable thrown) {
            throw context.failed(thrown, "while it closed " + read.split);
        }
    }

    @Override
    public long nextProduceNanos() {
        return isExhausted() || !mayRead() ? Long.MAX_VALUE : nextNanos;
    }

    @Override
    public boolean isExhausted() {
        return begun.isEmpty() && waiting.isEmpty();
    }

    @Override
    public void finish() {
        hasFinished = true;
    }

    @Override
    void tick(long nowNanos) {
        if (!hasFinished && markers.isDue(nowNanos)) {
            output.marker(markers.next(nowNanos));
        }
    }

    @Override
    OperatorCut snapshot(long checkpoint, boolean isSavepoint) {
        BinaryWriter out = new BinaryWriter();
        OperatorStateKind.SOURCE_POSITIONS.writeHead(out);
        out.writeUnsignedVarInt(begun.size() + waiting.size());
        try {
            for (OpenSplit split : begun) {
                writeSplit(split, out);
            }
            for (OpenSplit split : waiting) {
                writeSplit(split, out);
            }
        } catch (Throwable thrown) {
            throw context.failed(thrown, "at checkpoint " + checkpoint);
        }
        return new OperatorCut(context.operatorUid(), null, out.toByteArray());
    }

    private void writeSplit(OpenSplit split, BinaryWriter out) {
        BinaryWriter bytes = new BinaryWriter();
        splitSerde.write(split.split, bytes);
        out.writeByteArray(bytes.toByteArray());
        byte[] position = split.reader == null ? split.position : split.reader.position();
        out.writeBoolean(position != null);
        if (position != null) {
            out.writeByteArray(position);
        }
        out.writeLong(split.time.greatestMillis);
    }

    private List<OpenSplit> read(byte[] state) {
        BinaryReader in = new BinaryReader(state);
        int format = OperatorStateKind.SOURCE_POSITIONS.readHead(in);
        int count = in.readCount();
        List<OpenSplit> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Object split = splitSerde.read(new BinaryReader(in.readByteArray()));
            byte[] position = in.readBoolean() ? in.readByteArray() : null;
            found.add(new OpenSplit(split, position, format == WITHOUT_TIMES ? Long.MIN_VALUE : in.readLong()));
        }
        return found;
    }

    private SplitReader<Object> reader(OpenSplit split) throws Exception {
        SplitReader<Object> reader = split.reader;
        if (reader == null) {
            reader = source.reader(split.split, split.position, context);
            split.reader = reader;
        }
        return reader;
    }

    @Override
    void close() throws Exception {
        for (OpenSplit split : begun) {
            close(split);
        }
    }

    private static void close(OpenSplit split) throws Exception {
        SplitReader<Object> reader = split.reader;
        if (reader != null) {
            split.reader = null;
            reader.close();
        }
    }

    /** Owned by the subtask's thread. */
    private static final class ReaderOutput implements SourceOutput<Object> {
        private final Output output;
        private final Counters counters;
        private @Nullable RuntimeException failure;
        private @Nullable SplitReader<Object> reader;
        int emitted;

        ReaderOutput(Output output, Counters counters) {
            this.output = output;
            this.counters = counters;
        }

        @Override
        public void collect(Object element) {
            collect(element, Timestamps.NONE);
        }

        @Override
        public void collect(Object element, long timestampMillis) {
            emitted++;
            counters.recordsRead++;
            try {
                output.emit(element, timestampMillis);
            } catch (RuntimeException e) {
                failure = e;
                if (e instanceof OperatorException operator && reader != null) {
                    locate(operator, reader);
                }
                throw e;
            }
        }

        private static void locate(OperatorException failure, SplitReader<Object> reader) {
            try {
                failure.readFrom(reader.describeLast());
            } catch (RuntimeException e) {
                failure.addSuppressed(e);
            }
        }

        @Override
        public void skipped() {
            counters.recordsSkipped++;
        }

        void rethrow() {
            if (failure != null) {
                throw failure;
            }
        }
    }
}
