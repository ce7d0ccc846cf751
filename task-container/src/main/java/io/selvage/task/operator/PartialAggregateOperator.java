package io.selvage.task.operator;

import io.selvage.api.function.AggregateFunction;
import io.selvage.api.function.KeySelector;
import io.selvage.api.graph.OperatorDefinition;
import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.PartialSerde.Partial;
import io.selvage.api.type.Serde;
import io.selvage.checkpoint.backend.OperatorStateKind;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The first of two stages of a windowed aggregate: folds elements of one key and pane where they are, so that of a key
 * with many elements few are sent to its subtask. Owned by the subtask's thread.
 *
 * <p>What it has is sent before the watermark by which it could be late, before the stream becomes idle, when it is
 * much, and {@value #LONGEST_MILLIS} ms after it began at the latest. At a checkpoint it stays where it is, and is part
 * of that; it may be restored in any subtask, as it has the exchange by key before it.
 */
final class PartialAggregateOperator extends RuntimeOperator {
    /** Keys and panes for which there may be something; what windows fold elsewhere is not kept here as well. */
    static final int MOST_CELLS = 1024;

    static final long LONGEST_MILLIS = 100;

    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(LONGEST_MILLIS);
    private final KeySelector<Object, Object> selector;
    private final AggregateFunction<Object, Object, ?> aggregate;
    private final Serde<Object> keySerde;
    private final Serde<Object> accumulatorSerde;
    private final long paneMillis;
    private final WindowStarts paneStarts;
    private final TreeMap<Long, Map<Object, Cell>> panes = new TreeMap<>(); // By their starts.
    private int count;
    private long sinceNanos; // Of meaning while there is something.
    private long lastNanos; // The newest tick.
    private long watermarkMillis = Long.MIN_VALUE;
    private long cachedStartMillis;
    private @Nullable Map<Object, Cell> cached; // The pane that starts then.

    private static final class Cell {
        Object accumulator;

        Cell(Object accumulator) {
            this.accumulator = accumulator;
        }
    }

    PartialAggregateOperator(
            OperatorContext context,
            Output output,
            OperatorDefinition.PartialAggregate<Object, Object, Object> definition,
            long nowNanos) {
        super(context, output);
        this.selector = definition.key();
        this.aggregate = definition.aggregate();
        this.keySerde = definition.keySerde();
        this.accumulatorSerde = definition.accumulatorSerde();
        this.paneMillis = definition.paneMillis();
        this.paneStarts = new WindowStarts(paneMillis, definition.offsetMillis());
        this.lastNanos = nowNanos;
    }

    // ---- elements ------------------------------------------------------------------------------------------------

    @Override
    public void emit(Object value, long timestampMillis) {
        context.requireTimestamp(timestampMillis);
        long startMillis = paneStarts.of(timestampMillis);
        boolean isBehind = startMillis + paneMillis - 1 <= watermarkMillis;
        Object key = context.keyOf(selector, value);
        Partial single = null;
        try {
            if (isBehind) {
                single = new Partial(key, aggregate.add(aggregate.create(), value));
            } else {
                fold(startMillis, key, value);
            }
        } catch (Throwable thrown) {
            throw context.failedOn(thrown, value, timestampMillis, key);
        }
        if (single != null) {
            // Another subtask may be behind, so that it is in time yet; it would not be for long.
            output.emit(single, startMillis);
        }
        if (count > MOST_CELLS) {
            sendAll();
        }
    }

    private void fold(long startMillis, Object key, Object value) throws Exception {
        Map<Object, Cell> pane = pane(startMillis);
        Cell cell = pane.get(key);
        if (cell == null) {
            put(pane, key, aggregate.add(aggregate.create(), value));
        } else {
            cell.accumulator = aggregate.add(cell.accumulator, value);
        }
    }

    private Map<Object, Cell> pane(long startMillis) {
        Map<Object, Cell> pane = cached;
        if (pane == null || cachedStartMillis != startMillis) {
            pane = panes.computeIfAbsent(startMillis, start -> new HashMap<>());
            cached = pane;
            cachedStartMillis = startMillis;
        }
        return pane;
    }

    private void put(Map<Object, Cell> pane, Object key, Object accumulator) {
        pane.put(key, new Cell(accumulator));
        if (count++ == 0) {
            sinceNanos = lastNanos;
        }
    }

    // ---- sending -------------------------------------------------------------------------------------------------

    @Override
    public void watermark(long millis) {
        while (!panes.isEmpty() && panes.firstKey() + paneMillis - 1 <= millis) {
            sendFirst();
        }
        watermarkMillis = Math.max(watermarkMillis, millis);
        output.watermark(millis);
    }

    @Override
    public void idle(boolean isIdle) {
        if (isIdle) {
            sendAll(); // Event time goes on without this subtask.
        }
        output.idle(isIdle);
    }

    @Override
    void tick(long nowNanos) {
        lastNanos = nowNanos;
        if (count > 0 && nowNanos - sinceNanos >= LONGEST_NANOS) {
            sendAll();
        }
    }

    @Override
    long nextTickNanos() {
        return count > 0 ? sinceNanos + LONGEST_NANOS : Long.MAX_VALUE;
    }

    private void sendAll() {
        while (!panes.isEmpty()) {
            sendFirst();
        }
    }

    private void sendFirst() {
        Map.Entry<Long, Map<Object, Cell>> first = panes.pollFirstEntry();
        cached = null;
        count -= first.getValue().size();
        long startMillis = first.getKey();
        first.getValue().forEach((key, cell) -> output.emit(new Partial(key, cell.accumulator), startMillis));
    }

    // ---- state ---------------------------------------------------------------------------------------------------

    @Override
    void open(RestoredState restored) {
        Functions.open(aggregate, context);
        try {
            if (restored.parallelism() == context.parallelism()) {
                readAll(restored, context.subtask());
                return;
            }
            for (int subtask = context.subtask(); subtask < restored.parallelism(); subtask += context.parallelism()) {
                readAll(restored, subtask);
            }
        } catch (Throwable thrown) {
            throw context.failed(thrown, "to go on from a checkpoint");
        }
    }

    private void readAll(RestoredState restored, int subtask) throws Exception {
        for (byte[] state : restored.heldState(subtask)) {
            BinaryReader in = new BinaryReader(state);
            OperatorStateKind.PARTIAL_AGGREGATES.readHead(in);
            Function<BinaryReader, Object> key = reader(keySerde, in.readString());
            Function<BinaryReader, Object> accumulator = reader(accumulatorSerde, in.readString());
            for (int left = in.readCount(); left > 0; left--) {
                Map<Object, Cell> pane = pane(in.readLong());
                Object of = key.apply(in);
                Object folded = accumulator.apply(in);
                Cell other = pane.get(of); // Of another subtask of then.
                if (other == null) {
                    put(pane, of, folded);
                } else {
                    other.accumulator = aggregate.merge(other.accumulator, folded);
                }
            }
        }
    }

    private Function<BinaryReader, Object> reader(Serde<Object> serde, String written) {
        return context.reader(
                serde,
                written,
                "What " + context.describe() + " had folded does not fit the program: ",
                "Let keys and accumulators have the types that they had.");
    }

    @Override
    @Nullable
    OperatorCut snapshot(long checkpoint, boolean isSavepoint) {
        if (count == 0) {
            return null;
        }
        BinaryWriter out = new BinaryWriter();
        OperatorStateKind.PARTIAL_AGGREGATES.writeHead(out);
        out.writeString(keySerde.schema());
        out.writeString(accumulatorSerde.schema());
        out.writeUnsignedVarInt(count);
        try {
            panes.forEach((startMillis, pane) -> pane.forEach((key, cell) -> {
                out.writeLong(startMillis);
                keySerde.write(key, out);
                accumulatorSerde.write(cell.accumulator, out);
            }));
        } catch (Throwable thrown) {
            throw context.failed(thrown, "at checkpoint " + checkpoint);
        }
        return new OperatorCut(context.operatorUid(), null, out.toByteArray());
    }

    @Override
    void close() throws Exception {
        aggregate.close();
    }
}
